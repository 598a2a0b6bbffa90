"""A tenant's connections, opened as connectors."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from calls.callers.lookup import Source
from calls.errors import NeedsSignIn
from calls.model import (
    Ability,
    Connection,
    Details,
    Draft,
    Found,
    JournalEntry,
    Match,
    NumberPage,
    RecordRef,
    SourceRole,
)
from calls.numbers import Number
from calls.ports import Connector, ConnectorSpec
from calls.store.database import Database
from calls.store.tenants import connector_from, find_connection, read_connectors
from calls.store.vault import Unsealable

log = logging.getLogger(__name__)


ADDRESS = "base_url"  # the setting that says where a connector's requests, and its secrets, go


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenSource:
    """A connection with its connector."""

    connection: Connection
    connector: Connector

    def can(self, ability: Ability) -> bool:
        return ability in self.connector.spec.abilities

    @property
    def as_source(self) -> Source:
        spec = self.connector.spec
        return Source(
            connection_id=self.connection.connection_id,
            name=spec.name,
            role=spec.role,
            find=lambda number, deadline: self.connector.find(number, deadline=deadline),
            can_create=Ability.CREATE in spec.abilities,
            can_add=Ability.ADD_NUMBER in spec.abilities,
        )


_AT_MOST = 1000  # connectors kept open


def list_pages(opened: Sequence[OpenSource], number: Number) -> tuple[NumberPage, ...]:
    """What the sources know to open about a number."""
    found = (
        (source.connection.name, source.connector.number_page(number))
        for source in opened
        if source.can(Ability.NUMBER_PAGE)
    )
    return tuple(NumberPage(name=name, url=url) for name, url in found if url)


class Sources:
    """Opens connections; what is provided by another tenant (a directory of ours) gets that tenant's secrets."""

    def __init__(self, database: Database, connect: Callable[[Connection], Connector]) -> None:
        self._database = database
        self._connect = connect
        self._opened: OrderedDict[UUID, OpenSource] = OrderedDict()

    async def every(self, tenant_id: UUID) -> Sequence[OpenSource]:
        """All of a tenant's sources, in the order it wants them shown."""
        return await self.open_rows(tenant_id, await read_connectors(self._database.at_once(tenant_id)))

    async def open_rows(self, tenant_id: UUID, rows: Iterable[Any]) -> Sequence[OpenSource]:
        """The same from rows that were read with something else."""
        unit = self._database.at_once(tenant_id)
        return [await self._open(connector_from(unit, row)) for row in rows]

    async def one(self, tenant_id: UUID, connection_id: UUID) -> OpenSource | None:
        try:
            connection = await find_connection(self._database, connection_id)
        except Unsealable as problem:
            log.error("connection %s: %s", connection_id, problem)  # noqa: TRY400
            closed = Connection(tenant_id=tenant_id, connection_id=connection_id, type="", name="")
            return OpenSource(connection=closed, connector=_Unopened(closed))
        return await self._open(connection) if connection and connection.tenant_id == tenant_id else None

    async def _open(self, connection: Connection) -> OpenSource:
        if connection.provider_tenant_id is not None:
            connection = await self._with_lent(connection)
        # An unchanged connection keeps its connector, and with it what the connector has learnt about the account.
        known = self._opened.get(connection.connection_id)
        if known is None or known.connection != connection:
            known = self._opened[connection.connection_id] = self._connected(connection)
        self._opened.move_to_end(connection.connection_id)
        if len(self._opened) > _AT_MOST:
            self._opened.popitem(last=False)
        return known

    async def _with_lent(self, connection: Connection) -> Connection:
        """With the provider's secrets and address: they go only where the provider itself sends them, whatever address
        the borrower has typed in. What cannot be lent is not there, and the connection does not open."""
        try:
            theirs = await find_connection(self._database, UUID(str(connection.settings.get("provider_connection_id"))))
        except (Unsealable, ValueError) as problem:
            log.error("connection %s borrows what does not open: %s", connection.connection_id, type(problem).__name__)  # noqa: TRY400
            return connection
        if theirs is None or (theirs.tenant_id, theirs.type) != (connection.provider_tenant_id, connection.type):
            return connection
        settings = {name: value for name, value in connection.settings.items() if name != ADDRESS}
        settings |= {name: value for name, value in theirs.settings.items() if name == ADDRESS}
        return replace(connection, secrets=theirs.secrets, settings=settings)

    def _connected(self, connection: Connection) -> OpenSource:
        try:
            return OpenSource(connection=connection, connector=self._connect(connection))
        except Exception as problem:
            # One connection that was set up wrongly must not silence the others.
            log.error("connection %s does not open: %s", connection.connection_id, type(problem).__name__)  # noqa: TRY400
            return OpenSource(connection=connection, connector=_Unopened(connection))


class _Unopened:
    """Stands in for a connection that cannot be opened: asked, it does not answer; a journal waits for its repair."""

    def __init__(self, connection: Connection) -> None:
        self.spec = ConnectorSpec(
            type=connection.type,
            name=connection.name,
            owner="",
            role=SourceRole.CRM,
            abilities=frozenset({Ability.FIND, Ability.JOURNAL}),
            grade="",
            limits="",
            data=(),
        )

    async def find(self, number: Number, *, deadline: float) -> Found:
        raise NeedsSignIn("the connection does not open")

    async def details(self, match: Match, *, deadline: float) -> Details:
        raise NeedsSignIn("the connection does not open")

    async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
        raise NeedsSignIn("the connection does not open")

    async def create(self, draft: Draft, *, key: str) -> Match:
        raise NeedsSignIn("the connection does not open")

    async def add_number(self, match: Match, number: Number) -> Match:
        raise NeedsSignIn("the connection does not open")

    async def search_people(self, text: str, *, deadline: float) -> Found:
        raise NeedsSignIn("the connection does not open")

    def number_page(self, number: Number) -> str | None:
        return None

    async def check(self) -> None:
        raise NeedsSignIn("the connection does not open")
