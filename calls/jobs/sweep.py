"""The sweep: what a lost job has left open is found in the rows, and what has lived long enough is deleted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from calls.intake.settling import give_up
from calls.jobs.queue import Bell
from calls.store.database import DATABASE_AWAY, Database, OpenWork
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import SQL as TENANTS
from calls.store.tenants import settings_from

log = logging.getLogger(__name__)
_SQL = read_blocks(Path(__file__).with_name("sweep.sql"))
_AT_MOST = 500  # open things of each kind in one round
_DELIVERIES = timedelta(hours=24)
_SEEN = timedelta(hours=1)
_UNSEEN = timedelta(hours=1)  # for what is late, and belongs to a call that somebody is shown after all
_CHOICES = timedelta(days=400)  # remembered choices that no call has used


@contextmanager
def _alone(tenant_id: UUID) -> Iterator[None]:
    """One tenant's broken rows (settings of another version, a key that is gone) are its own trouble: the sweep goes on
    with the others."""
    try:
        yield
    except DATABASE_AWAY:
        raise
    except Exception as problem:
        log.error("sweep could not serve tenant %s: %s", tenant_id, type(problem).__name__)  # noqa: TRY400


class Sweep:
    """Looks every second at what is due, and every ten minutes at what is old."""

    def __init__(self, database: Database, bell: Bell, now: Callable[[], datetime]) -> None:
        self._database = database
        self._bell = bell
        self._now = now

    async def run(self, *, every: float = 1.0, clean_every: float = 600.0) -> None:
        """Until cancelled. A database that is away is waited for."""
        rounds = 0
        while True:
            try:
                await self.find_open_work()
                if rounds % max(1, int(clean_every / every)) == 0:
                    await self.delete_old()
            except DATABASE_AWAY as problem:
                log.warning("sweep lost its database (%s); trying again", type(problem).__name__)
            rounds += 1
            await asyncio.sleep(every)

    async def find_open_work(self) -> int:
        """Ring for whatever is due; returns how much that was."""
        now = self._now()
        work = await self._database.open_work(now, _AT_MOST)
        for item in work:
            with _alone(item.tenant_id):
                await self._ring(item, now)
        return len(work)

    async def _ring(self, item: OpenWork, now: datetime) -> None:
        if item.kind == "stale":
            await give_up(self._database, self._bell, item.tenant_id, item.call_id, now)
            return
        async with self._database.tenant(item.tenant_id) as unit:
            await self._bell.ring_again(unit, item.kind, item.call_id)

    async def delete_old(self) -> None:
        for tenant_id in await self._database.tenant_ids():
            with _alone(tenant_id):
                await self._delete_old_of(tenant_id)

    async def _delete_old_of(self, tenant_id: UUID) -> None:
        now = self._now()
        async with self._database.tenant(tenant_id) as unit:
            row = await unit.sql.fetchrow(TENANTS["read_tenant"])
            if row is None:
                return
            settings = settings_from(unit, row["settings"])
            begun_before = now - timedelta(days=settings.keep_calls_days)
            await unit.sql.execute(_SQL["purge_calls"], begun_before)
            await unit.sql.execute(_SQL["purge_requests"], begun_before)
            await unit.sql.execute(_SQL["purge_unseen_calls"], now - _UNSEEN)
            await unit.sql.execute(_SQL["close_forms"], now)
            for block in ("purge_chats", "purge_employees", "purge_streams"):
                await unit.sql.execute(_SQL[block])
            said_before = now - timedelta(minutes=settings.keep_directory_minutes)
            await unit.sql.execute(_SQL["forget_lookups"], said_before)
            await unit.sql.execute(_SQL["forget_typed"], said_before)
            await unit.sql.execute(_SQL["purge_deliveries"], now - _DELIVERIES)
            await unit.sql.execute(_SQL["purge_seen"], now - _SEEN)
            await unit.sql.execute(_SQL["purge_choices"], now - _CHOICES)
            await unit.sql.execute(_SQL["purge_rates"], now - _SEEN)
            await unit.sql.execute(_SQL["purge_quotas"], (now - timedelta(days=40)).date())
