"""``POST /api/messages``: the request handler around botbuilder, which has none that can be used as it is.

It answers 405 and 415 for what is no activity by its headers, 401 for whoever cannot prove to be Teams (without reading
more), 413, 408 and 400 for what is no activity after all, 403 for an address our token may not go to, 503 while nobody
can be checked (no signing key, a bot whose secret does not open), and 500 without details when our own code failed. No
body, token or stack trace is logged.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from botbuilder.schema import Activity
from botframework.connector.auth import AuthenticateRequestResult

from bot.bodies import read_body
from bot.refusals import Refusals
from bot.teams.adapter import BotAdapters, anonymous, read_activity
from bot.teams.dispatch import TeamsDispatch
from bot.teams.first_look import read_audience
from bot.teams.keys import CHANNEL, SigningKeys
from bot.teams.ports import BotIdentities, Outbox, SeenActivities, TeamsEvents
from bot.teams.service_urls import ServiceUrls, is_loopback
from calls.errors import BadProof, Transient
from calls.store.vault import Unsealable

log = logging.getLogger(__name__)

PATH = "/api/messages"
SIZE_LIMIT = 256 * 1024  # bytes of a request's body
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class InboundMessages:
    """The handler. ``anonymous_from_loopback`` lets the demo and the playground work without Entra: activities without
    any Authorization header, from this machine, then count as sent to ``anonymous_app_id``."""

    def __init__(
        self,
        *,
        identities: BotIdentities,
        keys: SigningKeys,
        events: TeamsEvents,
        seen: SeenActivities,
        outbox: Outbox,
        allow_loopback: bool = False,
        anonymous_from_loopback: bool = False,
        anonymous_app_id: str | None = None,
    ) -> None:
        if anonymous_from_loopback and not anonymous_app_id:
            raise ValueError("anonymous_app_id: anonymous activities need the app id of the bot they count for")
        self._identities = identities
        self._keys = keys
        self._adapters = BotAdapters(keys)
        self._dispatch = TeamsDispatch(events=events, seen=seen, outbox=outbox)
        self._service_urls = ServiceUrls(allow_loopback=allow_loopback)
        self._anonymous_app_id = anonymous_app_id if anonymous_from_loopback else None
        self._refusals = Refusals("messages", log)

    def add_routes(self, app: web.Application) -> None:
        """Put the handler at :data:`PATH`, for every method: it says itself what it does not take."""
        app.router.add_route("*", PATH, self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        if request.method != hdrs.METH_POST:
            return web.Response(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={hdrs.ALLOW: hdrs.METH_POST})
        if request.content_type != "application/json":
            return web.Response(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            return await self._checked(request)
        except web.HTTPException:  # of read_body: what the sender did wrong
            raise
        except Exception as error:
            log.error("handling a Teams activity failed: %s at %s", type(error).__name__, _place(error))  # noqa: TRY400
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _checked(self, request: web.Request) -> web.Response:
        header = request.headers.get(hdrs.AUTHORIZATION)
        try:
            app_id = await self._addressed(request, header)
            body = _parse(await read_body(request, SIZE_LIMIT))
            if body is None:
                return web.Response(status=HTTPStatus.BAD_REQUEST)
            proof = await self._authenticate(app_id, header, body)
        except BadProof as problem:
            self._refusals.note("an activity was refused", str(problem), level=logging.INFO)
            return web.Response(status=HTTPStatus.UNAUTHORIZED, headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
        except (Transient, Unsealable) as problem:
            self._refusals.note("nobody can be checked", str(problem), level=logging.ERROR)
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        if not self._service_urls.allows(body.get("serviceUrl")):
            log.warning("an activity names a service URL that is not on the allow-list")
            return web.Response(status=HTTPStatus.FORBIDDEN)
        try:
            activity = read_activity(body)
        except (ValueError, TypeError, AttributeError):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        result = await self._adapters.find(app_id).process_activity(proof, activity, self._dispatch.on_turn)
        if result is None:
            return web.Response(status=HTTPStatus.OK)
        if result.body is None:
            return web.Response(status=int(result.status))
        return web.json_response(result.body, status=int(result.status))

    async def _addressed(self, request: web.Request, header: str | None) -> str:
        """The bot that is addressed, by the headers alone. Raises for whoever proves nothing."""
        if header is None:
            if self._anonymous_app_id is None:
                raise BadProof("no token")
            if not _from_this_machine(request):
                raise BadProof("no token, and not from this machine")
            return self._anonymous_app_id
        if len(request.headers.getall(hdrs.AUTHORIZATION)) > 1:  # which of them counts, a proxy may see otherwise
            raise BadProof("more than one token")
        app_id = await read_audience(header, self._keys)
        identity = await self._identities.find(app_id)
        # As we write it: each spelling of an id would else get an adapter of its own.
        if identity is None or identity.app_id != app_id:
            raise BadProof("not for a bot of ours")
        return app_id

    async def _authenticate(self, app_id: str, header: str | None, body: dict[str, Any]) -> AuthenticateRequestResult:
        """The proof, with what the activity says of itself. Raises BadProof."""
        if header is None:
            if body.get("channelId") != CHANNEL or not _leads_to_loopback(body.get("serviceUrl")):
                raise BadProof("no token, and a service URL or channel of elsewhere")
            return anonymous(app_id)
        envelope = Activity(channel_id=body.get("channelId"), service_url=body.get("serviceUrl"))
        adapter = self._adapters.find(app_id)
        return await adapter.bot_framework_authentication.authenticate_request(envelope, header)


def _parse(raw: bytes) -> dict[str, Any] | None:
    """The activity as JSON; None when it is none: no JSON, no object, without a type, or with characters that no
    database keeps and no sender means (NUL, lone surrogates)."""
    try:
        body = json.loads(raw)
        written = json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or not isinstance(body.get("type"), str) or not body["type"]:
        return None
    return None if _NUL.search(written) else body


def _from_this_machine(request: web.Request) -> bool:
    """Whether the peer is this machine, spoken to as such and not through a proxy that runs on it."""
    address = _peer(request)
    if address is None or not is_loopback(address):
        return False
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via")):
        return False
    try:
        return is_loopback(request.url.host)
    except ValueError:  # a Host header that is none
        return False


def _leads_to_loopback(url: object) -> bool:
    try:
        return is_loopback(urlsplit(str(url)).hostname)
    except ValueError:
        return False


def _peer(request: web.Request) -> str | None:
    """The peer's address; None for a socket that has none (a file)."""
    name = request.transport.get_extra_info("peername") if request.transport else None
    return str(name[0]) if isinstance(name, tuple) and name else None


def _place(error: Exception) -> str:
    """File and line of the innermost frame: enough to find the mistake, nothing of what it was about."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
