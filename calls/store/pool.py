"""Lending connections. asyncpg's own pool starts a task and a timer for each loan, which costs more than the statement.

A connection comes back clean or not at all: whatever ends in a way that leaves its state in doubt (cancelled, timed
out) closes it, and the next loan opens another. Where somebody waits, tenants take turns: who has three hundred calls
at once waits behind himself, not before others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any
from uuid import UUID

import asyncpg

from calls.store.turns import Turns


class Share:
    """The pool as one tenant asks it; without a tenant, as those who ask before they know whose it is."""

    def __init__(self, pool: Pool, tenant_id: UUID | None) -> None:
        self._pool = pool
        self._tenant_id = tenant_id

    def acquire(self, *, timeout: float | None = None) -> Loan:
        """A connection, to be used in ``async with``; or awaited, and then given back with :meth:`Pool.release`."""
        return Loan(self._pool, self._tenant_id, timeout)

    async def fetch(self, query: str, *args: object) -> list[Any]:
        async with self.acquire() as connection:
            return list(await connection.fetch(query, *args))

    async def fetchrow(self, query: str, *args: object) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchval(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        async with self.acquire() as connection:
            done: str = await connection.execute(query, *args)
        return done


class Pool(Share):
    """At most ``size`` connections, opened when they are needed; the one used last is lent first."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], *, size: int) -> None:
        super().__init__(self, None)
        self._connect = connect
        self._loans = Turns(size)
        self._idle: list[Any] = []
        self._lent: set[Any] = set()
        self._closed = False

    def of(self, tenant_id: UUID) -> Share:
        """The same connections, waited for in this tenant's turn."""
        return Share(self, tenant_id)

    async def open(self, count: int) -> None:
        """Open so many connections now, not in the middle of the first work."""
        lent = [await self.lend(None) for _ in range(count)]
        for connection in lent:
            await self.release(connection)

    async def release(self, connection: Any) -> None:
        """Take a connection back; an open transaction is rolled back."""
        self._lent.discard(connection)
        try:
            if not connection.is_closed() and connection.is_in_transaction():
                await connection.execute("ROLLBACK")
        except BaseException:
            connection.terminate()
            raise
        finally:
            if self._closed and not connection.is_closed():
                connection.terminate()
            if not connection.is_closed():
                self._idle.append(connection)
            self._loans.give_back()

    async def close(self) -> None:
        """Close what is idle now, and what is lent at once."""
        self._closed = True
        for connection in self._lent:
            connection.terminate()
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close(timeout=2)

    async def lend(self, tenant_id: UUID | None) -> Any:
        """The next connection, when fewer than ``size`` are out."""
        if self._closed:
            raise asyncpg.InterfaceError("the pool is closed")
        await self._loans.take(tenant_id)
        connection = None
        while self._idle and (connection is None or connection.is_closed()):
            connection = self._idle.pop()
        try:
            if connection is None or connection.is_closed():
                connection = await self._connect()
        except BaseException:
            self._loans.give_back()
            raise
        self._lent.add(connection)
        return connection


class Loan:
    """One connection for a while."""

    __slots__ = ("_connection", "_pool", "_tenant_id", "_timeout")

    def __init__(self, pool: Pool, tenant_id: UUID | None, timeout: float | None) -> None:
        self._pool = pool
        self._tenant_id = tenant_id
        self._timeout = timeout
        self._connection: Any = None

    def __await__(self) -> Generator[Any, None, Any]:
        return self._take().__await__()

    async def __aenter__(self) -> Any:
        self._connection = await self._take()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, asyncio.CancelledError | TimeoutError | GeneratorExit | asyncpg.InterfaceError):
            self._connection.terminate()
        await self._pool.release(self._connection)

    async def _take(self) -> Any:
        if self._timeout is None:
            return await self._pool.lend(self._tenant_id)
        async with asyncio.timeout(self._timeout):
            return await self._pool.lend(self._tenant_id)
