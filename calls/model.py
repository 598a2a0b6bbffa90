"""The words of a call, as frozen values (docs/call-flow.md tells how they move).

Every time is an aware UTC ``datetime``; every duration is in seconds unless the name says otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from calls.numbers import Number


class Presentation(StrEnum):
    """Whether a number was shown. Withheld (hidden by its owner) and unavailable (not delivered) differ."""

    ALLOWED = "allowed"
    WITHHELD = "withheld"
    UNAVAILABLE = "unavailable"


class Direction(StrEnum):
    """Seen from the tenant."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class EventKind(StrEnum):
    """What happened. ``LEG_ENDED`` closes one phone, ``ENDED`` the whole call. Two are our own: ``STALE`` is our timer
    giving up, ``PLACED`` says that the call is one we asked the operator for, by whom and to whom."""

    RINGING = "ringing"
    ANSWERED = "answered"
    LEG_ENDED = "leg_ended"
    ENDED = "ended"
    STALE = "stale"
    PLACED = "placed"


class Outcome(StrEnum):
    """How a call or a leg ended."""

    COMPLETED = "completed"
    MISSED = "missed"
    REJECTED = "rejected"
    BUSY = "busy"
    CALLER_CANCELLED = "caller_cancelled"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    FORWARDED = "forwarded"
    TRANSFERRED = "transferred"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """One end of a call, as the operator named it."""

    number: Number | None = None  # None: no usable number was given
    presentation: Presentation = Presentation.ALLOWED
    alias: str | None = None  # the operator's own name of the phone or user ("w0"); matched against a line's alias
    name: str | None = None  # display name from the operator: untrusted text
    employee_id: UUID | None = None  # set from the tenant's own lines when the event is stored, never by an operator


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """The queue a call came through; at least one field is set."""

    ref: str | None = None  # the operator's id
    name: str | None = None  # untrusted text
    number: Number | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing an operator told us. Immutable, stored as it came, and all that a call is made of."""

    event_id: str  # the delivery's id when the operator gives one, else a digest of what identifies the event
    kind: EventKind
    call_ref: str  # the operator's id of the call, stable over its legs
    received_at: datetime
    parent_ref: str | None = None  # the call this one continues (transfer, forward)
    attempt_ref: str | None = None  # one ringing of a leg; None: the operator has one attempt per leg and call
    direction: Direction = Direction.INBOUND
    caller: Party | None = None
    called: Party | None = None  # the number dialled, perhaps a queue's or the main number
    agents: tuple[Party, ...] = ()  # the employees' phones this event is about; empty on ENDED: all of them
    rings_caller: bool = False  # on RINGING, outbound: the caller's own phone, for a call that they have asked for
    only_these: bool = False  # on RINGING: the agents ring, and no other phone of the call does any more
    answered_by: Party | None = None  # only on ANSWERED; None: the operator does not say who
    diverted_from: Party | None = None  # who sent it on
    queue: Queue | None = None
    outcome: Outcome | None = None  # only on LEG_ENDED and ENDED
    cause_raw: str | None = None  # the operator's own code, verbatim, at most 40 characters
    occurred_at: datetime | None = None  # the operator's time, when it gives one
    request_ref: str | None = None  # our click-to-call request, when the operator echoes it
    concluded: bool = False  # by us, because nothing is there any more: that it happened is known, when is not


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorAbilities:
    """What an operator can do. Cards, tab, admin page and doctor read this; nobody asks for an operator by name."""

    direct_calls: bool = True
    queue_calls: bool = True
    answered: bool = True  # tells when a call is answered
    ended: bool = True  # tells when a call is over
    journal: bool = True  # enough is told to journal a call
    click_to_call: bool = False
    short_numbers: bool = False  # click-to-call takes numbers that are not E.164: 02800, extensions
    presence: bool = False  # tells who is on the phone
    requires_open_client: bool = False  # events come only while the employee has the operator's page open


class Ability(StrEnum):
    """What a connector can do (``abilities`` in its connector.toml)."""

    FIND = "find"
    DETAILS = "details"
    OPEN = "open"
    CREATE = "create"
    ADD_NUMBER = "add_number"  # to a person that is there, and search_people to choose them
    JOURNAL = "journal"
    CHANGES = "changes"
    NUMBER_PAGE = "number_page"  # knows an address for every number, without asking anybody


class SourceRole(StrEnum):
    """A directory is asked only when no CRM knows the number."""

    CRM = "crm"
    DIRECTORY = "directory"


class MatchKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class EvidenceField(StrEnum):
    """Which of a record's numbers is the caller's. The card says it in words: "mobilnummer i HubSpot"."""

    MOBILE = "mobile"
    PHONE = "phone"
    WORK = "work"
    HOME = "home"
    SWITCHBOARD = "switchboard"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordRef:
    """A record in a source: ``type`` and ``id`` are the source's own ("0-1" and "101" in HubSpot)."""

    type: str
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A person or company that a source says owns the number, with the evidence. All texts are untrusted."""

    connection_id: UUID
    source: str  # the name shown: "HubSpot", "1881"
    ref: RecordRef
    kind: MatchKind
    name: str
    evidence: EvidenceField
    role: SourceRole = SourceRole.CRM
    title: str | None = None
    company: str | None = None
    owner: str | None = None  # the colleague responsible for the customer, by name
    place: str | None = None  # postal place: what tells two of the same name apart in a directory
    url: str | None = None  # the record's page for people; https (http only on loopback)
    updated_at: datetime | None = None  # last activity or change; newer ranks first
    open_items: tuple[OpenItem, ...] = ()  # what is under way with them, when the source has been asked for details
    last_contact: LastContact | None = None  # likewise

    @property
    def key(self) -> str:
        """What a button names this match by: the same however the matches are ranked, and telling nothing."""
        return hashlib.sha256(f"{self.connection_id} {self.ref.type} {self.ref.id}".encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A source's answer. ``complete`` is False when it stopped early (too many hits, one of two searches failed)."""

    matches: tuple[Match, ...] = ()
    complete: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Details:
    """What a source adds about a match after the first card. None: it does not know; the match keeps its own value."""

    title: str | None = None
    company: str | None = None
    owner: str | None = None
    open_items: tuple[OpenItem, ...] = ()  # the newest first, at most a handful
    last_contact: LastContact | None = None


