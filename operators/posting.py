"""Posting JSON to an operator, so that afterwards it is known whether the request can have left.

Messages are made of a purpose and a status or reason: never an address, a body, a number, a name or a secret.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from calls.errors import Transient, Unknown

MOST_BYTES = 100_000  # of an answer
_LONGEST_PAUSE = 3_600.0  # seconds that a Retry-After may ask for


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: Mapping[str, Any] | None = field(repr=False)  # the JSON object; None: it is none
    retry_after: float | None = None  # seconds


class _WatchedBody(aiohttp.BytesPayload):
    """A body that remembers whether it began to leave: before that, nothing can have happened outside."""

    sent = False

    async def write_with_length(self, writer: aiohttp.abc.AbstractStreamWriter, content_length: int | None) -> None:
        self.sent = True
        await super().write_with_length(writer, content_length)


async def post_json(
    http: aiohttp.ClientSession,
    url: str,
    body: Mapping[str, object],
    *,
    purpose: str,
    deadline: float,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Post once; ``deadline`` is a time of the running loop. Redirects are not followed: they would take secrets along.

    Raises ``Transient`` when nothing can have left, ``Unknown`` when the answer is lost.
    """
    payload = _WatchedBody(json.dumps(body).encode(), content_type="application/json")
    try:
        async with (
            asyncio.timeout_at(deadline),
            http.post(
                url,
                data=payload,
                # A kept connection that the other side has just closed would look like a request whose answer was lost.
                headers={**(headers or {}), "Connection": "close"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),  # the deadline rules, not the session's default
            ) as response,
        ):
            content = await _read(response)
            pause = _seconds(response.headers.get("Retry-After"))
            return Answer(status=response.status, body=_parse(content), retry_after=pause)
    except TimeoutError:
        reason = "no answer in time"
    except aiohttp.ClientConnectorError:
        raise Transient(f"{purpose}: no connection") from None
    except (aiohttp.ClientError, ConnectionError, ValueError) as error:
        reason = type(error).__name__
    raise (Unknown if payload.sent else Transient)(f"{purpose}: {reason}")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = b""
    async for part in response.content.iter_chunked(65_536):
        content += part
        if len(content) > MOST_BYTES:
            response.close()
            raise ValueError
    return content


def _parse(content: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _seconds(value: str | None) -> float | None:
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 9:
        return None
    return min(float(value), _LONGEST_PAUSE)
