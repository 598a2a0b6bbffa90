"""Doubles of our own ports, in memory, for the tests of any connector."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import aiohttp

from calls.model import Connection
from calls.ports import Bucket, Shortage, Token, Tools


def tell_time() -> datetime:
    return datetime.now(UTC)


class MemoryLimiter:
    """Token buckets in memory; ``taken`` counts the tokens given, by tenant and scope."""

    def __init__(self) -> None:
        self.taken: Counter[tuple[UUID, str]] = Counter()
        self._buckets: dict[tuple[UUID, str], tuple[float, float]] = {}

    async def take(self, tenant_id: UUID, *buckets: Bucket) -> Shortage | None:
        now = asyncio.get_running_loop().time()
        levels = {bucket: self._level(tenant_id, bucket, now) for bucket in buckets}
        for bucket, tokens in levels.items():
            if tokens < 1:
                return Shortage(scope=bucket.scope, seconds=(1 - tokens) / bucket.rate)
        for bucket, tokens in levels.items():
            self._buckets[tenant_id, bucket.scope] = (tokens - 1, now)
            self.taken[tenant_id, bucket.scope] += 1
        return None

    def _level(self, tenant_id: UUID, bucket: Bucket, now: float) -> float:
        tokens, filled_at = self._buckets.get((tenant_id, bucket.scope), (float(bucket.burst), now))
        return min(float(bucket.burst), tokens + (now - filled_at) * bucket.rate)


class MemoryCredentials:
    """Tokens in memory, one refresh at a time; ``refreshed`` counts the refreshes."""

    def __init__(self, now: Callable[[], datetime] = tell_time) -> None:
        self.refreshed = 0
        self.tokens: dict[UUID, Token] = {}
        self._rejected: set[str] = set()
        self._lock = asyncio.Lock()
        self._now = now

    async def token(self, connection: Connection, refresh: Callable[[str | None], Awaitable[Token]]) -> str:
        async with self._lock:
            token = self.tokens.get(connection.connection_id)
            if token is None or token.access in self._rejected or token.expires_at <= self._now():
                token = await refresh(None if token is None else token.refresh)
                self.tokens[connection.connection_id] = token
                self.refreshed += 1
            return token.access

    async def reject(self, connection: Connection, access: str) -> None:
        self._rejected.add(access)


class MemoryQuotas:
    """Counts in memory; a day never ends."""

    def __init__(self) -> None:
        self.used: Counter[tuple[UUID, UUID]] = Counter()

    async def take(self, tenant_id: UUID, connection_id: UUID, *, per_day: int) -> bool:
        if self.used[tenant_id, connection_id] >= per_day:
            return False
        self.used[tenant_id, connection_id] += 1
        return True


@asynccontextmanager
async def open_tools(now: Callable[[], datetime] = tell_time) -> AsyncIterator[Tools]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Tools(
            http=session, limiter=MemoryLimiter(), credentials=MemoryCredentials(now), quotas=MemoryQuotas(), now=now
        )
