"""Records that employees ask for from a card, new or with one number more: stored with the press, seen to by a job,
never twice.

The key is a keyed hash of the number, so two calls, two employees and two tries at making a record for one number make
one; a number that is there already is not added again. What was typed is kept until the record is there, or it is clear
that it will not be.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pydantic import TypeAdapter

from calls.callers.identify import SQL as IDENTIFY
from calls.callers.lookup import Making
from calls.callers.sources import Sources
from calls.errors import Gone, NeedsSignIn, OutsideError, Refused
from calls.jobs.queue import Bell, Task
from calls.jobs.starts import NEVER_CAME_BACK, is_worn_out
from calls.jobs.time_limits import timeout_before
from calls.model import Draft, Match
from calls.numbers import Number
from calls.popups.scene import LOOKUP, lock_lookup
from calls.store.database import DATABASE_AWAY, Database, Unit
from calls.store.sql_blocks import read_blocks

log = logging.getLogger(__name__)
_SQL = read_blocks(Path(__file__).with_name("creating.sql"))
_SEALED = "draft"

_LEASE = timedelta(seconds=45)
_SECONDS = 20.0  # below half the lease
_LOOK_AGAIN = timedelta(seconds=3)
_WAITS = (2.0, 10.0, 30.0)  # seconds; then whoever asked is told, who may try again


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """What is to be done in a source, so that it knows the number; one of the two."""

    number: Number
    new: Draft | None = None  # make this person
    person: Match | None = None  # add the number to this one, who is there


_ERRAND: TypeAdapter[Errand] = TypeAdapter(Errand)


async def ask(unit: Unit, call_id: UUID, connection_id: UUID, errand: Errand, now: datetime) -> None:
    """Want it done. The caller rings for the job, in the same transaction."""
    sealed = unit.seal_value(_SEALED, _ERRAND, errand)
    await unit.sql.execute(_SQL["ask"], unit.tenant_id, call_id, connection_id, sealed, now + _LOOK_AGAIN)


class CreationJob:
    """Sees to what was asked for, and lets it be the caller."""

    def __init__(self, database: Database, bell: Bell, sources: Sources, now: Callable[[], datetime]) -> None:
        self._database = database
        self._bell = bell
        self._sources = sources
        self._now = now

    async def __call__(self, task: Task) -> None:
        now, lease = self._now(), uuid4()
        deadline = asyncio.get_running_loop().time() + _SECONDS  # from before the lease, as for a card
        unit = self._database.at_once(task.tenant_id)
        row = await unit.sql.fetchrow(_SQL["take"], task.tenant_id, task.call_id, lease, now + _LEASE, now)
        if row is None:
            return
        if is_worn_out(row["starts"]):
            log.error("nobody came back from making the record of call %s: given up", task.call_id)
            await self._finish(task, lease, None, NEVER_CAME_BACK)
            return
        try:
            errand = unit.open_value(_SEALED, _ERRAND, row["draft_sealed"])
            key = unit.hash("record key", errand.number.key).hex()[:40]
            match = await self._run(task, row["connection_id"], errand, key, deadline)
        except (OutsideError, TimeoutError) as problem:
            await self._put_off(task, row, lease, problem)
        except DATABASE_AWAY:
            raise
        except Exception as problem:
            log.error("creation of call %s: %s in our own code", task.call_id, type(problem).__name__)  # noqa: TRY400
            await self._put_off(task, row, lease, problem)
        else:
            await self._finish(task, lease, match, None)

    async def _run(self, task: Task, connection_id: UUID, errand: Errand, key: str, deadline: float) -> Match:
        source = await self._sources.one(task.tenant_id, connection_id)
        if source is None:
            raise NeedsSignIn("the connection is gone")
        async with timeout_before(deadline):
            if errand.person is not None:
                return await source.connector.add_number(errand.person, errand.number)
            return await source.connector.create(errand.new or Draft(number=errand.number), key=key)

    async def _put_off(self, task: Task, row: Any, lease: UUID, problem: Exception) -> None:
        log.warning("record of call %s not made: %s", task.call_id, type(problem).__name__)
        if isinstance(problem, Refused | NeedsSignIn | Gone) or row["attempts"] >= len(_WAITS):
            code = problem.code if isinstance(problem, Refused) else "failed"
            await self._finish(task, lease, None, "gone" if isinstance(problem, Gone) else code[:40])
            return
        due = self._now() + timedelta(seconds=_WAITS[row["attempts"]])
        async with self._database.tenant(task.tenant_id) as unit:
            await unit.sql.execute(_SQL["put_off"], task.call_id, lease, due)

    async def _finish(self, task: Task, lease: UUID, match: Match | None, code: str | None) -> None:
        """The caller is who was made, on every card and in the journal; or the card says that it could not be."""
        now = self._now()
        async with self._database.tenant(task.tenant_id) as unit:
            before = await lock_lookup(unit, task.call_id)
            if not await unit.sql.fetchval(_SQL["finish"], task.call_id, lease):
                return
            to = before.making.to if before.making else None
            lookup = replace(before, making=Making(to=to, failed=code) if code else None)
            if match is not None:
                lookup = replace(lookup, made=match, chosen=match.ref)
                await unit.sql.execute(_SQL["forget_typed"], task.call_id)
                await unit.sql.execute(IDENTIFY["want_journal"], task.call_id, uuid4(), now)
            await unit.sql.execute(_SQL["keep_lookup"], task.call_id, unit.seal_value("lookup", LOOKUP, lookup))
            await unit.sql.execute(_SQL["want_shown"], task.call_id, now + _LOOK_AGAIN)
            await self._bell.ring_cards(unit, task.call_id)


def in_turn(*jobs: Callable[[Task], Awaitable[None]]) -> Callable[[Task], Awaitable[None]]:
    """One bell for several jobs: a call's record before its journal, which is to go there."""

    async def run(task: Task) -> None:
        for job in jobs:
            await job(task)

    return run
