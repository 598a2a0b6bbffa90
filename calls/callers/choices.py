"""Choices that employees have asked us to remember: who is meant when several own a number.

One's own comes before the one for all. A call takes what is remembered into its lookup when its sources are asked, so
that its cards need no other question; what the sources then say decides whether it still holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from calls.callers.lookup import Lookup, Remembered
from calls.model import Match
from calls.numbers import Number
from calls.store.database import Unit
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).with_name("choices.sql"))
_RECORD: TypeAdapter[Match] = TypeAdapter(Match)
_NUMBER, _SEALED = "choice number", "choice"


def choice_hashes(unit: Unit, number: Number) -> list[bytes]:
    """What a number's choices are found by, under every key in force."""
    return unit.hashes(_NUMBER, number.key)


def open_choices(unit: Unit, rows: Iterable[Any]) -> tuple[Remembered, ...]:
    """What is remembered, in rows of the table."""
    return tuple(
        Remembered(employee_id=row["employee_id"], match=unit.open_value(_SEALED, _RECORD, row["record_sealed"]))
        for row in rows
    )


async def remember(unit: Unit, number: Number, employee_id: UUID | None, match: Match, now: datetime) -> Remembered:
    """From now on this record is meant, for one employee or (None) for all."""
    kept = _without_details(match)
    await unit.sql.execute(_SQL["forget"], choice_hashes(unit, number), employee_id)  # under an older key
    await unit.sql.execute(
        _SQL["remember"],
        unit.tenant_id,
        unit.hash(_NUMBER, number.key),
        employee_id,
        unit.seal_value(_SEALED, _RECORD, kept),
        now,
    )
    return Remembered(employee_id=employee_id, match=kept)


async def forget(unit: Unit, number: Number, employee_id: UUID | None) -> None:
    await unit.sql.execute(_SQL["forget"], choice_hashes(unit, number), employee_id)


async def judge(unit: Unit, number: Number, lookup: Lookup, now: datetime) -> Lookup:
    """Once the sources are done: what they confirm was used, and what a source no longer knows is forgotten."""
    kept: list[Remembered] = []
    for each in lookup.remembered:
        found = lookup.find(each.match)
        if found is not None:
            sealed = unit.seal_value(_SEALED, _RECORD, _without_details(found))
            await unit.sql.execute(_SQL["note_used"], choice_hashes(unit, number), each.employee_id, sealed, now)
        elif lookup.has_answered(each.match.connection_id):
            await forget(unit, number, each.employee_id)
            continue
        kept.append(each)
    return replace(lookup, remembered=tuple(kept))


def _without_details(match: Match) -> Match:
    """What is under way changes every day and is nobody's to keep."""
    return replace(match, open_items=(), last_contact=None)
