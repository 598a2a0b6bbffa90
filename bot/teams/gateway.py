"""Cards out: the Bot Connector REST API on the shared aiohttp session.

Five requests (learn.microsoft.com, "Bot Framework REST API reference") instead of the SDK's client, which costs ten
times the CPU and blocks the loop. One JSON dump per send; no models.

What a failure leaves behind decides its name: a POST that left this machine and got no answer is ``Unknown`` and never
repeated; a connection that could not be opened is ``Transient``; an update or deletion may always be repeated. When a
caller cancels a POST, the outcome is unknown too, and the caller has to say so itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

import aiohttp
from yarl import URL

from bot.teams.activities import addressed, new_conversation
from bot.teams.errors import TooLarge, translate
from bot.teams.identity import BotIdentity
from bot.teams.limits import SendLimits
from bot.teams.ports import Activity, BotIdentities, Chat
from bot.teams.retries import RINGING, RetryPolicy, send_with_retries
from bot.teams.service_urls import ServiceUrls
from bot.teams.tokens import TokenSource
from calls.errors import NeedsSignIn, OutsideError, Refused, Transient, Unknown
from calls.ports import Limiter

log = logging.getLogger(__name__)

CARD_LIMIT = 25 * 1024  # bytes of UTF-8 JSON; Teams itself stops at about 100 KB of UTF-16
ANSWER_LIMIT = 256 * 1024  # bytes of an answer that are read
CONNECT_SHARE = 0.5  # of the time left may go into opening a connection, so that a POST's time-out means "sent"
CONNECT_MOST = 3.0  # seconds
MIN_TIME = 0.05  # seconds; with less left nothing is sent


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """One REST call."""

    method: str
    url: URL
    identity: BotIdentity
    body: bytes | None
    repeatable: bool  # doing it twice is harmless


class ChatGateway:
    """Sends, updates and deletes messages in personal chats. Raises the errors of :mod:`calls.errors`, with the
    subclasses of :mod:`bot.teams.errors` where what to remember differs. Deadlines are loop times."""

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        tokens: TokenSource,
        identities: BotIdentities,
        limiter: Limiter,
        limits: SendLimits | None = None,
        retries: RetryPolicy = RINGING,
        allow_loopback: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._identities = identities
        self._limits = limits or SendLimits(limiter)
        self._retries = retries
        self._service_urls = ServiceUrls(allow_loopback=allow_loopback)
        self._now = now

    async def create_chat(
        self,
        identity: BotIdentity,
        service_url: str,
        tenant: str,
        member_mri: str,
        *,
        deadline: float,
        tenant_id: UUID | None = None,
    ) -> str:
        """The id of the bot's chat with a person, made when there is none. ``tenant`` is the Entra tenant id;
        ``tenant_id`` ours, for the limits. The app must be installed for the person, else NotInstalled."""
        body = _dump(new_conversation(identity.app_id, tenant, member_mri))
        url = URL(f"{self._base(service_url)}/v3/conversations", encoded=True)
        request = _Request(method="POST", url=url, identity=identity, body=body, repeatable=True)

        async def attempt() -> str:
            await self._limits.before_create(tenant_id, deadline)
            return _id(await self._send(request, deadline), Transient)

        return await send_with_retries(attempt, policy=self._retries, deadline=deadline)

    async def post(self, chat: Chat, activity: Activity, *, deadline: float) -> str:
        """Send a new message, which raises a banner; returns its activity id. Unknown: it may be there."""
        request = await self._request("POST", chat, None, activity)

        async def attempt() -> str:
            await self._limits.before_post(chat, deadline)
            return _id(await self._send(request, deadline), Unknown)

        return await send_with_retries(attempt, policy=self._retries, deadline=deadline)

    async def update(self, chat: Chat, activity_id: str, activity: Activity, *, deadline: float) -> None:
        """Replace a message in place, silently."""
        await self._change(
            await self._request("PUT", chat, activity_id, activity | {"id": activity_id}), chat, deadline
        )

    async def delete(self, chat: Chat, activity_id: str, *, deadline: float) -> None:
        """Remove a message; one that is gone already is CardGone."""
        await self._change(await self._request("DELETE", chat, activity_id, None), chat, deadline)

    async def _change(self, request: _Request, chat: Chat, deadline: float) -> None:
        async def attempt() -> None:
            await self._limits.before_update(chat, deadline)
            await self._send(request, deadline)

        await send_with_retries(attempt, policy=self._retries, deadline=deadline)

    async def _request(self, method: str, chat: Chat, activity_id: str | None, activity: Activity | None) -> _Request:
        identity = await self._identities.find(chat.app_id)
        if identity is None:
            raise NeedsSignIn("the bot of this chat is not known here")
        path = f"/v3/conversations/{quote(chat.conversation_id, safe='')}/activities"
        if activity_id is not None:
            path += "/" + quote(activity_id, safe="")
        return _Request(
            method=method,
            url=URL(self._base(chat.service_url) + path, encoded=True),
            identity=identity,
            body=None if activity is None else _dump(addressed(activity, chat)),
            repeatable=method != "POST",
        )

    def _base(self, service_url: str) -> str:
        try:
            return self._service_urls.base(service_url)
        except ValueError as error:
            raise Refused(str(error), code="ServiceUrlNotAllowed") from None

    async def _send(self, request: _Request, deadline: float) -> bytes:
        """One request, and a second one with a fresh token when the first answer is 401. Returns a 2xx body."""
        for fresh in (False, True):
            access = await self._token(request.identity, deadline)
            status, headers, body = await self._exchange(request, access, deadline)
            if status == 401 and not fresh:
                self._tokens.reject(request.identity, access)
                continue
            if not 200 <= status < 300:
                raise translate(status, headers, body, repeatable=request.repeatable, now=self._now())
            return body
        raise AssertionError("unreachable")

    async def _token(self, identity: BotIdentity, deadline: float) -> str:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._tokens.token(identity)
        except TimeoutError:
            raise Transient("no token from Entra in time") from None

    async def _exchange(self, request: _Request, access: str, deadline: float) -> tuple[int, dict[str, str], bytes]:
        left = deadline - asyncio.get_running_loop().time()
        if left < MIN_TIME:
            raise Transient("no time left to send")
        headers = {"Authorization": f"Bearer {access}"}
        if request.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        timeout = aiohttp.ClientTimeout(total=left, connect=min(CONNECT_MOST, left * CONNECT_SHARE))
        try:
            async with self._http.request(
                request.method,
                request.url,
                data=request.body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                body = await _read(answer)
                return answer.status, {"Retry-After": answer.headers.get("Retry-After", "")}, body
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Transient(f"no connection to Teams ({type(error).__name__})") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            kind: type[OutsideError] = Transient if request.repeatable else Unknown
            raise kind(f"no answer from Teams ({type(error).__name__})") from None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The body, which is an id or a few words. A refusal whose body breaks off, or does not end, is still a refusal:
    its status says enough."""
    body = b""
    try:
        async for part in answer.content.iter_chunked(16_384):
            body += part
            if len(body) > ANSWER_LIMIT:
                raise aiohttp.ClientPayloadError
    except (aiohttp.ClientError, TimeoutError):
        if answer.status < 300:
            raise
        return b""
    return body


def _dump(activity: Activity) -> bytes:
    body = json.dumps(activity, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > CARD_LIMIT:
        raise TooLarge(
            f"the message is {len(body)} bytes, more than our limit of {CARD_LIMIT}", code="MessageSizeTooBig"
        )
    return body


def _id(body: bytes, otherwise: type[OutsideError]) -> str:
    """The id in a 2xx answer. Without one the message may be there, but nothing can follow it up: ``otherwise``."""
    try:
        found = json.loads(body)["id"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        raise otherwise("Teams accepted, but named no id")
    return found
