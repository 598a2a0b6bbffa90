"""What an employee says of a call when it is over: its result and a note."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from calls.store.database import Unit
from calls.store.tenants import JournalMode


@dataclass(frozen=True, kw_only=True, slots=True)
class CallNote:
    """What a call came to, in an employee's words."""

    result: str | None = None  # one of the tenant's words, or the key of one of ours (bot/texts, [results])
    text: str = ""  # lines as typed, cleaned


@dataclass(frozen=True, kw_only=True, slots=True)
class AfterCall:
    """What bears on a card when its call is over."""

    mode: JournalMode = JournalMode.ALWAYS
    requested: bool = False  # an employee has asked for the entry
    waiting: bool = False  # the entry waits for its first try: its outcome will soon be on the card
    note: CallNote | None = None
    calling: bool = False  # a call that was asked for on this card is under way
    results: tuple[str, ...] = ()


NOTE: TypeAdapter[CallNote] = TypeAdapter(CallNote)


def open_note(unit: Unit, sealed: bytes | None) -> CallNote | None:
    return unit.open_value("call note", NOTE, sealed) if sealed else None
