"""Web pages of elsewhere, open in a browser on the demo's machine: they may not play with its telephones."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.teams.service_urls import is_loopback


@web.middleware
async def refuse_strangers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A browser sends the page's origin along with whatever a page changes
    (https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Origin); programs send none."""
    if any(not _is_ours(origin, request.host) for origin in request.headers.getall(hdrs.ORIGIN, ())):
        return web.Response(status=403, text="only the demo's own page may do this")
    return await handler(request)


def _is_ours(origin: str, host: str) -> bool:
    """The same page, perhaps through a port that is forwarded, or another of this machine (a development server)."""
    try:
        place = urlsplit(origin)
        return place.netloc == host or is_loopback(place.hostname)
    except ValueError:
        return False
