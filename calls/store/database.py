"""The way into PostgreSQL: units of work that see one tenant, and the few questions asked before a tenant is known."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from calls.store.pool import Pool
from calls.store.sql_blocks import read_blocks
from calls.store.vault import Vault

T = TypeVar("T")
SERVICE_ROLE = "smartcall_service"
# What asyncpg raises while the database is away: restarting, unreachable, or too busy to answer.
# Everything else it raises is a mistake of ours.
DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)
_SQL = read_blocks(Path(__file__).with_name("database.sql"))


class DatabaseUnfit(Exception):
    """The database cannot be used as it is; the message says what to do."""


@dataclass(slots=True)
class _Inside:
    """Whose unit a task is in. A task that was begun in it and outlives it is not in it any more."""

    tenant_id: UUID | None


_INSIDE: ContextVar[_Inside | None] = ContextVar("_INSIDE", default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """One transaction of one tenant. Rows of other tenants do not exist in it."""

    tenant_id: UUID
    sql: asyncpg.Connection
    vault: Vault

    def hash(self, purpose: str, text: str) -> bytes:
        return self.vault.hash(self.tenant_id, purpose, text)

    def hashes(self, purpose: str, text: str) -> list[bytes]:
        return self.vault.hashes(self.tenant_id, purpose, text)

    def seal_text(self, purpose: str, text: str) -> bytes:
        return self.vault.seal(self.tenant_id, purpose, text.encode())

    def open_text(self, purpose: str, sealed: bytes) -> str:
        return self.vault.open(self.tenant_id, purpose, sealed).decode()

    def seal_value(self, purpose: str, adapter: TypeAdapter[T], value: T) -> bytes:
        return self.vault.seal(self.tenant_id, purpose, adapter.dump_json(value, exclude_defaults=True))

    def open_value(self, purpose: str, adapter: TypeAdapter[T], sealed: bytes) -> T:
        return adapter.validate_json(self.vault.open(self.tenant_id, purpose, sealed))


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenWork:
    """Something a lost job has left undone."""

    kind: str  # "cards", "journal", "calling" or "stale"
    tenant_id: UUID
    call_id: UUID  # of "calling": the request's id


class Database:
    """A pool of connections, all in the service's role."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self.pool = pool
        self.vault = vault

    @classmethod
    async def open(cls, url: str, vault: Vault, *, size: int = 12) -> Database:
        """Connect and make sure that row-level security binds us. Raises :class:`DatabaseUnfit` or asyncpg's errors."""
        settings = {
            "role": SERVICE_ROLE,
            "application_name": "smartcall",
            # Every statement finds its rows by key, whatever its arguments: it is planned once, not each time.
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
        }

        async def connect() -> Any:
            connection = await asyncpg.connect(url, command_timeout=10, server_settings=settings)
            await speak_json(connection)
            return connection

        pool = Pool(connect, size=size)
        async with pool.acquire() as connection:
            free = await connection.fetchval(_SQL["may_ignore_row_security"])
        if free:
            await pool.close()
            raise DatabaseUnfit(
                f"the role {SERVICE_ROLE} may go round row-level security; it must be neither owner nor superuser"
            )
        return cls(pool, vault)

    async def close(self) -> None:
        await self.pool.close()

    @asynccontextmanager
    async def tenant(self, tenant_id: UUID) -> AsyncIterator[Unit]:
        """A transaction that sees this tenant alone; committed on leaving, rolled back on an error."""
        outside = _INSIDE.get()
        async with self.pool.of(tenant_id).acquire() as connection:
            # One round trip instead of two; a UUID holds nothing but hexadecimal digits.
            await connection.execute(f"BEGIN; SET LOCAL smartcall.tenant = '{tenant_id}'")
            inside = _Inside(tenant_id)
            _INSIDE.set(inside)
            try:
                yield Unit(tenant_id=tenant_id, sql=connection, vault=self.vault)
            except BaseException:
                await _end(connection)
                raise
            finally:
                inside.tenant_id = None
                _INSIDE.set(outside)
            await connection.execute("COMMIT")

    def at_once(self, tenant_id: UUID) -> Unit:
        """For single functions of the database that enter the tenant by themselves (0001_functions.sql): one round trip
        and one transaction each. Any other statement sees nothing here, and no function leaves a tenant that its
        transaction is in. Raises RuntimeError in the middle of another tenant's unit."""
        inside = _INSIDE.get()
        if inside is not None and inside.tenant_id not in (None, tenant_id):
            raise RuntimeError("in the middle of another tenant's unit")
        return Unit(tenant_id=tenant_id, sql=self.pool.of(tenant_id), vault=self.vault)

    async def tenant_of_connection(self, connection_id: UUID) -> UUID | None:
        """Whose connection this is; the caller has not proved anything yet."""
        return await self._resolve("connection", connection_id)

    async def tenant_of_bot(self, app_id: UUID) -> UUID | None:
        """Whose row holds this bot identity."""
        return await self._resolve("bot", app_id)

    async def open_work(self, now: datetime, at_most: int) -> Sequence[OpenWork]:
        rows = await self.pool.fetch(_SQL["open_work"], now, at_most)
        return [OpenWork(kind=row["kind"], tenant_id=row["tenant_id"], call_id=row["call_id"]) for row in rows]

    async def tenant_ids(self) -> Sequence[UUID]:
        return [row["tenant_id"] for row in await self.pool.fetch(_SQL["tenant_ids"])]

    async def _resolve(self, kind: str, public_id: UUID) -> UUID | None:
        found: UUID | None = await self.pool.fetchval(_SQL["resolve"], kind, public_id)
        return found


async def speak_json(connection: Any) -> None:
    """jsonb as Python values. In its binary form (a version, 1, and the text): asyncpg reads no other inside a row."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + json.dumps(value).encode(),
        decoder=lambda data: json.loads(data[1:]),
    )


async def _end(connection: Any) -> None:
    """Leave no transaction open."""
    if not connection.is_closed() and connection.is_in_transaction():
        await connection.execute("ROLLBACK")
