"""Rates and quotas over two nodes, under a clock of the test's own."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID, uuid4

import pytest

from calls.popups.limits import RowLimiter, RowQuotas
from calls.ports import Bucket
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany

RATE, BURST = 2.0, 5
TEAMS = Bucket(scope="teams", rate=RATE, burst=BURST)


@pytest.fixture
def limiters(database: Database, other_node: Database, now: Clock) -> list[RowLimiter]:
    return [RowLimiter(database, now), RowLimiter(other_node, now)]


async def test_a_burst_and_then_one_at_a_time(limiters: list[RowLimiter], now: Clock) -> None:
    tenant = uuid4()
    taken = [await limiters[place % 2].take(tenant, TEAMS) for place in range(7)]
    assert taken[:5] == [None] * 5
    short = taken[5]
    assert short is not None
    assert short.scope == "teams"
    assert short.seconds == pytest.approx(0.5)
    now.move(0.5)
    assert await limiters[0].take(tenant, TEAMS) is None
    assert await limiters[1].take(tenant, TEAMS) is not None


@pytest.mark.parametrize("seed", range(6))
async def test_never_more_than_the_burst_and_what_flowed_in_since(
    limiters: list[RowLimiter], now: Clock, seed: int
) -> None:
    chance, tenant = random.Random(seed), uuid4()
    elapsed, taken = 0.0, 0
    for _ in range(12):
        asked = chance.randint(1, 8)
        shortages = await asyncio.gather(*(chance.choice(limiters).take(tenant, TEAMS) for _ in range(asked)))
        taken += shortages.count(None)
        assert taken <= BURST + RATE * elapsed + 1e-6
        missing = [short.seconds for short in shortages if short is not None]
        assert all(0 < seconds <= 1 / RATE + 1e-6 for seconds in missing)
        step = chance.choice((0.0, 0.1, 0.5, 2.0))
        elapsed += step
        now.move(step)
    # And no less, either: who waits as long as told gets a token.
    while (short := await limiters[0].take(tenant, TEAMS)) is None:
        taken += 1
    now.move(short.seconds + 1e-6)
    assert await limiters[1].take(tenant, TEAMS) is None


async def test_several_limits_are_taken_together_or_not_at_all(limiters: list[RowLimiter], now: Clock) -> None:
    tenant = uuid4()
    scarce = Bucket(scope="chat", rate=1.0, burst=1)
    assert await limiters[0].take(tenant, TEAMS, scarce) is None
    for _ in range(10):
        short = await limiters[1].take(tenant, TEAMS, scarce)
        assert short is not None
        assert short.scope == "chat"
    left = [await limiters[0].take(tenant, TEAMS) for _ in range(5)]
    assert left.count(None) == 4


async def test_askers_in_any_order_never_wait_for_each_other_for_ever(limiters: list[RowLimiter]) -> None:
    tenant = uuid4()
    buckets = [Bucket(scope=name, rate=100.0, burst=1000) for name in "abcdef"]
    chance = random.Random(3)
    takes = (limiters[place % 2].take(tenant, *chance.sample(buckets, 4)) for place in range(60))
    assert set(await asyncio.gather(*takes)) == {None}


async def test_a_clock_that_runs_behind_gives_and_takes_nothing(limiters: list[RowLimiter], now: Clock) -> None:
    tenant = uuid4()
    for _ in range(BURST):
        await limiters[0].take(tenant, TEAMS)
    now.move(-30)
    assert await limiters[1].take(tenant, TEAMS) is not None
    now.move(30)
    assert await limiters[1].take(tenant, TEAMS) is not None
    now.move(0.5)
    assert await limiters[1].take(tenant, TEAMS) is None


async def test_tenants_and_scopes_are_apart(limiters: list[RowLimiter]) -> None:
    one = Bucket(scope="s", rate=1.0, burst=1)
    tenants = [uuid4(), uuid4()]
    assert [await limiters[0].take(tenant, one) for tenant in tenants] == [None, None]
    assert await limiters[0].take(tenants[0], Bucket(scope="t", rate=1.0, burst=1)) is None
    assert await limiters[0].take(tenants[0], one) is not None


async def test_a_quota_is_a_days_and_not_one_more(
    database: Database, other_node: Database, now: Clock, company: TestCompany
) -> None:
    quotas = [RowQuotas(database, now), RowQuotas(other_node, now)]
    tenant, connection = company.tenant_id, company.directory_id

    async def take(place: int) -> bool:
        return await quotas[place % 2].take(tenant, connection, per_day=5)

    assert sum(await asyncio.gather(*map(take, range(9)))) == 5
    assert not await take(0)
    assert await quotas[0].take(tenant, UUID(int=1), per_day=5)
    assert not await quotas[0].take(tenant, UUID(int=2), per_day=0)
    now.move(24 * 3600)
    assert await take(1)
