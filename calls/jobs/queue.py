"""The bell: PGQueuer wakes a worker as soon as there is something to do. Rows are the truth; a lost job loses nothing.

This is the one module that knows PGQueuer. What is held to (each learnt from its behaviour, version 1.6):
jobs carry ids alone and never fail in its eyes, because it stores exception texts and deletes failed jobs; cards have a
manager of their own, because slow work in the same one delays them; a manager is told to shut down, never cancelled,
because cancelling deletes its running jobs; it does not notice a lost listener, so its connection tells us; whatever it
heard made it ask five questions, so it hears of new jobs of its own kinds alone (queue_schema.py) and asks one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from anyio.lowlevel import checkpoint
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.models import Job, TableChangedEvent

from calls.jobs.queue_schema import QUEUE_SETTINGS
from calls.store.database import DATABASE_AWAY, Database, Unit
from calls.store.pool import Pool

log = logging.getLogger(__name__)

CARDS = "cards"
JOURNAL = "journal"
CALLING = "calling"
_HEARTBEAT = timedelta(seconds=5)
_DEQUEUE = timedelta(seconds=1)
_JOB_SECONDS = 60.0  # PGQueuer sets none; longer than any job needs, shorter than for ever
_STOP_SECONDS = 8.0
_RESTART_SECONDS = 0.5
# What PGQueuer's own trigger would have told it.
_NEW_JOB = TableChangedEvent(
    channel=QUEUE_SETTINGS.channel,
    sent_at=datetime(2000, 1, 1, tzinfo=UTC),
    type="table_changed_event",
    operation="insert",
    table=QUEUE_SETTINGS.queue_table,
).model_dump_json()


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One ring: the call to look at, and the job's id, by which a taken-over job knows its own leases."""

    tenant_id: UUID
    call_id: UUID  # of a calling job: the request's id, for there is no call yet
    job_id: str


Work = Callable[[Task], Awaitable[None]]


class Bell:
    """Rings inside our own transaction, so that a row and its job are stored together or not at all."""

    async def ring_cards(self, unit: Unit, call_id: UUID) -> None:
        # One job per event, without a dedupe key: the key would also cover a job that is already running and has
        # read the rows, and the event would be forgotten until the sweep. The counter makes the extra ones cheap.
        await _enqueue(unit, CARDS, call_id, key=None)

    async def ring_journal(self, unit: Unit, call_id: UUID) -> None:
        await _enqueue(unit, JOURNAL, call_id, key=None)

    async def ring_calling(self, unit: Unit, request_id: UUID) -> None:
        await _enqueue(unit, CALLING, request_id, key=None)

    async def ring_again(self, unit: Unit, kind: str, call_id: UUID) -> None:
        """The sweep's ring: one waiting job per call is enough."""
        await _enqueue(unit, kind, call_id, key=f"{kind} {call_id}")


async def _enqueue(unit: Unit, kind: str, call_id: UUID, key: str | None) -> None:
    await unit.sql.execute("SELECT queue.ring($1, $2, $3, $4)", kind, unit.tenant_id, call_id, key)


