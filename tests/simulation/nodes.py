"""Nodes of the service that can die at any await, or stand still, as processes do.

A node's coroutines pass a gate before and after whatever touches the world. A dead node's never come out of it again:
no ``finally`` of ours runs, as in a process that was killed; its connections are gone, and what it had asked of Teams
or a CRM is carried out all the same. A paused node's come out later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context, ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from calls.store.database import Database
from calls.store.pool import Pool
from tests.simulation.postgres import Session

if TYPE_CHECKING:
    from calls.intake.streams import Streams
    from tests.simulation.world import World

# Functions of the database that leave work, and are transactions of their own.
_RINGING = ("smartcall.settle", "smartcall.keep_lookup", "smartcall.note_written")
RUNNING: ContextVar[Node] = ContextVar("RUNNING")  # whose coroutine it is
_POOL = 12  # connections, as calls.store.database opens


class Node:
    """One process."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.dead = False
        self.disposed = False
        self.resumes_at = 0.0
        self.connections: list[Connection] = []
        self.database = Database(Pool(self._connect, size=_POOL), world.vault)
        self.died: asyncio.Future[None] = world.loop.create_future()
        self.tasks: set[asyncio.Task[Any]] = set()  # also keeps what a dead node has left from being cleaned up
        self.steps = 0
        self._streams: Streams | None = None
        self._listening: asyncio.Task[Any] | None = None

    def now(self) -> datetime:
        return self.world.now()

    @property
    def fit(self) -> bool:
        return not self.dead and self.resumes_at <= self.world.loop.time()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        # In a context of its own: a process knows nothing of what another one was in the middle of when it was killed.
        context = Context()
        context.run(RUNNING.set, self)
        task = self.world.loop.create_task(work, context=context)
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

    async def _connect(self) -> Connection:
        await self.point("connect")
        if self.world.loop.time() < self.world.database_back_at:
            raise ConnectionRefusedError
        connection = Connection(self, await self.world.postgres.connect())
        self.connections = [each for each in self.connections if not each.is_closed()]
        self.connections.append(connection)
        return connection

    def drop_connections(self) -> None:
        """Every connection is cut: the process is gone, or the server is."""
        self.world.postgres.cut_soon(*(each.session for each in self.connections if not each.is_closed()))

    def listen(self, streams: Streams) -> None:
        """To operators that are listened to."""
        self._streams = streams
        self._listening = self.spawn(streams.run())

    async def hang_up(self) -> None:
        if self._streams is not None and self._listening is not None:
            self._listening.cancel()
            await self._streams.stop()

    def die(self) -> None:
        self.dead = True
        self.drop_connections()
        if not self.died.done():
            self.died.set_result(None)


class Connection:
    """As much of an asyncpg connection as the service uses."""

    def __init__(self, node: Node, session: Session) -> None:
        self.node = node
        self.session = session

    def is_closed(self) -> bool:
        return self.session.lost

    def is_in_transaction(self) -> bool:
        return not self.session.lost and bool(self.session.real.is_in_transaction())

    def terminate(self) -> None:
        if not self.session.lost:
            self.node.world.postgres.cut_soon(self.session)

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as asyncpg has it
        self.terminate()

    async def fetch(self, query: str, *arguments: object) -> Any:
        return await self._ask("fetch", query, *arguments)

    async def fetchrow(self, query: str, *arguments: object) -> Any:
        return await self._ask("fetchrow", query, *arguments)

    async def fetchval(self, query: str, *arguments: object) -> Any:
        return await self._ask("fetchval", query, *arguments)

    async def execute(self, query: str, *arguments: object) -> Any:
        return await self._ask("execute", query, *arguments)

    async def _ask(self, method: str, query: str, *arguments: object) -> Any:
        await self.node.point("sql")
        world = self.node.world
        if world.faults.happens("restart"):
            world.restart_database()
        if world.faults.happens("cut"):
            world.trouble("cut", self.node)
            await world.postgres.cut(self.session)
        if self.session.lost:
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        try:
            alone = not self.is_in_transaction() and any(name in query for name in _RINGING)
            result = await world.postgres.ask(
                self.session, method, query, *arguments, commits=alone or query == "COMMIT"
            )
        except (TimeoutError, asyncpg.DeadlockDetectedError) as problem:
            world.trouble("lock", self.node)
            world.note(f"statements ended by {type(problem).__name__}")
            raise
        world.starts.note(self.node, query, arguments, result)
        if world.faults.happens("cut_after"):
            world.trouble("cut", self.node)
            await world.postgres.cut(self.session)
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        await self.node.gate("sql answered")
        return result
