"""The keys that sign activities: Bot Framework's OpenID document, fetched on the loop's own HTTP client and kept warm.

The SDK fetches it with a blocking client on the first turn, without a time-out, and answers 500 for up to a day after
a key was rolled over. Here it is fetched at start and every hour, and an unknown key id asks once more, at most once a
minute. Requirements: learn.microsoft.com, "Bot Framework REST API: authentication", connector to bot: the list may be
cached for long, and is to be refreshed at least once in 24 hours. An hour is how long a key that is withdrawn in an
emergency is believed; a list older than those 24 hours, because nobody answers, is not believed at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
from jwt.algorithms import RSAAlgorithm

from calls.errors import BadProof, Transient

log = logging.getLogger(__name__)

METADATA_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
CHANNEL = "msteams"
TIMEOUT = aiohttp.ClientTimeout(total=10.0)
RENEW = 3600.0  # seconds between two fetches
BELIEVED = 24 * 3600.0  # seconds in which a list is good for anything
AGAIN = 30.0  # seconds to the next try after a fetch that failed
UNKNOWN_KEY = 60.0  # seconds between two fetches that unknown key ids may cause
PATIENCE = 3.0  # seconds in which an activity waits for such a fetch, and a start for the first


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """One key, in the shape in which the SDK's token check reads it."""

    public_key: Any
    endorsements: tuple[str, ...]  # the channels whose activities it may sign


class SigningKeys:
    """The current keys by id."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        metadata_url: str = METADATA_URL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._metadata_url = metadata_url
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._fresh = False  # whether the last fetch worked
        self._loaded_at = -math.inf  # when the keys were fetched
        self._asked_at = -math.inf  # when an unknown key id last caused a fetch
        self._fetch: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether any key is known, so that activities can be checked."""
        return bool(self._believed())

    async def start(self) -> None:
        """Fetch the keys and keep them fresh; who is slow is waited for in the background after a while, and so is who
        fails, which is logged."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self.refresh()
        self._warming = asyncio.create_task(self._keep_warm(), name="teams signing keys")

    async def stop(self) -> None:
        """Stop the background work."""
        tasks = [task for task in (self._warming, self._fetch) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._warming = None

    async def get(self, key_id: object) -> SigningKey:
        """The key with this id, endorsed for Teams. BadProof: there is none. Transient: nobody can be checked now,
        because no keys were fetched for a day, or they are just being fetched and it takes long."""
        if not isinstance(key_id, str):
            raise BadProof("no key id")
        if key_id not in self._believed():
            await self._ask_again()
        keys = self._believed()
        key = keys.get(key_id)
        if key is None:
            raise BadProof("unknown key id") if keys else Transient("no signing keys of Bot Framework")
        if CHANNEL not in key.endorsements:  # the SDK lets a key without any endorsement pass
            raise BadProof("key not endorsed")
        return key

    async def refresh(self) -> None:
        """Fetch now, or wait for the fetch that is under way. Old keys stay until new ones are here."""
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.create_task(self._load(), name="teams signing keys fetch")
        await asyncio.shield(self._fetch)

    def _believed(self) -> dict[str, SigningKey]:
        return self._keys if self._clock() - self._loaded_at < BELIEVED else {}

    async def _ask_again(self) -> None:
        pause = UNKNOWN_KEY if self._believed() else 1.0  # with no keys at all every activity is waiting
        due = self._clock() - self._asked_at >= pause
        if not due and (self._fetch is None or self._fetch.done()):
            return
        if due:
            self._asked_at = self._clock()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.refresh()
        except TimeoutError:
            raise Transient("the signing keys of Bot Framework are long in coming") from None

    async def _keep_warm(self) -> None:
        while True:
            await asyncio.sleep(RENEW if self._fresh else AGAIN)
            await self.refresh()

    async def _load(self) -> None:
        try:
            metadata = await self._document(self._metadata_url)
            document = await self._document(str(metadata["jwks_uri"]))
            keys = {kid: key for kid, key in map(_read, document["keys"]) if kid and key}
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            log.warning("the signing keys of Bot Framework could not be fetched (%s)", type(error).__name__)
            self._fresh = False
            return
        if not keys:
            log.warning("the signing keys of Bot Framework hold no usable key")
        else:
            self._keys, self._loaded_at = keys, self._clock()
        self._fresh = bool(keys)

    async def _document(self, url: str) -> Any:
        async with self._http.get(url, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)


def _read(document: Any) -> tuple[str | None, SigningKey | None]:
    """One JWK; (None, None) for what is no RSA signing key."""
    if not isinstance(document, dict) or not isinstance(document.get("kid"), str):
        return None, None
    try:
        public_key = RSAAlgorithm.from_jwk({name: document[name] for name in ("kty", "n", "e")})
    except (KeyError, ValueError, TypeError, jwt.PyJWTError):
        return None, None
    endorsements = document.get("endorsements") or ()
    return document["kid"], SigningKey(public_key=public_key, endorsements=tuple(map(str, endorsements)))
