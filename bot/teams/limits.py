"""Teams' rate limits, counted across nodes, with a lane for ringing cards.

Teams allows about 50 requests a second per bot and tenant and 7 sends a second per chat (learn.microsoft.com, "Optimize
your bot with rate limiting"); we stay at half of the former. A ringing card must not queue behind updates:

- updates also need a token of a narrower lane, so across all nodes they can use only a part of the tenant's rate;
- inside a process an update waits as long as any post for the same tenant is waiting.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from bot.teams.ports import Chat
from calls.errors import Throttled
from calls.ports import Bucket, Limiter, Shortage

TENANT = "teams:tenant"
UPDATES = "teams:tenant:updates"
YIELD = 0.05  # seconds an update stands back before it looks again whether a post is waiting
LEAST = 0.002  # seconds to wait at least before a limit is asked again


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """Requests a second, each with the burst that may come at once."""

    tenant: float = 25.0
    tenant_burst: int = 25
    updates: float = 15.0  # the part of ``tenant`` that updates and deletions may use
    updates_burst: int = 15
    chat: float = 7.0
    chat_burst: int = 7


class SendLimits:
    """Takes the tokens a send needs, waiting for them until a deadline."""

    def __init__(
        self,
        limiter: Limiter,
        *,
        rates: Rates | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._limiter = limiter
        self._rates = rates or Rates()
        self._sleep = sleep
        self._tenant = Bucket(scope=TENANT, rate=self._rates.tenant, burst=self._rates.tenant_burst)
        self._updates = Bucket(scope=UPDATES, rate=self._rates.updates, burst=self._rates.updates_burst)
        self._posting: Counter[UUID] = Counter()  # posts waiting for their tenant's token

    async def before_post(self, chat: Chat, deadline: float) -> None:
        """Take what a new message needs. Raises Throttled when that cannot be had before ``deadline`` (loop time)."""
        if chat.tenant_id is None:
            return
        while short := await self._limiter.take(chat.tenant_id, self._chat(chat), self._tenant):
            if short.scope != TENANT:  # a post that waits for its own chat holds nobody else back
                await self._wait(short, deadline)
                continue
            self._posting[chat.tenant_id] += 1
            try:
                await self._wait(short, deadline)
            finally:
                self._posting[chat.tenant_id] -= 1

    async def before_update(self, chat: Chat, deadline: float) -> None:
        """Take what an update or a deletion needs, after every waiting post."""
        if chat.tenant_id is None:
            return
        await self._stand_back(chat.tenant_id, deadline)
        while short := await self._limiter.take(chat.tenant_id, self._chat(chat), self._updates, self._tenant):
            await self._wait(short, deadline)
            await self._stand_back(chat.tenant_id, deadline)

    async def before_create(self, tenant_id: UUID | None, deadline: float) -> None:
        """Take what opening a chat needs: it comes before a ringing card, so it goes with the posts."""
        if tenant_id is not None:
            while short := await self._limiter.take(tenant_id, self._tenant):
                await self._wait(short, deadline)

    def _chat(self, chat: Chat) -> Bucket:
        scope = chat_scope(chat.app_id, chat.conversation_id)
        return Bucket(scope=scope, rate=self._rates.chat, burst=self._rates.chat_burst)

    async def _wait(self, short: Shortage, deadline: float) -> None:
        if asyncio.get_running_loop().time() + short.seconds >= deadline:
            raise Throttled("our own limit for Teams is used up", retry_after=short.seconds, scope=short.scope)
        await self._sleep(max(short.seconds, LEAST))

    async def _stand_back(self, tenant_id: UUID, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        while self._posting[tenant_id]:
            if loop.time() + YIELD >= deadline:
                raise Throttled("new messages go first", retry_after=YIELD, scope=UPDATES)
            await self._sleep(YIELD)


@lru_cache(maxsize=4096)
def chat_scope(app_id: str, conversation_id: str) -> str:
    """The limiter's key of a chat; a digest, because keys are stored in the clear."""
    return "teams:chat:" + hashlib.sha256(f"{app_id} {conversation_id}".encode()).hexdigest()[:24]
