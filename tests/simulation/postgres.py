"""The real PostgreSQL under virtual time.

Each statement runs to its end, or until PostgreSQL says that it waits for another one's lock; only then does anybody
else go on. So the order of everything is the simulation's, not the machine's. asyncpg lives on a loop of its own, which
runs only while a statement does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg

from calls.store.database import SERVICE_ROLE, speak_json
from tests.simulation.loop import VirtualLoop

# No autovacuum: it may change the order in which rows without ORDER BY come back. Deadlocks are ended at once.
FLAGS = "-c autovacuum=off -c deadlock_timeout=10ms"
COMMAND_SECONDS = 10.0  # virtual; as calls.store.database gives a command
_LOOK = 0.004  # real seconds after which a statement that has not answered may be waiting for a lock


class Statement:
    """One question on its way."""

    def __init__(
        self,
        session: Session,
        ask: Callable[[], Coroutine[Any, Any, Any]],
        answer: asyncio.Future[Any],
        *,
        commits: bool,
    ) -> None:
        self.commits = commits
        self.session = session
        self.ask = ask
        self.answer = answer  # on the virtual loop
        self.task: asyncio.Task[Any] | None = None
        self.given_up = False


def _heard(task: asyncio.Task[Any]) -> None:
    """What becomes of a statement nobody waits for any more is nobody's concern."""
    if not task.cancelled():
        task.exception()


class Session:
    """One real connection."""

    def __init__(self, real: asyncpg.Connection) -> None:
        self.real = real
        self.pid: int = real.get_server_pid()
        self.lost = False


