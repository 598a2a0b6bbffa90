"""The bot's own access tokens for the connector, always warm.

A send must never wait for Entra, and Entra must never stop the loop: :class:`bot.teams.login.Login` runs in a worker
thread, one refresh at a time per identity, started well before a token ends. Until its last minute the old token is
handed out, so an Entra that is down for a while is not noticed.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.teams.identity import BotIdentity
from bot.teams.login import ENTRA, Grant, Login, ManagedToken, managed_token
from calls.errors import OutsideError

log = logging.getLogger(__name__)

LAST_MINUTE = 60.0  # seconds before its end at which a token is not handed out any more
RENEW_AT = 0.5  # share of its life after which a token is renewed in the background
PATIENCE = 3.0  # seconds in which a start waits for the first tokens
PAUSE = 5.0  # seconds after a failed try in which Entra is not asked again
REJECT_AGAIN = 30.0  # seconds between two fetches that the connector's 401 may cause
FORGET_AFTER = 24 * 3600.0  # an identity nobody asked for so long is not kept warm


@dataclass(kw_only=True, slots=True)
class _Held:
    """What is known of one identity. Times are of the injected clock."""

    login: Login
    asked_at: float
    access: str | None = field(default=None, repr=False)
    renew_at: float = 0.0
    ends_at: float = 0.0
    failure: OutsideError | None = None  # of the last try
    failed_at: float = 0.0
    rejected_at: float = -math.inf  # when the connector last refused a token
    refresh: asyncio.Task[None] | None = None


class TokenSource:
    """Access tokens by identity. ``login_url`` is Entra's base address; ``interval`` how often the background task
    looks for tokens to renew, in seconds."""

    def __init__(
        self,
        *,
        login_url: str = ENTRA,
        managed: ManagedToken = managed_token,
        clock: Callable[[], float] = time.monotonic,
        interval: float = 30.0,
    ) -> None:
        self._login_url = login_url
        self._managed = managed
        self._clock = clock
        self._interval = interval
        self._held: dict[BotIdentity, _Held] = {}
        self._warming: asyncio.Task[None] | None = None

    async def start(self, *identities: BotIdentity) -> None:
        """Begin to keep tokens warm; those of ``identities`` are fetched at once, and waited for a while."""
        if begun := [self._begin(self._find(identity)) for identity in identities]:
            await asyncio.wait(begun, timeout=PATIENCE)
        self._warming = asyncio.create_task(self._keep_warm(), name="teams token warmer")

    async def stop(self) -> None:
        """Stop the background work. A refresh that a thread has begun ends by its own time-out, unheard."""
        tasks = [held.refresh for held in self._held.values() if held.refresh is not None]
        if self._warming is not None:
            tasks.append(self._warming)
            self._warming = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for held in self._held.values():
            held.login.close()
        self._held.clear()

    async def token(self, identity: BotIdentity) -> str:
        """A token that is good for at least a minute. Raises NeedsSignIn or Transient."""
        held = self._find(identity)
        now = held.asked_at = self._clock()
        if held.access is not None and now < held.ends_at - LAST_MINUTE:
            if now >= held.renew_at:
                _ = self._begin(held)
            return held.access
        await asyncio.shield(self._begin(held))
        if held.access is None:  # rejected again while we waited
            await asyncio.shield(self._begin(held))
        return held.access or ""

    def reject(self, identity: BotIdentity, access: str) -> None:
        """The connector refused ``access``: the next :meth:`token` fetches another. Late news of an older token is
        ignored, and so is a second refusal within half a minute: then the token is not what is wrong."""
        held = self._find(identity)
        now = self._clock()
        if held.access == access and now - held.rejected_at >= REJECT_AGAIN:
            held.access = None
            held.rejected_at = now

    def _find(self, identity: BotIdentity) -> _Held:
        held = self._held.get(identity)
        if held is None:
            login = Login(identity, login_url=self._login_url, managed=self._managed)
            held = self._held[identity] = _Held(login=login, asked_at=self._clock())
        return held

    def _begin(self, held: _Held) -> asyncio.Task[None]:
        """The running refresh, or a new one. Its failure is kept in the task for those who wait, and is no error for
        those who do not."""
        if held.refresh is None or held.refresh.done():
            held.refresh = asyncio.create_task(self._refresh(held), name="teams token refresh")
            held.refresh.add_done_callback(lambda task: task.cancelled() or task.exception())
        return held.refresh

    async def _refresh(self, held: _Held) -> None:
        if held.failure is not None and self._clock() - held.failed_at < PAUSE:
            raise held.failure
        try:
            grant: Grant = await asyncio.to_thread(held.login.acquire)
        except OutsideError as error:
            held.failure, held.failed_at = error, self._clock()
            raise
        now = self._clock()
        held.failure = None
        held.access = grant.access
        held.renew_at = now + grant.lifetime * RENEW_AT
        held.ends_at = now + grant.lifetime

    async def _keep_warm(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await self.renew_due()

    async def renew_due(self) -> None:
        """Renew every token that is past half its life, and forget identities nobody uses. Never raises."""
        now = self._clock()
        for identity, held in list(self._held.items()):
            if now - held.asked_at > FORGET_AFTER and (held.refresh is None or held.refresh.done()):
                held.login.close()
                del self._held[identity]
        due = [(identity, held) for identity, held in self._held.items() if held.access is None or now >= held.renew_at]
        await asyncio.gather(*(self._try_renew(identity, held) for identity, held in due))

    async def _try_renew(self, identity: BotIdentity, held: _Held) -> None:
        try:
            await asyncio.shield(self._begin(held))
        except OutsideError as error:
            log.warning("the token of bot %s could not be renewed: %s", identity.app_id, error)
