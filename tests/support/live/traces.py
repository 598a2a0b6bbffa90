"""What all the nodes of a stack have written: nothing that belongs to a person, no secret, and no stack trace.

Looked at when a stack is taken down, so that everything played on it has left its traces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.support.live.stack import Stack

_NUMBERS = re.compile(r"\+?\d[\d ]{3,}\d")
_HARMLESS_TEXT = frozenset({"SmartCall", "HubSpot", "1881", "Sentralbord"})


async def check_traces(stack: Stack) -> None:
    check_logs(stack)
    await check_queue(stack)
    check_errors(stack)


def check_logs(stack: Stack) -> None:
    written = {name: text for name, text in stack.nursery.written().items() if "node" in name}
    assert any(text for text in written.values())
    private = {text for text in (*_secrets_of(stack), *_people_of(stack.world)) if text} - _HARMLESS_TEXT
    numbers = {number for number in _numbers_of(stack.world) if len(number) > 5}
    for name, text in written.items():
        assert "Traceback" not in text, name
        assert [each for each in private if each in text] == [], name
        shown = {re.sub(r"\D", "", run) for run in _NUMBERS.findall(text)}
        assert [number for number in numbers if any(number in run for run in shown)] == [], name


async def check_queue(stack: Stack) -> None:
    """The queue's own tables and its log hold ids, and nothing else."""
    tables = await stack.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'queue'")
    private = {text for text in (*_secrets_of(stack), *_people_of(stack.world)) if text}
    for table in tables:
        rows = await stack.sql(f'SELECT to_jsonb(t)::text AS row FROM queue."{table["table_name"]}" t')
        for row in rows:
            assert [each for each in private if each in row["row"]] == [], table["table_name"]


def check_errors(stack: Stack) -> None:
    """What the outside does is warned about. An error in a log is a mistake of ours, or the database was away: the
    tests have taken it away, and the door and the queue may say so."""
    for name, text in stack.nursery.written().items():
        errors = [line for line in text.splitlines() if " ERROR " in line and "node" in name]
        away = ("bot.events_door: events could not be stored", "ERROR pgqueuer: ")
        assert [line for line in errors if not any(each in line for each in away)] == [], name


def _secrets_of(stack: Stack) -> Iterator[str]:
    keys, world = stack.keys, stack.world
    yield from (getattr(keys, name) for name in keys.__dataclass_fields__)
    yield world["login"]["apps"][0]["secret"]
    yield from (world["hubspot"][name] for name in ("client_secret", "refresh_token"))
    yield from world["directory_1881"]["keys"]


def _people_of(world: dict[str, Any]) -> Iterator[str]:
    yield from (user["name"] for user in world["teams"]["users"])
    yield from (user["upn"] for user in world["teams"]["users"])
    yield from (f"{contact['firstname']} {contact['lastname']}" for contact in world["hubspot"]["contacts"])
    yield from (contact["lastname"] for contact in world["hubspot"]["contacts"])
    yield from (company["name"] for company in world["hubspot"]["companies"])
    yield from (f"{entry['firstName']} {entry['lastName']}" for entry in world["directory_1881"]["contacts"])


def _numbers_of(world: dict[str, Any]) -> Iterator[str]:
    """The digits of every number somebody in this world has or calls from."""
    yield from (line["number"] for line in world["exchange"]["lines"])
    yield from (queue["number"] for queue in world["exchange"]["queues"])
    for record in (*world["hubspot"]["contacts"], *world["hubspot"]["companies"]):
        for name in ("phone", "mobilephone"):
            yield record.get(name, "").replace(" ", "").removeprefix("+47").removeprefix("+")
    yield from (entry["phone"] for entry in world["directory_1881"]["contacts"])
    yield from ("90099887", "40112233", "46701234567", "90000009")
