"""Nodes of the service that can die at any await, or stand still, as processes do.

A node's coroutines pass a gate before and after whatever touches the world. A dead node's never come out of it again:
no ``finally`` of ours runs, as in a process that was killed; its connections are gone, and what it had asked of Teams
or a CRM is carried out all the same. A paused node's come out later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from calls.database import Database, _end
from tests.simulation.postgres import Session

if TYPE_CHECKING:
    from tests.simulation.world import World

_POOL = 12  # connections, as calls.database opens
_AWAY = 1.0  # virtual seconds without a database after a restart


class Node:
    """One process."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.dead = False
        self.disposed = False
        self.resumes_at = 0.0
        self.pool = Pool(self)
        self.database = Database(self.pool, world.vault)
        self.died: asyncio.Future[None] = world.loop.create_future()
        self.tasks: set[asyncio.Task[Any]] = set()  # also keeps what a dead node has left from being cleaned up
        self.steps = 0

    def now(self) -> datetime:
        return self.world.now()

    @property
    def fit(self) -> bool:
        return not self.dead and self.resumes_at <= self.world.loop.time()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self.world.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        if not self.dead:
            self.tasks.discard(task)

    async def point(self, what: str) -> None:
        """An await: a little time goes by, others have their turn, and the node may die here or stand still."""
        await asyncio.sleep(self.world.chance.expovariate(1200))
        await self.gate(what)

    async def gate(self, what: str) -> None:
        self.steps += 1
        self.world.trace(self.name, what)
        if not self.dead and not self.disposed:
            if self.world.faults.happens("kill"):
                self.world.kill(self)
            elif self.fit and self.world.faults.happens("pause"):
                self.world.pause(self)
        while True:
            if self.disposed:
                raise asyncio.CancelledError
            if self.dead:
                await self.world.loop.create_future()  # for ever
            wait = self.resumes_at - self.world.loop.time()
            if wait <= 0:
                return
            await asyncio.sleep(wait + 1e-5)

    def die(self) -> None:
        self.dead = True
        self.pool.drop()
        if not self.died.done():
            self.died.set_result(None)


class Pool:
    """As much of asyncpg's pool as the service uses."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._order: list[Connection] = []
        self._room = asyncio.Semaphore(_POOL)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        async with self._room:
            await self._node.gate("acquire")
            connection = await self._take()
            try:
                yield connection
            finally:
                connection.rings.clear()
                try:
                    await _end(connection)
                finally:
                    if connection.session.lost or connection.is_in_transaction():
                        self._order.remove(connection)
                        self._node.world.postgres.cut_soon(connection.session)
                    else:
                        self._idle.append(connection)

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.session.lost:
                return connection
            self._order.remove(connection)
        if self._node.world.loop.time() < self._node.world.database_back_at:
            await asyncio.sleep(0.01)
            raise ConnectionRefusedError
        connection = Connection(self._node, await self._node.world.postgres.connect())
        self._order.append(connection)
        return connection

    async def fetch(self, query: str, *arguments: object) -> Any:
        async with self.acquire() as connection:
            return await connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: object) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: object) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchval(query, *arguments)

    async def execute(self, query: str, *arguments: object) -> Any:
        async with self.acquire() as connection:
            return await connection.execute(query, *arguments)

    def drop(self) -> None:
        """Every connection is cut: the process is gone, or the server is."""
        self._node.world.postgres.cut_soon(*(connection.session for connection in self._order))


class Connection:
    """As much of an asyncpg connection as the service uses, with what was rung for in its transaction."""

    def __init__(self, node: Node, session: Session) -> None:
        self.node = node
        self.session = session
        self.rings: list[Callable[[], None]] = []

    def is_closed(self) -> bool:
        return self.session.lost

    def is_in_transaction(self) -> bool:
        return not self.session.lost and bool(self.session.real.is_in_transaction())

    async def fetch(self, query: str, *arguments: object) -> Any:
        return await self._ask("fetch", query, *arguments)

    async def fetchrow(self, query: str, *arguments: object) -> Any:
        return await self._ask("fetchrow", query, *arguments)

    async def fetchval(self, query: str, *arguments: object) -> Any:
        return await self._ask("fetchval", query, *arguments)

    async def execute(self, query: str, *arguments: object) -> Any:
        ending = query in ("COMMIT", "ROLLBACK")
        if ending and query == "ROLLBACK":
            self.rings.clear()
        return await self._ask("execute", query, *arguments, commits=query == "COMMIT")

    async def _ask(self, method: str, query: str, *arguments: object, commits: bool = False) -> Any:
        await self.node.point("sql")
        world = self.node.world
        if world.faults.happens("restart"):
            world.restart_database()
        if world.faults.happens("cut"):
            world.trouble("cut", self.node)
            await world.postgres.cut(self.session)
        if self.session.lost:
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        result = await world.postgres.ask(self.session, method, query, *arguments)
        if commits:
            # The database has it, whatever becomes of us now.
            rings, self.rings = self.rings, []
            for ring in rings:
                ring()
        if world.faults.happens("cut_after"):
            world.trouble("cut", self.node)
            await world.postgres.cut(self.session)
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        await self.node.gate("sql answered")
        return result
