"""What the heart asks of the world, as protocols. Operators and connectors are built against this page alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

import aiohttp

from calls.model import (
    Ability,
    Connection,
    Details,
    Event,
    Found,
    JournalEntry,
    Match,
    OperatorAbilities,
    RecordRef,
    SourceRole,
)
from calls.numbers import Number


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


class Operator(Protocol):
    """One kind of operator with a webhook. Stateless and pure: no I/O, no clock."""

    type: str  # the folder's name
    abilities: OperatorAbilities

    def check_settings(self, connection: Connection) -> None:
        """Raise ValueError, naming the setting and what it wants, when a connection cannot work."""

    def verify(self, request: RawRequest, connection: Connection, now: datetime) -> Proof:
        """Return who proved what, or raise :class:`calls.errors.BadProof`. Compares in constant time."""

    def parse(self, request: RawRequest, connection: Connection, received_at: datetime) -> Parsed:
        """Translate the body. Raises :class:`calls.errors.Unreadable` for a body no such operator sends."""

    def reply(self, parsed: Parsed, request: RawRequest, events_url: str) -> Response:
        """The answer this operator expects; ``events_url`` is the address the request came to (for subscriptions)."""


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
    """What a connector may use of ours."""

    http: aiohttp.ClientSession  # one per process, passed in
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

    async def check(self) -> None:
        """One cheap authenticated request; raises what is wrong."""


class ConnectorType(Protocol):
    """A folder in crm_connectors/: its spec, and how a connection becomes a connector."""

    spec: ConnectorSpec

    def check_settings(self, connection: Connection) -> None:
        """Raise ValueError, naming the setting and what it wants, when a connection cannot work."""

    def connect(self, connection: Connection, tools: Tools) -> Connector:
        """Open a connection. No I/O."""
