"""Connections are few, and lent in turns: who brings many calls waits behind his own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from calls.popups.limits import RowLimiter, RowQuotas
from calls.ports import Bucket
from calls.store.database import Database
from calls.store.vault import Vault

MANY, FEW = UUID(int=1), UUID(int=2)


async def unit(database: Database, tenant_id: UUID) -> None:
    async with database.tenant(tenant_id) as unit:
        await unit.sql.fetchval("SELECT 1")


async def single_function(database: Database, tenant_id: UUID) -> None:
    await database.at_once(tenant_id).sql.fetchval("SELECT 1")


async def rate(database: Database, tenant_id: UUID) -> None:
    await RowLimiter(database, lambda: datetime.now(UTC)).take(tenant_id, Bucket(scope="x", rate=1, burst=9))


async def quota(database: Database, tenant_id: UUID) -> None:
    await RowQuotas(database, lambda: datetime.now(UTC)).take(tenant_id, uuid4(), per_day=9)


@pytest.fixture
async def narrow(database_url: str, vault: Vault) -> AsyncIterator[Database]:
    """The database, with a single connection to it."""
    opened = await Database.open(database_url, vault, size=1)
    yield opened
    await opened.close()


@pytest.mark.parametrize("work", [unit, single_function, rate, quota])
async def test_who_brings_much_work_waits_behind_his_own(
    narrow: Database, work: Callable[[Database, UUID], Awaitable[None]]
) -> None:
    order: list[UUID] = []

    async def do(tenant_id: UUID) -> None:
        try:
            await work(narrow, tenant_id)
        finally:  # these tenants have no row: what is asked about them may be refused
            order.append(tenant_id)

    async with narrow.pool.acquire():
        waiting = [asyncio.create_task(do(tenant_id)) for tenant_id in (MANY, MANY, MANY, MANY, FEW)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting, return_exceptions=True)
    assert order.index(FEW) == 1