class OpenItemKind(StrEnum):
    DEAL = "deal"
    TICKET = "ticket"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenItem:
    """Something that is under way with a customer. Texts are untrusted."""

    kind: OpenItemKind
    title: str
    stage: str | None = None  # in the source's own words: "Tilbud sendt"
    amount: str | None = None  # as the source writes it, with its currency
    url: str | None = None  # as in Match


class ContactWay(StrEnum):
    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    NOTE = "note"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class LastContact:
    """When somebody of ours last had to do with a customer, before this call."""

    at: datetime
    way: ContactWay
    employee: str | None = None  # the colleague's name


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberPage:
    """A page about a number, for the employee's browser."""

    name: str  # what the tenant calls it: "1881.no"
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A person as an employee wants them in a CRM, perhaps from what a directory knew. Texts as typed, trimmed."""

    number: Number
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    employee_email: str | None = None  # who is to own the record, as the CRM may know them


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalEntry:
    """A call as the CRM should hold it. Texts are ready to store, in the tenant's language."""

    record: RecordRef  # the person or company the call was with
    record_kind: MatchKind
    direction: Direction
    title: str
    body: str
    caller_number: str  # E.164, else as shown
    called_number: str
    started_at: datetime
    outcome: Outcome
    talk_seconds: int | None = None  # None: unknown, never guessed
    employee_email: str | None = None  # who took it, as the CRM may know them
    result: str | None = None  # what the employee said it came to: one of the tenant's own words ("Følges opp")
    note: str | None = None  # what the employee wrote; plain text with line breaks. ``body`` does not hold it


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """A tenant's configured operator or connector, opened: secrets are in the clear and live only in memory."""

    tenant_id: UUID
    connection_id: UUID
    type: str  # the folder's name: "generic", "hubspot"
    name: str  # what people call it
    settings: Mapping[str, object] = field(default_factory=dict)  # checked by the type's own settings model
    provider_tenant_id: UUID | None = None  # whose secrets are used, when settings name a provider's connection
    # Each secret with its valid values, newest first: two live during a rotation.
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    version: int | None = field(default=None, repr=False, compare=False)  # of the row it was read from
