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
from calls.ports import Limiter

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
        self._posting: Counter[UUID] = Counter()  # posts waiting for their tenant's token

    async def before_post(self, chat: Chat, deadline: float) -> None:
        """Take what a new message needs. Raises Throttled when that cannot be had before ``deadline`` (loop time)."""
        if chat.tenant_id is None:
            return
        await self._take_chat(chat.tenant_id, chat, deadline)
        self._posting[chat.tenant_id] += 1
        try:
            await self._take_tenant(chat.tenant_id, deadline)
        finally:
            self._posting[chat.tenant_id] -= 1
            if not self._posting[chat.tenant_id]:
                del self._posting[chat.tenant_id]

    async def before_update(self, chat: Chat, deadline: float) -> None:
        """Take what an update or a deletion needs, after every waiting post."""
        if chat.tenant_id is None:
            return
        rates = self._rates
        await self._take_chat(chat.tenant_id, chat, deadline)
        await self._take(chat.tenant_id, UPDATES, rates.updates, rates.updates_burst, deadline)
        await self._take_tenant(chat.tenant_id, deadline, polite=True)

    async def before_create(self, tenant_id: UUID | None, deadline: float) -> None:
        """Take what opening a chat needs: it comes before a ringing card, so it goes with the posts."""
        if tenant_id is not None:
            await self._take_tenant(tenant_id, deadline)

    async def _take_chat(self, tenant_id: UUID, chat: Chat, deadline: float) -> None:
        scope = chat_scope(chat.app_id, chat.conversation_id)
        await self._take(tenant_id, scope, self._rates.chat, self._rates.chat_burst, deadline)

    async def _take_tenant(self, tenant_id: UUID, deadline: float, *, polite: bool = False) -> None:
        rates = self._rates
        await self._take(tenant_id, TENANT, rates.tenant, rates.tenant_burst, deadline, polite=polite)

    async def _take(
        self, tenant_id: UUID, scope: str, rate: float, burst: int, deadline: float, *, polite: bool = False
    ) -> None:
        """Take one token, waiting until there is one; ``polite``: only while no post is waiting."""
        loop = asyncio.get_running_loop()
        while True:
            if polite:
                await self._stand_back(tenant_id, deadline)
            wait = await self._limiter.take(tenant_id, scope, rate=rate, burst=burst)
            if not wait:
                return
            if loop.time() + wait >= deadline:
                raise Throttled("our own limit for Teams is used up", retry_after=wait, scope=scope)
            await self._sleep(max(wait, LEAST))

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