class Workers:
    """Two managers, one for what somebody waits for and one for the slow rest, restarted when they stop by themselves.

    An employee who asked for a call waits for it like for a card; there are few of them, and each has a short deadline.
    """

    def __init__(self, database: Database, *, cards: Work, journal: Work, calling: Work | None = None) -> None:
        self._database = database
        quick = {CARDS: cards} | ({CALLING: calling} if calling else {})
        self._kinds: dict[str, tuple[dict[str, Work], int]] = {CARDS: (quick, 400), JOURNAL: ({JOURNAL: journal}, 40)}
        self._managers: dict[str, QueueManager] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        await checkpoint()  # PGQueuer's task groups load half of anyio at their first use: a tenth of a second of CPU
        self._tasks = [asyncio.create_task(self._keep_running(kind), name=f"queue {kind}") for kind in self._kinds]

    async def stop(self) -> None:
        """Finish what is running, take nothing new; give up after eight seconds (another node takes over)."""
        self._stopping = True
        for manager in self._managers.values():
            manager.shutdown.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()

    async def _keep_running(self, kind: str) -> None:
        while not self._stopping:
            try:
                await self._run(kind)
            except DATABASE_AWAY as problem:
                log.warning("queue %s lost its database (%s); trying again", kind, type(problem).__name__)
            except Exception as problem:
                log.error("queue %s stopped (%s); trying again", kind, type(problem).__name__)  # noqa: TRY400
            if not self._stopping:
                await asyncio.sleep(_RESTART_SECONDS)

    async def _run(self, kind: str) -> None:
        works, at_once = self._kinds[kind]
        driver = _PoolDriver(self._database.pool, works)
        queries = _Queries(
            driver,
            qbe=QueryBuilderEnvironment(QUEUE_SETTINGS),
            qbq=QueryQueueBuilder(QUEUE_SETTINGS),
            qbs=QuerySchedulerBuilder(QUEUE_SETTINGS),
        )
        manager = QueueManager(queries, channel=QUEUE_SETTINGS.channel)
        for name, work in works.items():
            manager.entrypoint(name, accepts_context=False, on_failure="hold")(_quiet(work))
        driver.on_lost = manager.shutdown.set
        self._managers[kind] = manager
        await manager.run(
            dequeue_timeout=_DEQUEUE,
            batch_size=min(20, at_once // 2),
            max_concurrent_tasks=at_once,
            heartbeat_timeout=_HEARTBEAT,
            log_aggregation_interval=timedelta(0),  # nobody reads its statistics, and nothing would delete them
        )


def _quiet(work: Work) -> Callable[[Job], Awaitable[None]]:
    """A job that never fails: what it leaves undone stays due in its rows, where the sweep finds it."""

    async def run(job: Job) -> None:
        tenant_id, call_id = UUID(str((job.headers or {})["tenant"])), UUID((job.payload or b"").decode())
        task = Task(tenant_id=tenant_id, call_id=call_id, job_id=str(job.id))
        try:
            async with asyncio.timeout(_JOB_SECONDS):
                await work(task)
        except DATABASE_AWAY as problem:
            log.warning("%s job of call %s put off: %s", job.entrypoint, task.call_id, type(problem).__name__)
        except Exception as problem:
            where = _innermost(problem)
            log.error("%s job of call %s: %s in %s", job.entrypoint, task.call_id, type(problem).__name__, where)  # noqa: TRY400

    return run


def _innermost(problem: BaseException) -> str:
    """Where an error arose, without its text: texts may hold what must not be logged."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"


@dataclass
class _Queries(Queries):
    """Fewer questions each time the queue is empty: nothing of ours is deferred, and whatever was put in after the last
    look has rung."""

    _emptied: bool = False  # the last look found less than it could have taken

    async def dequeue(self, batch_size: int, *args: Any, **more: Any) -> list[Job]:
        # The manager asks again until it gets nothing.
        if self._emptied and not self.driver.rung:  # type: ignore[attr-defined]
            self._emptied = False
            return []
        self.driver.rung = False  # type: ignore[attr-defined]
        jobs = await super().dequeue(batch_size, *args, **more)
        self._emptied = 0 < len(jobs) < batch_size
        return jobs

    async def eligible_queued_work(self, entrypoints: list[Any]) -> int:
        return 0

    async def next_deferred_eta(self, entrypoints: list[Any]) -> timedelta | None:
        return _DEQUEUE


class _PoolDriver:
    """PGQueuer's questions and its listener, on a connection of their own that tells when it is lost."""

    def __init__(self, pool: Pool, kinds: Iterable[str]) -> None:
        self._pool = pool
        self._kinds = tuple(kinds)
        self.rung = False  # since this was last set to false
        self._listener: Any = None
        self._turn = asyncio.Lock()
        self.on_lost: Callable[[], None] = lambda: None
        self.shutdown = asyncio.Event()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return [dict(row) for row in await self._ask("fetch", query, args)]

    async def execute(self, query: str, *args: object) -> str:
        done: str = await self._ask("execute", query, args)
        return done

    async def notify(self, channel: str, payload: str) -> None:
        await self._ask("execute", "SELECT pg_notify($1, $2)", (channel, payload))

    async def _ask(self, method: str, query: str, args: tuple[object, ...]) -> Any:
        """On the listener's connection while there is one. It does not wait for the disk: a job that was taken or done
        and is forgotten in a crash is done again, which changes nothing."""
        async with self._turn:
            alive = self._listener is not None and not self._listener.is_closed()
            return await getattr(self._listener if alive else self._pool, method)(query, *args)

    async def add_listener(self, channel: str, callback: Callable[[Any], None]) -> None:
        listener = await self._pool.acquire()
        await listener.execute("SET synchronous_commit = off")
        self._listener = listener
        self._listener.add_termination_listener(lambda _: self.on_lost())

        def hear(*_: object) -> None:
            self.rung = True
            callback(_NEW_JOB)

        await self._listener.add_listener(channel, lambda _connection, _pid, _channel, payload: callback(payload))
        for kind in self._kinds:
            await self._listener.add_listener(f"ring_{kind}", hear)

    async def remove_listener(self, channel: str, callback: Callable[[Any], None]) -> None:
        """Its listeners go with their connection."""

    @property
    def tm(self) -> TaskManager:
        return TaskManager()

    async def __aenter__(self) -> _PoolDriver:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            listener, self._listener = self._listener, None
            self.on_lost = lambda: None
            await listener.close()  # closed, not handed back: the pool must not lend a connection that listens
            await self._pool.release(listener)