class Postgres:
    """Carries out statements for all nodes, and cuts their connections."""

    def __init__(self, loop: VirtualLoop, url: str) -> None:
        self._loop = loop
        self.url = url
        self._inner = asyncio.SelectorEventLoop()
        self._waiting: list[Statement] = []
        self._attended: asyncio.Task[Any] | None = None  # whose end stops the real loop
        self._sessions: dict[int, Session] = {}
        self.statements = 0
        self.deadlocks = 0
        self.on_commit: Callable[[], None] = lambda: None  # the database has it, whatever becomes of who asked
        self._monitor = self._run(asyncpg.connect(url))

    def close(self) -> None:
        for session in [*self._sessions.values()]:
            self._cut(session)
        self._run(self._monitor.close())
        self._run(asyncio.sleep(0))
        self._inner.close()

    def run_outside(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Something that needs the real loop, before or after the simulation (never inside a task)."""
        return self._run(work)

    async def look(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """An all-seeing question of the simulation's own (as the owner of the tables, outside any node)."""
        rows: list[asyncpg.Record] = await self._between(lambda: self._run(self._monitor.fetch(query, *arguments)))
        return rows

    async def connect(self) -> Session:
        session: Session = await self._between(self._connect)
        return session

    def look_now(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """The same from within :attr:`on_commit`."""
        rows: list[asyncpg.Record] = self._run(self._monitor.fetch(query, *arguments))
        return rows

    async def ask(self, session: Session, method: str, query: str, *arguments: object, commits: bool = False) -> Any:
        """Raises asyncpg's own errors; TimeoutError after ten virtual seconds, as asyncpg does."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        statement = Statement(
            session, lambda: getattr(session.real, method)(query, *arguments), answer, commits=commits
        )
        self._loop.between.append(lambda: self._begin(statement))
        try:
            return await answer
        except asyncio.CancelledError:
            statement.given_up = True
            if statement in self._waiting:
                await self.cut(session)
            raise

    async def cut(self, *sessions: Session) -> None:
        """End connections as a dead process or a restarted server ends them; returns when PostgreSQL has cleaned up."""
        for session in sessions:
            session.lost = True
        await asyncio.shield(asyncio.ensure_future(self._between(lambda: self._cut_all(sessions))))

    def cut_soon(self, *sessions: Session) -> None:
        """The same from where nobody can wait."""
        for session in sessions:
            session.lost = True
        self._loop.between.append(lambda: self._cut_all(sessions))

    async def _between(self, work: Callable[[], Any]) -> Any:
        done: asyncio.Future[Any] = self._loop.create_future()

        def carry_out() -> None:
            try:
                result = work()
            except Exception as problem:
                if not done.done():
                    done.set_exception(problem)
            else:
                if not done.done():
                    done.set_result(result)

        self._loop.between.append(carry_out)
        return await done

    def _connect(self) -> Session:
        async def connect() -> Session:
            settings = {"role": SERVICE_ROLE, "plan_cache_mode": "force_generic_plan", "jit": "off"}
            real = await asyncpg.connect(self.url, server_settings=settings)
            await speak_json(real)
            return Session(real)

        session: Session = self._run(connect())
        self._sessions[session.pid] = session
        return session

    def _begin(self, statement: Statement) -> None:
        if statement.given_up or statement.answer.done():
            return
        if statement.session.lost:
            statement.answer.set_exception(asyncpg.ConnectionDoesNotExistError("connection was closed"))
            return
        self.statements += 1
        statement.task = self._inner.create_task(statement.ask())
        statement.task.add_done_callback(_heard)
        if not self._attend(statement):
            self._waiting.append(statement)
            self._loop.call_later(COMMAND_SECONDS, self._time_out, statement)
            return
        self._pass_on(statement)
        if self._waiting and not statement.session.real.is_in_transaction():
            self._recheck()

    def _attend(self, statement: Statement) -> bool:
        """Run the real loop until the statement is done; False when it waits for another one's lock.

        Nobody else runs meanwhile, and PostgreSQL has given a transaction's locks back before it answers its COMMIT:
        who is blocked when this is asked stays so.
        """
        task = statement.task
        assert task is not None
        while not task.done():
            self._attended = task
            task.add_done_callback(self._stop)
            timer = self._inner.call_later(_LOOK, self._inner.stop)
            self._run_inner(self._inner.run_forever)
            timer.cancel()
            task.remove_done_callback(self._stop)
            self._attended = None
            if not task.done() and self._is_blocked(statement) and not self._in_circle(statement):
                return False
        return True

    def _stop(self, task: asyncio.Task[Any]) -> None:
        # A task that was done in the very round in which the time was up calls when nobody listens any more.
        if task is self._attended:
            self._inner.stop()

    def _is_blocked(self, statement: Statement) -> bool:
        pid = statement.session.pid
        return bool(self._run(self._monitor.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid)))

    def _in_circle(self, statement: Statement) -> bool:
        """A deadlock: PostgreSQL ends it within milliseconds (deadlock_timeout), so it is waited for."""
        asked = [*(each.session.pid for each in self._waiting), statement.session.pid]
        rows = self._run(
            self._monitor.fetch("SELECT pid, pg_blocking_pids(pid) AS by FROM unnest($1::int[]) AS t (pid)", asked)
        )
        waits = {row["pid"]: row["by"] for row in rows}
        seen, front = set(), [statement.session.pid]
        while front:
            for pid in waits.get(front.pop(), ()):
                if pid == statement.session.pid:
                    return True
                if pid not in seen:
                    seen.add(pid)
                    front.append(pid)
        return False

    def _pass_on(self, statement: Statement) -> None:
        task, answer = statement.task, statement.answer
        assert task is not None
        problem = asyncio.CancelledError() if task.cancelled() else task.exception()
        self.deadlocks += isinstance(problem, asyncpg.DeadlockDetectedError)
        if problem is None and statement.commits:
            self.on_commit()
        if answer.done():
            return
        if problem is None:
            answer.set_result(task.result())
        elif isinstance(problem, Exception):
            answer.set_exception(problem)
        else:
            answer.set_exception(asyncpg.ConnectionDoesNotExistError("connection was closed"))

    def _recheck(self) -> None:
        """A lock has been given back: whoever got it goes on, in the order of asking."""
        again = True
        while again:
            again = False
            for statement in [*self._waiting]:
                if not self._is_blocked(statement) and self._attend(statement):
                    self._waiting.remove(statement)
                    self._pass_on(statement)
                    again = True

    def _time_out(self, statement: Statement) -> None:
        if statement in self._waiting:
            self._waiting.remove(statement)
            if not statement.answer.done():
                statement.answer.set_exception(TimeoutError())
            self.cut_soon(statement.session)

    def _cut_all(self, sessions: tuple[Session, ...]) -> None:
        for session in sessions:
            self._cut(session)
        if self._waiting:
            self._recheck()

    def _cut(self, session: Session) -> None:
        session.lost = True
        if self._sessions.pop(session.pid, None) is None:
            return
        for statement in [*self._waiting]:
            if statement.session is session:
                self._waiting.remove(statement)
                if not statement.answer.done():
                    statement.answer.set_exception(asyncpg.ConnectionDoesNotExistError("connection was closed"))
        self._run(self._monitor.fetchval("SELECT pg_terminate_backend($1, 5000)", session.pid))
        session.real.terminate()
        self._run(asyncio.sleep(0))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._run_inner(lambda: self._inner.run_until_complete(work))

    def _run_inner(self, run: Callable[[], Any]) -> Any:
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            return run()
        finally:
            asyncio._set_running_loop(outer)
