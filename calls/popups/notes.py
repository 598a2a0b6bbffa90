"""What an employee says of a call when it is over: its result, a note, and the form on the card for both.

A message that we edit is drawn anew by Teams, and what somebody was typing into it is gone. So a form that is on the
screen holds back our edits (cards.py), and what was typed comes along with every press and is kept as a draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from calls.store.database import Unit
from calls.store.tenants import JournalMode

FORM_PATIENCE = timedelta(minutes=30)  # for so long nothing but a change of the call itself edits a card with a form


@dataclass(frozen=True, kw_only=True, slots=True)
class CallNote:
    """What a call came to, in an employee's words."""

    result: str | None = None  # one of the tenant's words, or the key of one of ours (bot/texts, [results])
    text: str = ""  # lines as typed, cleaned


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How the form stands on one employee's card."""

    open: bool | None = None  # True: opened by the employee; False: saved, or left alone for long; None: as it comes
    on_screen: bool = False  # somebody may be typing into it now
    draft: CallNote | None = None  # typed and not saved


NO_FORM = Form()


@dataclass(frozen=True, kw_only=True, slots=True)
class AfterCall:
    """What bears on a card when its call is over."""

    mode: JournalMode = JournalMode.ALWAYS
    requested: bool = False  # an employee has asked for the entry
    waiting: bool = False  # the entry waits for its first try: its outcome will soon be on the card
    note: CallNote | None = None
    form: Form = NO_FORM
    results: tuple[str, ...] = ()


NOTE: TypeAdapter[CallNote] = TypeAdapter(CallNote)


def form_from(unit: Unit, row: Any, now: datetime) -> Form:
    """The form in a row that holds the popup's columns ``form_open``, ``form_until`` and ``draft_sealed``."""
    until: datetime | None = row["form_until"]
    over = until is not None and until <= now
    return Form(
        open=False if over else row["form_open"],
        on_screen=until is not None and not over,
        draft=open_note(unit, row["draft_sealed"]),
    )


def open_note(unit: Unit, sealed: bytes | None) -> CallNote | None:
    return unit.open_value("call note", NOTE, sealed) if sealed else None
