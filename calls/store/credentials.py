"""Access tokens of connections: kept sealed in the connection's row, renewed by one node at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import TypeAdapter

from calls.errors import Transient
from calls.model import Connection
from calls.ports import Token
from calls.store.database import Database
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).with_name("credentials.sql"))
_TOKEN: TypeAdapter[Token] = TypeAdapter(Token)
_EARLY = timedelta(seconds=60)  # renewed this long before it expires
_LEASE = timedelta(seconds=15)  # longer than any token endpoint is waited for
_LOOK_AGAIN = 0.05  # seconds between looks while another node renews
_MEMORY = timedelta(seconds=30)  # how long a token is used without looking at its row


class RowCredentials:
    """:class:`calls.ports.Credentials` on the connection table."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._remembered: dict[tuple[UUID, UUID], tuple[Token, datetime]] = {}

    async def token(self, connection: Connection, refresh: Callable[[str | None], Awaitable[Token]]) -> str:
        key = (connection.tenant_id, connection.connection_id)
        known = self._remembered.get(key)
        if known and known[1] > self._now() and self._is_fresh(known[0]):
            return known[0].access
        lease = uuid4()
        for _ in range(int(_LEASE.total_seconds() / _LOOK_AGAIN)):
            stored, leased = await self._look(connection, lease)
            if stored is not None and self._is_fresh(stored):
                return self._remember(key, stored)
            if leased:
                # Shielded: a lookup that gives up must not cancel what the next one needs.
                renewing = asyncio.create_task(self._renew(connection, stored, lease, refresh))
                renewing.add_done_callback(_hear)
                return self._remember(key, await asyncio.shield(renewing))
            await asyncio.sleep(_LOOK_AGAIN)
        raise Transient("another node has been renewing this connection's token for too long")

    async def reject(self, connection: Connection, access: str) -> None:
        self._remembered.pop((connection.tenant_id, connection.connection_id), None)
        async with self._database.tenant(connection.tenant_id) as unit:
            sealed = await unit.sql.fetchval(_SQL["lock_token"], connection.connection_id)
            stored = unit.open_value("token", _TOKEN, sealed) if sealed else None
            if stored is not None and stored.access == access:
                spent = Token(access="", expires_at=self._now(), refresh=stored.refresh)
                resealed = unit.seal_value("token", _TOKEN, spent)
                await unit.sql.execute(_SQL["keep_token"], connection.connection_id, resealed)

    def _is_fresh(self, token: Token) -> bool:
        return bool(token.access) and token.expires_at - _EARLY > self._now()

    def _remember(self, key: tuple[UUID, UUID], token: Token) -> str:
        self._remembered[key] = (token, self._now() + _MEMORY)
        return token.access

    async def _look(self, connection: Connection, lease: UUID) -> tuple[Token | None, bool]:
        """The stored token, and whether it is ours to renew."""
        now = self._now()
        async with self._database.tenant(connection.tenant_id) as unit:
            sealed = await unit.sql.fetchval(_SQL["lock_token"], connection.connection_id)
            stored = unit.open_value("token", _TOKEN, sealed) if sealed else None
            if stored is not None and self._is_fresh(stored):
                return stored, False
            leased = await unit.sql.fetchval(_SQL["lease_token"], connection.connection_id, lease, now + _LEASE, now)
        return stored, bool(leased)

    async def _renew(
        self,
        connection: Connection,
        stored: Token | None,
        lease: UUID,
        refresh: Callable[[str | None], Awaitable[Token]],
    ) -> Token:
        try:
            token = await refresh(stored.refresh if stored else None)
            if token.refresh is None and stored is not None:
                token = Token(access=token.access, expires_at=token.expires_at, refresh=stored.refresh)
            async with self._database.tenant(connection.tenant_id) as unit:
                # Stored before it is used: a rotated refresh token that is lost locks the customer out.
                sealed = unit.seal_value("token", _TOKEN, token)
                await unit.sql.execute(_SQL["keep_token"], connection.connection_id, sealed)
        finally:
            async with self._database.tenant(connection.tenant_id) as unit:
                await unit.sql.execute(_SQL["free_token"], connection.connection_id, lease)
        return token


def _hear(task: asyncio.Task[Token]) -> None:
    """A renewal nobody waits for any more may fail in silence: the next one tries again."""
    if not task.cancelled():
        task.exception()
