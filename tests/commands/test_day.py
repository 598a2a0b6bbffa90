"""The recorded working day at full speed, on a running demo: exactly the cards, entries and contacts of its file."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from demo.working_day import EXPECTED_FILE, read_day
from tests.support.demo import running_demo
from tests.support.live.cards import read_card
from tests.support.live.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

EXPECTED = tomllib.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["calls"]
PEOPLE = ("Kari", "Ola", "Amina")
Result = dict[str, Counter[str]]


def test_every_call_of_the_day_has_its_expected_result():
    assert [f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}" for at in (call.at for call in read_day())] == list(
        EXPECTED
    )
    assert {name for line in EXPECTED.values() for name in line} <= {*PEOPLE, "journal"}


async def test_the_day_at_full_speed(tmp_path: Path):
    async with running_demo(tmp_path) as demo, aiohttp.ClientSession(raise_for_status=True) as http:

        async def ask(method: str, path: str, body: object = None) -> Any:
            async with http.request(method, f"{demo.address}/{path}", json=body) as answer:
                return await answer.json()

        before = await ask("GET", "simulators/hubspot/_records")
        await ask("POST", "demo/day", {"speed": None})

        async def played() -> Any:
            progress = await ask("GET", "demo/day")
            return progress if progress["state"] != "playing" else None

        progress = await until(played, 240)
        assert (progress["state"], progress["done"], progress["refused"], progress["late"]) == (
            "done",
            len(EXPECTED),
            0,
            0,
        )

        expected = _expected()
        seen: Result = {}

        async def settled() -> bool:
            seen.update(await _look(ask, {entry["id"] for entry in before["calls"]}))
            return seen == expected

        try:
            await until(settled, 110)  # an entry that the CRM had no room for comes 75 s later at most
        except TimeoutError:
            for part, wanted in expected.items():
                assert (seen[part] - wanted, wanted - seen[part]) == (Counter(), Counter()), f"{part}: more, and less"
        after = await ask("GET", "simulators/hubspot/_records")
        for kind in ("contacts", "companies"):
            assert [_identity(record) for record in after[kind]] == [_identity(record) for record in before[kind]]


def _expected() -> Result:
    found: Result = {part: Counter() for part in (*PEOPLE, "journal")}
    for call in EXPECTED.values():
        for part, lines in call.items():
            found[part].update(lines)
    return found


async def _look(ask: Any, old: set[str]) -> Result:
    """What is in Teams and in the CRM now, in the words of the file; ``old`` entries were there before."""
    teams = await ask("GET", "simulators/teams/state")
    first_names = {user["id"]: user["name"].split()[0] for user in teams["users"]}
    found: Result = {part: Counter() for part in (*PEOPLE, "journal")}
    for message in teams["messages"]:
        if message["from"] == "bot" and message["card"] and not message["deleted"] and not _is_welcome(message):
            card = read_card(message)
            state = card.state.replace(" · <varighet>", "")
            found[first_names[message["user"]]][f"{card.name}: {state}"] += 1
    entries = (await ask("GET", "simulators/hubspot/_records"))["calls"]
    for entry in (each for each in entries if each["id"] not in old):
        tied = [
            f"{kind[:-1] if kind == 'contacts' else 'company'} {record}"
            for kind in ("contacts", "companies")
            for record in entry["associations"].get(kind, [])
        ]
        found["journal"][f"{' and '.join(tied)}: {entry['properties']['hs_call_title']}"] += 1
    return found


def _is_welcome(message: dict[str, Any]) -> bool:
    return "SmartCall" in (message["summary"] or "")


# HubSpot's own: when it last heard of a record. A call tied to it counts as contact.
_COMPUTED = {"lastmodifieddate", "hs_lastmodifieddate", "notes_last_contacted", "notes_last_updated"}


def _identity(record: dict[str, Any]) -> Any:
    return record["id"], {name: value for name, value in record["properties"].items() if name not in _COMPUTED}
