"""What one employee should see of a call now: a neutral value, without clock, texts or layout.

``bot/cards`` turns it into a card. Equal popups give equal cards, so an update that changes nothing is never sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from calls.model import Direction, Match, Outcome
from calls.numbers import Number


class PopupState(StrEnum):
    """The one word that a glance must catch."""

    RINGING = "ringing"
    ANSWERED = "answered"  # by this employee
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    MISSED = "missed"  # nobody answered
    REJECTED = "rejected"  # this employee declined; nobody else has answered
    BUSY = "busy"
    ENDED = "ended"  # the conversation is over
    STALE = "stale"  # the operator went silent; nothing more is known


class Identity(StrEnum):
    """How well we know the caller."""

    MATCHED = "matched"  # a CRM knows the number
    DIRECTORY = "directory"  # only a directory does
    COLLEAGUE = "colleague"  # an internal call
    UNKNOWN = "unknown"  # every source that answered does not know the number
    WITHHELD = "withheld"
    UNAVAILABLE = "unavailable"


class JournalState(StrEnum):
    PENDING = "pending"
    WRITTEN = "written"
    PARKED = "parked"  # keeps failing; the administrator sees why


class Verb(StrEnum):
    """What a button asks the bot to do (Action.Execute). The rest of the buttons are plain addresses."""

    SEARCH_AGAIN = "search_again"
    CHOOSE_MATCH = "choose_match"  # data: index into Popup.matches


@dataclass(frozen=True, kw_only=True, slots=True)
class Popup:
    """One employee's view of one call."""

    popup_id: UUID  # goes into the buttons' data; says nothing by itself
    state: PopupState
    identity: Identity
    direction: Direction
    number: Number | None  # None: withheld, unavailable, or a colleague without a known line
    matches: tuple[Match, ...] = ()  # ranked; the first is the one shown large
    colleague: str | None = None  # the caller's name on an internal call
    called: Number | None = None  # the number that was dialled, shown when it is not the employee's own line
    queue: str | None = None
    rang: tuple[str, ...] = ()  # the other employees whose phones rang, by name
    answered_by: str | None = None  # on ANSWERED_ELSEWHERE; None: the operator does not say who
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_seconds: int | None = None  # None: unknown or no conversation; never guessed
    outcome: Outcome | None = None
    searching: bool = False  # a source has not answered yet
    silent_sources: tuple[str, ...] = ()  # the names of those that did not answer in time or failed
    journal: JournalState | None = None  # None: nothing to journal
    journal_in: str | None = None  # the name of the source journaled to
    journal_url: str | None = None
    may_search_again: bool = False
