"""Rates and quotas that hold across nodes: rows, because nothing that is per tenant may be per process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from calls.ports import Bucket, Shortage
from calls.store.database import Database
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).with_name("limits.sql"))


class RowLimiter:
    """A token bucket in one row per tenant and scope (:class:`calls.ports.Limiter`).

    All buckets of a send are taken in one statement, outside any unit of work: it is asked several times for each card,
    and each round trip would be paid while a phone rings.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def take(self, tenant_id: UUID, *buckets: Bucket) -> Shortage | None:
        ordered = sorted(buckets, key=lambda bucket: bucket.scope)  # one order of locking for everybody
        row = await self._database.at_once(tenant_id).sql.fetchrow(
            _SQL["take_tokens"],
            tenant_id,
            [bucket.scope for bucket in ordered],
            [bucket.rate for bucket in ordered],
            [float(bucket.burst) for bucket in ordered],
            self._now(),
        )
        return Shortage(scope=row["short"], seconds=row["seconds"]) if row["short"] is not None else None


class RowQuotas:
    """A counter per tenant, connection and UTC day (:class:`calls.ports.Quotas`)."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def take(self, tenant_id: UUID, connection_id: UUID, *, per_day: int) -> bool:
        day = self._now().date()
        async with self._database.tenant(tenant_id) as unit:
            used = await unit.sql.fetchval(_SQL["use_quota"], tenant_id, connection_id, day, per_day)
        return used is not None
