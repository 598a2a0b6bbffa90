"""What the heart asks of the world, as protocols. Operators and connectors are built against this page alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

import aiohttp

from calls.model import (
    Ability,
    Connection,
    Details,
    Draft,
    Event,
    Found,
    JournalEntry,
    Match,
    OperatorAbilities,
    RecordRef,
    SourceRole,
)
from calls.numbers import Number
from calls.orders import Accepted, CallOrder


@dataclass(frozen=True, kw_only=True, slots=True)
class RawRequest:
    """An operator's HTTP request, untouched."""

    method: str
    headers: Mapping[str, str]  # names in lower case
    query: Mapping[str, str]
    body: bytes = field(repr=False)
    url_token: str | None = field(default=None, repr=False)  # the last path part of /api/events/{connection}/{token}


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """Evidence that the connection's operator sent a request."""

    method: str  # "signature" or "url_token"
    delivery_id: str | None = None  # unique per delivery when the sender gives one; repeated deliveries are dropped


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """What a readable body holds: events we use, and the kinds of those we do not (counted, answered 2xx)."""

    events: tuple[Event, ...] = ()
    ignored: tuple[str, ...] = ()  # reason codes, never contents


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What the operator gets back."""

    status: int = 200
    content_type: str = "text/plain"
    body: bytes = b""


class Webhook(Protocol):
    """How an operator's requests are read. Stateless and pure: no I/O, no clock."""

    def verify(self, request: RawRequest, connection: Connection, now: datetime) -> Proof:
        """Return who proved what, or raise :class:`calls.errors.BadProof`. Compares in constant time."""

    def parse(self, request: RawRequest, connection: Connection, received_at: datetime) -> Parsed:
        """Translate the body. Raises :class:`calls.errors.Unreadable` for a body no such operator sends."""

    def reply(self, parsed: Parsed, request: RawRequest, events_url: str) -> Response:
        """The answer this operator expects; ``events_url`` is the address the request came to (for subscriptions)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Every call that is under way at the operator now: what a stream begins with, and may repeat.

    ``events`` tell of each call as far as the operator tells (its ringing, its answer), with the same ``event_id`` as
    when they had come one by one: what is known already is a repetition. A call of ours that is not in it is over.
    """

    events: tuple[Event, ...] = ()
    ignored: tuple[str, ...] = ()  # reason codes, never contents

    @property
    def call_refs(self) -> frozenset[str]:
        return frozenset(event.call_ref for event in self.events)


class Stream(Protocol):
    """How an operator is listened to that sends nothing by itself. Reconnecting, owning and comparing is done once, in
    ``calls/intake/streams.py``; an implementation is one connection from log-in to its end."""

    def listen(self, connection: Connection, tools: Tools) -> AsyncGenerator[Snapshot | Parsed, None]:
        """Connect, yield a snapshot first, then what happens. Raises the errors of :mod:`calls.errors`:
        ``Transient`` when the connection is lost or falls silent, ``NeedsSignIn`` when a fresh log-in is refused."""


class CallPlacer(Protocol):
    """How an operator is asked to call: it rings the employee's own phone first, then the number."""

    async def place_call(self, order: CallOrder, connection: Connection, tools: Tools, *, deadline: float) -> Accepted:
        """Ask once; ``deadline`` is a time of the running loop. Raises ``Refused`` with a code of
        :class:`calls.orders.CallRefusal`, ``Transient`` or ``Throttled`` only when the order has certainly not been
        carried out, ``NeedsSignIn``, and ``Unknown`` for everything after which the phone may be ringing."""


