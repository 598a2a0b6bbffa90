"""Scenario files: steps in TOML, and what is expected of them, written by hand."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from tests.support.live.play import Play
from tests.support.live.stack import PEOPLE

STEPS = frozenset(
    {
        "ring",
        "answer",
        "hang_up",
        "reject",
        "forward",
        "transfer",
        "next",
        "take_back",
        "consult",
        "join",
        "line",
        "company",
        "prefer",
        "tell",
        "target",
        "travel",
        "fault",
        "mend",
        "press",
        "app",
        "write",
        "delete_card",
        "add_contact",
        "pause",
        "silence",
        "see",
        "asked",
        "quiet",
    }
)
_ABOUT_1881 = frozenset({"accept", "accept-encoding", "host", "ocp-apim-subscription-key", "user-agent"})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectedCard(_Strict):
    """One message of the bot as it stands in the end."""

    state: str
    name: str
    lines: list[str] = []  # must be there, in this order
    without: list[str] = []  # must be nowhere in a line
    buttons: list[str] = []  # exactly these
    summary: str | None = None  # not compared when not given


class ExpectedChat(_Strict):
    """What one employee has in the end; somebody who is not named has nothing new at all."""

    toasts: list[str]  # every banner, with its text
    cards: list[ExpectedCard]


class ExpectedEntry(_Strict):
    """One entry of the CRM's journal."""

    contact: str | None = None
    company: str | None = None
    title: str
    body: list[str]  # all of its lines
    status: str | None
    owner: str | None = None


class Scenario(_Strict):
    says: str
    covers: str  # the number in the list of sequences that operators must be tried with
    steps: list[dict[str, dict[str, Any]]]
    expect: dict[str, ExpectedChat] = {}
    journal: list[ExpectedEntry] = []
    asked_1881: list[str] = []  # the numbers the directory was asked about


def read_scenarios(folder: Path) -> dict[str, Scenario]:
    """Every scenario of a folder, by file name."""
    found = {}
    for file in sorted(folder.glob("*.toml")):
        scenario = Scenario.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        unknown = {name for step in scenario.steps for name in step} - STEPS | set(scenario.expect) - set(PEOPLE)
        assert not unknown, f"{file.name}: {unknown}"
        found[file.stem] = scenario
    return found


async def play_scenario(play: Play, scenario: Scenario) -> None:
    for step in scenario.steps:
        for name, arguments in step.items():
            await getattr(play, name)(**arguments)
    await play.quiet()
    await check(play, scenario)


async def check(play: Play, scenario: Scenario) -> None:
    for who in PEOPLE:
        await _check_chat(play, who, scenario.expect.get(who) or ExpectedChat(toasts=[], cards=[]))
    entries = [_read_entry(entry) for entry in await play.journal()]
    expected = [entry.model_dump(exclude={"owner"}) for entry in scenario.journal]
    for entry, wanted in zip(entries, expected, strict=False):
        if wanted["contact"] == "*":  # one that was entered while it was played
            wanted["contact"] = entry["contact"]
    assert entries == expected
    owners = [entry["properties"].get("hubspot_owner_id") for entry in await play.journal()]
    for owner, expected in zip(owners, scenario.journal, strict=True):
        assert owner == expected.owner
    await _check_directory(play, scenario.asked_1881)


async def _check_chat(play: Play, who: str, expected: ExpectedChat) -> None:
    cards = await play.cards(who)
    seen = [(card.state, card.name) for card in cards]
    assert seen == [(card.state, card.name) for card in expected.cards], f"{who}'s cards"
    for card, wanted in zip(cards, expected.cards, strict=True):
        rest = iter(card.lines)
        missing = [line for line in wanted.lines if line not in rest]
        assert not missing, f"{who}'s card lacks {missing} in {card.lines}"
        said_too_much = [text for text in wanted.without if any(text in line for line in card.lines)]
        assert not said_too_much, f"{who}'s card has {said_too_much} in {card.lines}"
        assert list(card.buttons) == wanted.buttons, f"{who}'s buttons"
        if wanted.summary is not None:
            assert card.summary == wanted.summary
    messages = await play.messages(who)
    assert len(messages) == len(cards), f"{who} got texts: {[message['text'] for message in messages]}"
    for _ in range(100):  # the stream of toasts is a little behind
        if len(await play.toasts(who)) >= len(expected.toasts):
            break
        await asyncio.sleep(0.02)
    assert [toast.text for toast in await play.toasts(who)] == expected.toasts, f"{who}'s toasts"


async def _check_directory(play: Play, numbers: list[str]) -> None:
    """The directory was asked about these numbers, and was told nothing else."""
    asked = await play.requests("1881")
    assert [request["path"].rpartition("/lookup/phonenumber/")[2] for request in asked] == numbers
    for request in asked:
        assert (request["query"], request["body"]) == ({}, None)
        assert set(request["headers"]) <= _ABOUT_1881


def _read_entry(entry: dict[str, Any]) -> dict[str, Any]:
    properties, associated = entry["properties"], entry["associations"]
    people, companies = associated.get("contacts", []), associated.get("companies", [])
    assert len(people) + len(companies) == 1, f"tied to {associated}"
    return {
        "contact": next(iter(people), None),
        "company": next(iter(companies), None),
        "title": properties["hs_call_title"],
        "body": [_without_duration(line) for line in properties["hs_call_body"].split("<br>")],
        "status": properties.get("hs_call_status"),
    }


def _without_duration(line: str) -> str:
    head, colon, _ = line.partition(": ")
    return f"{head}{colon}<varighet>" if head == "Samtaletid" else line
