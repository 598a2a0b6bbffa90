"""Listening to operators that send nothing by themselves: one node per connection, and another one when it dies.

Which node listens is a lease row. It is renewed every 2.5 s and believed for 8 s; every node looks each second for a
connection without a living owner, so a killed node is replaced within 10 s. Each connection to an operator begins with
a snapshot, which makes up for whatever was missed (``calls/intake/stream_intake.py``).
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from calls.errors import NeedsSignIn, OutsideError, Refused, Throttled
from calls.intake.stream_intake import LeaseLost, take_message
from calls.jobs.queue import Bell
from calls.model import Connection
from calls.ports import Snapshot, Stream, Tools
from calls.store.database import DATABASE_AWAY, Database
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import find_connection
from calls.store.vault import Unsealable

log = logging.getLogger(__name__)
_SQL = read_blocks(Path(__file__).with_name("streams.sql"))

_STEADY = 2.0  # seconds with a snapshot after which a connection has worked, and the pauses begin anew
_LONGEST_PAUSE = 20.0  # seconds between two tries: until a network that is back is noticed, no call has a card
_HOPELESS_PAUSE = 300.0  # the same, where only an administrator can help; a changed connection is tried at once
_MOST_ASKED = 3600.0  # seconds that an operator may ask us to wait
_RELEASE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Seconds. A node that dies is replaced after ``lease`` + ``look`` at the latest."""

    lease: float = 8.0  # how long a node is believed after a renewal
    renew: float = 2.5  # between renewals
    look: float = 1.0  # between looks for a stream without an owner


@dataclass(kw_only=True, slots=True)
class _Held:
    """A stream of ours."""

    connection: Connection
    until: float  # the loop's time until which the lease is certainly ours
    connected_at: datetime | None = None
    heard_at: datetime | None = None
    trouble: str | None = None  # as in the column


_PACE = Pace()


