"""The employee's own phones: which one rings for a call that they ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from calls.calling.call_requests import CallRoute
from calls.model import Event
from calls.numbers import Number, parse_number
from calls.store.database import Unit
from calls.store.sql_blocks import read_blocks

SQL = read_blocks(Path(__file__).with_name("calling.sql"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Phone:
    """One line of an employee."""

    number: Number
    alias: str | None = None  # the operator's own name of it
    call_through: CallRoute | None = None  # how calls from it are made; None: as all of the employee's


async def read_phones(unit: Unit, employee_id: UUID, region: str) -> Sequence[Phone]:
    """In the order of the company file."""
    return open_phones(unit, await unit.sql.fetch(SQL["phones_of"], employee_id), region)


def open_phones(unit: Unit, rows: Iterable[Any], region: str) -> Sequence[Phone]:
    """Of rows of the database's type of that name."""
    phones = []
    for row in rows:
        number = parse_number(unit.open_text("line number", row["number_sealed"]), region)
        alias = unit.open_text("line alias", row["alias_sealed"]) if row["alias_sealed"] else None
        if number is not None:
            through = CallRoute(row["call_through"]) if row["call_through"] else None
            phones.append(Phone(number=number, alias=alias, call_through=through))
    return phones


def pick_phone(phones: Sequence[Phone], touched: frozenset[str]) -> Phone | None:
    """The one the call came to, else the first; never one that a client names."""
    came_to = (phone for phone in phones if phone.number.key in touched or phone.alias in touched)
    return next(came_to, next(iter(phones), None))


def phones_touched(employee_id: UUID, events: Iterable[Event]) -> frozenset[str]:
    """The employee's phones that a call has touched, by number and by the operator's own name."""
    parties = (
        party
        for event in events
        for party in (*event.agents, event.called)
        if party and party.employee_id == employee_id
    )
    return frozenset(name for party in parties for name in (party.number and party.number.key, party.alias) if name)
