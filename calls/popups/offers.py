"""What a card may offer about who is calling: a choice remembered or forgotten, a stranger put on record."""

from __future__ import annotations

from enum import StrEnum

from calls.callers.lookup import Answer, Lookup, Remembered
from calls.model import Match, SourceRole
from calls.numbers import Number


class Memory(StrEnum):
    """Whose choice is remembered."""

    MINE = "mine"
    ALL = "all"


def may_remember(matches: tuple[Match, ...], lookup: Lookup) -> bool:
    """A choice among several of a CRM; what a directory says is not kept."""
    return len(matches) > 1 and matches[0].ref == lookup.chosen and matches[0].role is SourceRole.CRM


def memory_used(matches: tuple[Match, ...], recalled: Remembered | None) -> Memory | None:
    """Whose memory put the first match there."""
    if recalled is None or not matches or matches[0].ref != recalled.match.ref:
        return None
    return Memory.ALL if recalled.employee_id is None else Memory.MINE


def create_in(number: Number | None, lookup: Lookup) -> str | None:
    """The name of the source in which a stranger with this number may be made a new record."""
    return _name_of(lookup.may_create_in, number)


def add_in(number: Number | None, lookup: Lookup) -> str | None:
    """The name of the source in which this number may be added to somebody who is there."""
    return _name_of(lookup.may_add_in, number)


def _name_of(able: Answer | None, number: Number | None) -> str | None:
    return able.source if able is not None and number is not None and number.e164 is not None else None
