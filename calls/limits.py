"""Rates and quotas that hold across nodes: rows, because nothing that is per tenant may be per process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from calls.database import Database
from calls.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).parent / "sql" / "limits.sql")


class RowLimiter:
    """A token bucket in one row per tenant and scope (:class:`calls.ports.Limiter`)."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def take(self, tenant_id: UUID, scope: str, *, rate: float, burst: int) -> float:
        async with self._database.tenant(tenant_id) as unit:
            left: float = await unit.sql.fetchval(_SQL["take_token"], tenant_id, scope, rate, float(burst), self._now())
        return 0.0 if left >= 0 else -left / rate


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
