"""Ringing cards before updates, across nodes (a narrower lane) and inside a process (updates stand back)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from uuid import UUID, uuid4

import pytest

from bot.teams.limits import TENANT, UPDATES, Rates, SendLimits, chat_scope
from bot.teams.ports import Chat
from calls.errors import Throttled
from calls.ports import Bucket, Shortage

OURS = uuid4()


class Buckets:
    """The Limiter port over a clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.level: dict[tuple[UUID, str], tuple[float, float]] = {}
        self.taken: dict[str, int] = defaultdict(int)

    async def take(self, tenant_id: UUID, *buckets: Bucket) -> Shortage | None:
        levels = {bucket: self._level(tenant_id, bucket) for bucket in buckets}
        short = [
            Shortage(scope=each.scope, seconds=(1 - level) / each.rate) for each, level in levels.items() if level < 1
        ]
        if short:
            return max(short, key=lambda each: each.seconds)
        for bucket, level in levels.items():
            self.level[tenant_id, bucket.scope] = (level - 1, self.now)
            self.taken[bucket.scope] += 1
        return None

    def _level(self, tenant_id: UUID, bucket: Bucket) -> float:
        level, at = self.level.get((tenant_id, bucket.scope), (float(bucket.burst), self.now))
        return min(float(bucket.burst), level + (self.now - at) * bucket.rate)

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


def chat(number: int, tenant_id: UUID | None = OURS) -> Chat:
    return Chat(
        tenant_id=tenant_id,
        app_id="app",
        conversation_id=f"a:{number}",
        service_url="https://smba.trafficmanager.net/teams/",
        user_mri="29:x",
    )


def later(seconds: float = 100.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_post_takes_from_chat_and_tenant_an_update_from_its_lane_too() -> None:
    buckets = Buckets()
    limits = SendLimits(buckets, sleep=buckets.sleep)
    await limits.before_post(chat(1), later())
    assert dict(buckets.taken) == {TENANT: 1, chat_scope("app", "a:1"): 1}
    await limits.before_update(chat(1), later())
    assert dict(buckets.taken) == {TENANT: 2, chat_scope("app", "a:1"): 2, UPDATES: 1}


async def test_updates_alone_never_use_up_the_tenant() -> None:
    buckets = Buckets()
    limits = SendLimits(buckets, rates=Rates(tenant_burst=25, updates_burst=15), sleep=buckets.sleep)
    loop = asyncio.get_running_loop()
    refused = 0
    for number in range(40):
        try:
            await limits.before_update(chat(number), loop.time() + 0.001)
        except Throttled:
            refused += 1
    assert refused == 25
    for number in range(10):  # what is left is for ringing cards, at once
        await limits.before_post(chat(100 + number), loop.time() + 0.001)


async def test_updates_stand_back_while_a_post_waits() -> None:
    buckets = Buckets()
    limits = SendLimits(buckets, rates=Rates(tenant_burst=1, updates_burst=20), sleep=buckets.sleep)
    order: list[str] = []

    async def post(number: int) -> None:
        await limits.before_post(chat(number), later())
        order.append("post")

    async def update(number: int) -> None:
        await limits.before_update(chat(50 + number), later())
        order.append("update")

    await limits.before_post(chat(99), later())  # the tenant's bucket is empty now
    tasks = [asyncio.create_task(update(number)) for number in range(5)]
    tasks += [asyncio.create_task(post(number)) for number in range(5)]
    await asyncio.gather(*tasks)
    assert order == ["post"] * 5 + ["update"] * 5


async def test_a_limit_that_cannot_be_met_in_time_says_when() -> None:
    buckets = Buckets()
    limits = SendLimits(buckets, rates=Rates(chat=7.0, chat_burst=1), sleep=buckets.sleep)
    await limits.before_post(chat(1), later())
    with pytest.raises(Throttled) as caught:
        await limits.before_post(chat(1), later(0.05))
    assert caught.value.retry_after == pytest.approx(1 / 7)
    assert caught.value.scope == chat_scope("app", "a:1")
    await limits.before_post(chat(2), later(0.05))  # another chat is not held up


async def test_a_tenant_we_do_not_know_has_no_shared_limits() -> None:
    buckets = Buckets()
    limits = SendLimits(buckets, sleep=buckets.sleep)
    await limits.before_post(chat(1, None), later())
    await limits.before_update(chat(1, None), later())
    await limits.before_create(None, later())
    assert not buckets.taken


def test_a_chats_key_shows_nothing_of_the_chat() -> None:
    scope = chat_scope("app", "a:secret-conversation")
    assert scope.startswith("teams:chat:")
    assert "secret" not in scope
    assert scope != chat_scope("other", "a:secret-conversation")
