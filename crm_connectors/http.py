"""The one place where a connector's request leaves us and a foreign failure becomes one of ours.

A connector says what it wants (:class:`Request`) and gets decoded JSON (:class:`Answer`) or one of
:mod:`calls.errors`. Messages are made of the request's ``purpose`` and a status or reason code: never an address, a
body, a number, a name or a secret, because addresses and bodies hold all of those.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown

MAX_ANSWER_BYTES = 1_000_000  # of decoded text; a lookup's answer is a few KB, so more is a fault of the other side
_CHUNK_BYTES = 65_536
_LONGEST_PAUSE = 86_400.0  # seconds; what asks for more than a day is asked again after one
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")

# 408 and 425 ask to come back (RFC 9110, RFC 8470). HubSpot adds 423 (a burst on one object) and 477 (the account is
# being moved between data centres): https://developers.hubspot.com/docs/api-reference/error-handling
_COME_BACK = frozenset({408, 423, 425, 477})
# A gateway gave up waiting for the server behind it, which may have carried out the request.
_GATEWAY_GAVE_UP = frozenset({502, 504})


class Unauthorised(NeedsSignIn):
    """401: this token or key is not accepted. A connector with another one may try that before giving up."""


def _no_code(body: object) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request to an outside system."""

    purpose: str  # what for, in words that may be logged: "HubSpot contact search"
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: object = field(default=None, repr=False)  # sent as JSON when not None
    form: Mapping[str, str] | None = field(default=None, repr=False)  # sent as a form when not None
    writes: bool = False  # True: it changes something outside, so a lost answer is Unknown instead of Transient
    read_code: Callable[[object], str | None] = _no_code  # finds the vendor's word for a failure in an error body


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A 2xx answer."""

    status: int
    body: object = field(repr=False)  # decoded JSON; None for an empty body


class _WatchedBody(aiohttp.BytesPayload):
    """A body that remembers whether it began to leave: before that, nothing can have happened outside."""

    sent = False

    async def write_with_length(self, writer: aiohttp.abc.AbstractStreamWriter, content_length: int | None) -> None:
        self.sent = True
        await super().write_with_length(writer, content_length)


async def send(session: aiohttp.ClientSession, request: Request, *, deadline: float) -> Answer:
    """Send and decode. ``deadline`` is a time of the running loop.

    A read whose connection breaks is sent once more at once: a pooled connection that the other side had closed is
    the usual cause. A write never is. Redirects are not followed: they would carry the credentials elsewhere.
    Cancellation passes through.
    """
    try:
        return await _send_once(session, request, deadline)
    except _BrokenError:
        if request.writes:
            raise Unknown(f"{request.purpose}: connection lost") from None
    try:
        return await _send_once(session, request, deadline)
    except _BrokenError:
        raise Transient(f"{request.purpose}: connection lost") from None


class _BrokenError(Exception):
    """The connection broke after the request may have left."""


async def _send_once(session: aiohttp.ClientSession, request: Request, deadline: float) -> Answer:
    body, sent = _encode(request)
    try:
        async with (
            asyncio.timeout_at(deadline),
            session.request(
                request.method,
                URL(request.url).update_query(request.query),
                headers=request.headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),  # the deadline rules, not the session's default
            ) as response,
        ):
            content = await _read(response, request)
            if response.status >= 300:
                _refuse(response.status, response.headers, content, request)
            return Answer(status=response.status, body=_decode(content, request))
    except TimeoutError:
        _give_up(request, "no answer in time", sent=sent())
    except aiohttp.ClientConnectorError:
        raise Transient(f"{request.purpose}: no connection") from None
    except aiohttp.ClientPayloadError:
        _give_up(request, "answer broken off", sent=True)
    except (aiohttp.ClientConnectionError, ConnectionError):
        if not sent():
            raise Transient(f"{request.purpose}: no connection") from None
        raise _BrokenError from None
    except (aiohttp.ClientError, ValueError) as error:
        # An answer that is no HTTP, or a request that cannot be formed: the type says which, its text may say too much.
        _give_up(request, type(error).__name__, sent=sent())


def _encode(request: Request) -> tuple[_WatchedBody | None, Callable[[], bool]]:
    """The body, and whether it has begun to leave (always assumed of a request without one)."""
    if request.form is not None:
        text, kind = urlencode(request.form), "application/x-www-form-urlencoded"
    elif request.body is not None:
        text, kind = json.dumps(request.body, ensure_ascii=False), "application/json"
    else:
        return None, lambda: True
    body = _WatchedBody(text.encode("utf-8", "replace"), content_type=kind)
    return body, lambda: body.sent


def _give_up(request: Request, reason: str, *, sent: bool) -> NoReturn:
    kind = Unknown if request.writes and sent else Transient
    raise kind(f"{request.purpose}: {reason}") from None


async def _read(response: aiohttp.ClientResponse, request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(_CHUNK_BYTES):
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            response.close()
            _give_up(request, "answer too large", sent=True)
        parts.append(part)
    return b"".join(parts)


def _decode(content: bytes, request: Request) -> object:
    if not content.strip():
        return None
    body = _parse(content)
    if body is _UNREADABLE:
        _give_up(request, "answer is not JSON", sent=True)
    return body


_UNREADABLE = object()


def _parse(content: bytes) -> object:
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return _UNREADABLE


def _refuse(status: int, headers: CIMultiDictProxy[str], content: bytes, request: Request) -> NoReturn:
    raise _translate(status, headers, content, request)


def _translate(status: int, headers: CIMultiDictProxy[str], content: bytes, request: Request) -> OutsideError:
    code = _code(content, request) or f"http_{status}"
    message = f"{request.purpose}: {status} {code}"
    if status == 429:
        return Throttled(message, retry_after=read_retry_after(headers.get("Retry-After")), scope=code)
    if status == 401:
        return Unauthorised(message)
    if status == 403:
        return NeedsSignIn(message)
    if status in {404, 410}:
        return Gone(message, code=code)
    if request.writes and status in _GATEWAY_GAVE_UP:
        return Unknown(message)
    if status >= 500 or status in _COME_BACK:
        return Transient(message)
    return Refused(message, code=code)


def _code(content: bytes, request: Request) -> str | None:
    """The vendor's own word for the failure, if it is a word: anything else could hold a name or a number."""
    body = _parse(content)
    code = None if body is _UNREADABLE else request.read_code(body)
    return code if code is not None and _CODE.fullmatch(code) and not code.isdigit() else None


def read_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds from a Retry-After header: seconds or a date (RFC 9110, 10.2.3); None when it holds neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - (now or datetime.now(UTC))).total_seconds()
        except (ValueError, TypeError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST_PAUSE)
