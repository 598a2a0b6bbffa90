"""The forms of a card, and the one rule for all of them.

A message that we edit is drawn anew by Teams, and what somebody was typing into it is gone. So every form is opened by
a press that we hear of (or comes with an edit of ours), there is one at a time, and while it is on the screen our edits
of that card are held back (cards.py). What was typed comes along with every press and stands in the form again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from calls.model import Match
from calls.popups.notes import CallNote, open_note
from calls.store.database import Unit

FORM_PATIENCE = timedelta(minutes=30)  # for so long a form that nobody touches holds back our edits of its card


class FormKind(StrEnum):
    """One at a time is on a card."""

    NOTE = "note"  # what a call came to; comes by itself when the call is over
    PERSON = "person"  # a new record for a caller whom nobody knew
    NUMBER = "number"  # to whom, among those who are there, the caller's number belongs


LEFT = "none"  # in the row, instead of a kind: nobody touched the form for long, and none comes by itself any more


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPerson:
    """What is typed of somebody who is to be a new record; texts of one clean line."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleSearch:
    """A search for somebody who is there, with what it found."""

    text: str = ""  # as typed
    asked: str | None = None  # the text that the rest answers; None: nothing was searched for yet
    people: tuple[Match, ...] = ()
    more: bool = False  # than are listed
    failed: bool = False  # the source did not answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """What stood in the forms of a card when one of its buttons was pressed. None: that form was not on it."""

    note: CallNote | None = None
    person: NewPerson | None = None
    search: str | None = None


NOTHING_TYPED = Typed()


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How it stands with the forms of one employee's card."""

    opened: FormKind | None = None  # by the employee; None: as it comes
    left: bool = False  # nothing comes by itself any more
    on_screen: bool = False  # somebody may be typing into one now
    note: CallNote | None = None  # typed and not saved
    person: NewPerson | None = None  # typed so far
    search: PeopleSearch | None = None


NO_FORM = Form()
PERSON: TypeAdapter[NewPerson] = TypeAdapter(NewPerson)
SEARCH: TypeAdapter[PeopleSearch] = TypeAdapter(PeopleSearch)
PERSON_SEALED, SEARCH_SEALED = "typed person", "people search"


def form_on_card(
    form: Form, offered: Collection[FormKind], *, settled: bool, unsaid: bool, busy: bool
) -> FormKind | None:
    """The form that is on the card now.

    One on the screen stays, even when what it is for is not to be had any more: somebody may be typing. The note's
    alone goes when its call goes on after all. Off the screen ``busy`` closes it: something that was asked for on this
    card is under way, and how far it has come is to be seen.

    ``settled``: nothing will have to be shown soon; ``unsaid``: nobody has said what the call came to.
    """
    if busy and not form.on_screen:
        return None
    if form.opened in (FormKind.PERSON, FormKind.NUMBER) and (form.on_screen or form.opened in offered):
        return form.opened
    if FormKind.NOTE not in offered:
        return None
    wanted = form.opened is FormKind.NOTE or (unsaid and not form.left)
    return FormKind.NOTE if form.on_screen or (settled and wanted) else None


def form_from(unit: Unit, row: Any, now: datetime) -> Form:
    """From a row that holds the popup's columns ``form``, ``form_until`` and those of what was typed."""
    until: datetime | None = row["form_until"]
    over = until is not None and until <= now
    opened = None if over or row["form"] in (None, LEFT) else FormKind(row["form"])
    return Form(
        opened=opened,
        left=over or row["form"] == LEFT,
        on_screen=until is not None and not over,
        note=open_note(unit, row["draft_sealed"]),
        person=unit.open_value(PERSON_SEALED, PERSON, row["person_sealed"]) if row["person_sealed"] else None,
        search=open_search(unit, row["search_sealed"]),
    )


def open_search(unit: Unit, sealed: bytes | None) -> PeopleSearch | None:
    return unit.open_value(SEARCH_SEALED, SEARCH, sealed) if sealed else None
