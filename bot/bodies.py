"""Reading what a stranger sends: bounded in size and in time, and never unpacked."""

from __future__ import annotations

import asyncio

from aiohttp import hdrs, web

BODY_SECONDS = 10.0  # for the whole body; the largest we take is sent in one by a modem of the nineties
_IDENTITY = frozenset({"", "identity"})


async def read_body(request: web.Request, limit: int) -> bytes:
    """At most ``limit`` bytes.

    Raises aiohttp's own answers: 413 for more (announced or not), 408 for a sender who takes too long, 415 for a
    compressed body (no sender of ours has one, and a few kilobytes can unpack to gigabytes), 400 for one that breaks
    off.
    """
    if request.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower() not in _IDENTITY:
        # https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.16: says which one is taken instead
        raise web.HTTPUnsupportedMediaType(headers={hdrs.ACCEPT_ENCODING: "identity"})
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise _closing(web.HTTPRequestTimeout()) from None
    except (web.RequestPayloadError, ConnectionError):
        raise _closing(web.HTTPBadRequest(text="the body breaks off")) from None
    return bytes(body)


def _too_large(limit: int) -> web.HTTPException:
    text = f"the body is larger than {limit // 1024} KB"
    return _closing(web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=limit + 1, text=text))


def _closing(answer: web.HTTPException) -> web.HTTPException:
    """The rest of the body is not wanted: the connection ends with this answer."""
    answer.force_close()
    return answer