class Streams:
    """Every stream that this node listens to."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        streams: Mapping[str, Stream],
        tools: Tools,
        now: Callable[[], datetime],
        *,
        pace: Pace = _PACE,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._bell = bell
        self._streams = streams  # by the operator's type
        self._tools = tools
        self._now = now
        self._pace = pace
        self._jitter = jitter
        self._owner = f"{socket.gethostname()[:60]} {os.getpid()} {uuid4().hex[:8]}"
        self._holding: dict[UUID, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled; then :meth:`stop`. A database that is away is waited for."""
        while self._streams:
            try:
                await self._look()
            except DATABASE_AWAY as problem:
                log.warning("streams lost their database (%s); trying again", type(problem).__name__)
            await asyncio.sleep(self._pace.look)

    async def stop(self) -> None:
        """Hang up everywhere, and let others listen."""
        holding = list(self._holding.values())
        for task in holding:
            task.cancel()
        await asyncio.gather(*holding, return_exceptions=True)

    async def _look(self) -> None:
        rows = await self._database.pool.fetch(_SQL["free_streams"], list(self._streams), self._now())
        for row in rows:
            connection_id: UUID = row["connection_id"]
            if connection_id not in self._holding and (held := await self._take(row["tenant_id"], connection_id)):
                task = asyncio.create_task(self._hold(held), name=f"stream {connection_id}")
                self._holding[connection_id] = task
                task.add_done_callback(lambda _, done=connection_id: self._holding.pop(done, None))  # type: ignore[misc]

    async def _take(self, tenant_id: UUID, connection_id: UUID) -> _Held | None:
        until = asyncio.get_running_loop().time() + self._pace.lease
        now = self._now()
        try:
            connection = await find_connection(self._database, connection_id)
        except Unsealable as problem:
            log.error("connection %s: %s", connection_id, problem)  # noqa: TRY400
            return None
        if connection is None or connection.type not in self._streams:
            return None
        async with self._database.tenant(tenant_id) as unit:
            taken = await unit.sql.fetchval(
                _SQL["take_lease"],
                tenant_id,
                connection_id,
                self._owner,
                now + timedelta(seconds=self._pace.lease),
                now,
            )
        return _Held(connection=connection, until=until) if taken else None

    async def _hold(self, held: _Held) -> None:
        """As long as the lease is ours and the connection is wanted; a changed connection is opened anew."""
        connection_id = held.connection.connection_id
        listening = asyncio.create_task(self._listen(held))
        try:
            while not listening.done():
                await asyncio.wait({listening}, timeout=self._pace.renew)
                connection = await self._renew(held)
                if connection is None:
                    return
                if connection != held.connection and not listening.done():
                    log.info("connection %s has changed: listening anew", connection_id)
                    await _cancelled(listening)
                    held.connection, held.connected_at, held.trouble = connection, None, None
                    listening = asyncio.create_task(self._listen(held))
        finally:
            await _cancelled(listening)
            await self._release(held)

    async def _renew(self, held: _Held) -> Connection | None:
        """The connection as it is now; None when the lease is lost or the connection is not wanted any more."""
        clock = asyncio.get_running_loop().time
        began, now = clock(), self._now()
        try:
            async with asyncio.timeout(max(0.1, held.until - began)):
                connection = await find_connection(self._database, held.connection.connection_id)
                async with self._database.tenant(held.connection.tenant_id) as unit:
                    kept = await unit.sql.fetchval(
                        _SQL["renew_lease"],
                        held.connection.connection_id,
                        self._owner,
                        now + timedelta(seconds=self._pace.lease),
                        held.connected_at,
                        held.heard_at,
                        held.trouble,
                    )
        except (*DATABASE_AWAY, Unsealable) as problem:
            log.warning("a stream's lease was not renewed (%s)", type(problem).__name__)
            return held.connection if clock() < held.until else None
        if not kept:
            log.warning("connection %s: another node listens", held.connection.connection_id)
            return None
        held.until = began + self._pace.lease
        return connection

    async def _release(self, held: _Held) -> None:
        with suppress(*DATABASE_AWAY):
            async with asyncio.timeout(_RELEASE_SECONDS), self._database.tenant(held.connection.tenant_id) as unit:
                await unit.sql.execute(_SQL["free_lease"], held.connection.connection_id, self._owner, held.heard_at)

    async def _listen(self, held: _Held) -> None:
        """Connect, and again whenever it ends: at once the first time, then after longer and longer pauses."""
        clock, connection_id = asyncio.get_running_loop().time, held.connection.connection_id
        failures = 0
        while True:
            began = clock()
            try:
                await self._listen_once(held)
                problem: Exception | None = None
            except LeaseLost:
                return
            except Exception as error:
                problem = error
            if held.connected_at is not None and clock() - began >= _STEADY:
                failures = 0
            held.connected_at, held.trouble = None, _code(problem)
            pause = pause_before(problem, failures, self._jitter())
            failures += 1
            what = f"{held.trouble}{_innermost(problem) if held.trouble == 'bug' else ''}"
            log.warning("stream of connection %s: %s; again in %.0f s", connection_id, what, pause)
            await asyncio.sleep(pause)

    async def _listen_once(self, held: _Held) -> None:
        clock = asyncio.get_running_loop().time
        connection = held.connection
        messages = self._streams[connection.type].listen(connection, self._tools)
        async with aclosing(messages):
            async for message in messages:
                if clock() >= held.until:
                    raise LeaseLost
                now = held.heard_at = self._now()
                if message.events or message.ignored or isinstance(message, Snapshot):
                    await take_message(self._database, self._bell, connection, self._owner, message, now)
                if isinstance(message, Snapshot):
                    held.connected_at, held.trouble = now, None


def pause_before(problem: Exception | None, failures: int, jitter: float) -> float:
    """Seconds until the next try. ``jitter`` is between 0 and 1: nodes and customers must not come back all at once."""
    if isinstance(problem, NeedsSignIn | Refused):
        return _HOPELESS_PAUSE * (0.5 + jitter / 2)
    longest = min(_LONGEST_PAUSE, 2.0 ** (failures - 1)) if failures else 0.0
    asked = (problem.retry_after or 1.0) if isinstance(problem, Throttled) else 0.0
    return max(longest * (0.5 + jitter / 2), min(asked, _MOST_ASKED))


def _code(problem: Exception | None) -> str:
    """Why a connection ended, in one word of ours."""
    if isinstance(problem, OutsideError):
        return {NeedsSignIn: "sign_in", Throttled: "throttled", Refused: "refused"}.get(type(problem), "lost")
    if isinstance(problem, DATABASE_AWAY):
        return "database"
    return "bug" if problem else "ended"


def _innermost(problem: Exception | None) -> str:
    """Where an error arose, without its text."""
    trace = problem.__traceback__ if problem else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f" ({type(problem).__name__} in {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno})"


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Ended, and waited for: nothing of it may happen after the lease is another's."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