class Operator(Protocol):
    """One kind of operator. Each way to work with it is a face of its own; None: it has none.

    ``abilities`` say what is true of every connection; ``abilities_of`` what a connection's settings leave of it.
    """

    type: str  # the folder's name
    abilities: OperatorAbilities

    @property
    def webhook(self) -> Webhook | None: ...

    @property
    def stream(self) -> Stream | None: ...

    @property
    def call_placer(self) -> CallPlacer | None: ...

    def abilities_of(self, connection: Connection) -> OperatorAbilities:
        """What this connection can do: a product that was not ordered, an address that is not set."""

    def check_settings(self, connection: Connection) -> None:
        """Raise ValueError, naming the setting and what it wants, when a connection cannot work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """A limit: ``rate`` tokens a second, at most ``burst`` saved up. ``scope`` names it; never a person or number."""

    scope: str
    rate: float
    burst: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """Which limit stands in the way, and for how many seconds."""

    scope: str
    seconds: float


class Limiter(Protocol):
    """Rates that hold across nodes, kept in the database and keyed by tenant."""

    async def take(self, tenant_id: UUID, *buckets: Bucket) -> Shortage | None:
        """Take one token of each bucket, or none at all and say what is short."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """An access token with what renews it."""

    access: str = field(repr=False)
    expires_at: datetime
    refresh: str | None = field(default=None, repr=False)  # a rotated one replaces the stored one before it is used


class Credentials(Protocol):
    """Access tokens of connections: one refresh at a time across nodes, stored encrypted."""

    async def token(self, connection: Connection, refresh: Callable[[str | None], Awaitable[Token]]) -> str:
        """Return a valid access token; ``refresh`` gets the newest stored refresh token (None: never stored)."""

    async def reject(self, connection: Connection, access: str) -> None:
        """The outside system refused ``access`` before its time: forget it, so that the next call renews."""


class Quotas(Protocol):
    """How much of a provider's paid service a tenant may use a day."""

    async def take(self, tenant_id: UUID, connection_id: UUID, *, per_day: int) -> bool:
        """Count one use; False when today's share is spent (nothing is counted)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """What a connector or an operator may use of ours."""

    http: aiohttp.ClientSession  # the process's own, passed in
    limiter: Limiter
    credentials: Credentials
    quotas: Quotas
    now: Callable[[], datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectorSpec:
    """A connector.toml."""

    type: str  # the folder's name
    name: str  # the name on the card
    owner: str  # who keeps it
    role: SourceRole
    abilities: frozenset[Ability]
    grade: str  # what has been tried against the real system: "unproven", "bronze", ...
    limits: str  # the vendor's limits, in words
    data: tuple[str, ...]  # what leaves us and what we read


class Connector(Protocol):
    """One tenant's source of caller information. Lookup never writes.

    ``deadline`` is a time of the running loop (``loop.time()``); past it the method is cancelled from outside, so an
    implementation only has to let cancellation through and may stop early to return what it has.
    Raises the errors of :mod:`calls.errors` and nothing else.
    """

    spec: ConnectorSpec

    async def find(self, number: Number, *, deadline: float) -> Found:
        """Who owns this number: verified against every phone field of each candidate, unranked."""

    async def details(self, match: Match, *, deadline: float) -> Details:
        """What the popup may add after the first card."""

    async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
        """Write the call. An upsert by contract: a repeated ``key`` gives the first record, updated, whatever the
        outcome of the first try was and however far the vendor's search lags."""

    async def create(self, draft: Draft, *, key: str) -> Match:
        """A new person with this number. An upsert by contract, like ``journal``: a repeated ``key``, or a record that
        owns the number by now, gives that record."""

    async def add_number(self, match: Match, number: Number) -> Match:
        """Write the number into a free phone field of a person that is there; the same when it owns it already.
        Raises ``Refused`` with code ``no_free_field`` when nothing is free: nothing of theirs is overwritten."""

    async def search_people(self, text: str, *, deadline: float) -> Found:
        """A handful of people by name, company or e-mail address, for choosing whose number it is; ``complete`` is
        False when there are more. Their ``evidence`` says nothing. Declared with ``add_number``."""

    def number_page(self, number: Number) -> str | None:
        """The address of a page about this number for the employee's browser; never fetched by us. No I/O."""

    async def check(self) -> None:
        """One cheap authenticated request; raises what is wrong."""


class ConnectorType(Protocol):
    """A folder in crm_connectors/: its spec, and how a connection becomes a connector."""

    spec: ConnectorSpec

    def check_settings(self, connection: Connection) -> None:
        """Raise ValueError, naming the setting and what it wants, when a connection cannot work."""

    def connect(self, connection: Connection, tools: Tools) -> Connector:
        """Open a connection. No I/O."""
