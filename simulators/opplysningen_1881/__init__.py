"""A strict twin of Opplysningen 1881's lookup by number, and a page to look at for each listing.

The service stands behind Azure API Management: the key travels in ``Ocp-Apim-Subscription-Key``, and refusals have
that product's shape (``statusCode`` and ``message``; https://learn.microsoft.com/azure/api-management/). Names of the
answer's fields come from the vendor's own client, https://github.com/opp1881/cli-1881. simulators/README.md says what
is not proven.
"""

from __future__ import annotations

import hmac
import math
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from aiohttp import web

from simulators.control import beside
from simulators.opplysningen_1881.page import render_listing
from simulators.opplysningen_1881.settings import DirectorySettings, ListingSettings, show_listing
from simulators.world import read_section

PREFIX = "/simulators/1881"
KEY_HEADER = "Ocp-Apim-Subscription-Key"


class Directory:
    """The directory and its keys' quotas. ``clock`` may be replaced, so that tests need not wait."""

    def __init__(self, settings: DirectorySettings, base_url: str | None) -> None:
        self.settings = settings
        self.base_url = base_url
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._taken: dict[str, deque[datetime]] = {key: deque() for key in settings.keys}

    def find(self, digits: str) -> list[ListingSettings]:
        return [listing for listing in self.settings.contacts if digits in listing.phones]

    def find_id(self, listing_id: str) -> ListingSettings | None:
        return next((listing for listing in self.settings.contacts if listing.id == listing_id), None)

    def identify(self, given: str | None) -> str | None:
        """The subscription key, if it is one of ours."""
        return next((key for key in self._taken if given and hmac.compare_digest(given.encode(), key.encode())), None)

    def take(self, key: str) -> int:
        """Count one call; returns 0, or the seconds to wait when the quota is spent."""
        if self.settings.calls is None:
            return 0
        taken, now = self._taken[key], self.clock()
        while taken and (now - taken[0]).total_seconds() >= self.settings.renewal_period:
            taken.popleft()
        if len(taken) >= self.settings.calls:
            return max(1, math.ceil(self.settings.renewal_period - (now - taken[0]).total_seconds()))
        taken.append(now)
        return 0

    def info_url(self, request: web.Request, listing: ListingSettings) -> str:
        origin = (self.base_url or str(request.url.origin())).rstrip("/")
        return f"{origin}{PREFIX}/person/{listing.id}"


DIRECTORY = web.AppKey("simulators.opplysningen_1881", Directory)


def add_routes(app: web.Application, world: Mapping[str, object], *, bot_url: str, base_url: str | None) -> None:
    """Mount the directory of ``world["directory_1881"]`` under ``/simulators/1881``; it never calls the bot."""
    del bot_url
    app[DIRECTORY] = Directory(read_section(world, "directory_1881", DirectorySettings), base_url)
    app.router.add_get(PREFIX + "/person/{id}", _show_page)
    app.router.add_get(PREFIX + "/lookup/phonenumber/{digits}", _look_up_number, allow_head=False)
    app.router.add_get(PREFIX + "/lookup/id/{id}", _look_up_id, allow_head=False)
    app.router.add_route("*", PREFIX + "/{tail:.*}", _answer_unknown)


async def _look_up_number(request: web.Request) -> web.Response:
    refusal = _refuse(request)
    if refusal is not None:
        return refusal
    digits = request.match_info["digits"]
    if not (len(digits) == 8 and digits.isascii() and digits.isdigit()):
        return _error(400, "The number must have 8 digits.")
    return _answer(request, request.config_dict[DIRECTORY].find(digits))


async def _look_up_id(request: web.Request) -> web.Response:
    refusal = _refuse(request)
    if refusal is not None:
        return refusal
    listing = request.config_dict[DIRECTORY].find_id(request.match_info["id"])
    return _answer(request, [listing] if listing else [])


async def _answer_unknown(request: web.Request) -> web.Response:
    """API Management knows operations by method and address together: a wrong method is not found either."""
    del request
    return _error(404, "Resource not found")


@beside
async def _show_page(request: web.Request) -> web.Response:
    listing = request.config_dict[DIRECTORY].find_id(request.match_info["id"])
    if listing is None:
        raise web.HTTPNotFound(text="Ingen oppføring med denne adressen.")
    return web.Response(text=render_listing(listing), content_type="text/html")


def _refuse(request: web.Request) -> web.Response | None:
    directory = request.config_dict[DIRECTORY]
    given = request.headers.get(KEY_HEADER)
    key = directory.identify(given)
    if key is None:
        message = (
            "Access denied due to invalid subscription key. "
            "Make sure to provide a valid key for an active subscription."
            if given
            else "Access denied due to missing subscription key. "
            "Make sure to include subscription key when making requests to an API."
        )
        refusal = _error(401, message)
        realm = f"{request.url.origin()}{PREFIX}"
        refusal.headers["WWW-Authenticate"] = f'AzureApiManagementKey realm="{realm}",name="{KEY_HEADER}",type="header"'
        return refusal
    wait = directory.take(key)
    if wait:
        refusal = _error(429, f"Rate limit is exceeded. Try again in {wait} seconds.")
        refusal.headers["Retry-After"] = str(wait)
        return refusal
    return None


def _answer(request: web.Request, listings: list[ListingSettings]) -> web.Response:
    directory = request.config_dict[DIRECTORY]
    if listings:
        contacts = [show_listing(listing, directory.info_url(request, listing)) for listing in listings]
        return web.json_response({"count": len(contacts), "contacts": contacts})
    match directory.settings.no_hit:
        case "404":
            return _error(404, "Resource not found")
        case "null":
            return web.json_response({"count": 0, "contacts": None})
        case "empty":
            return web.json_response({"count": 0, "contacts": []})
        case _:
            return web.Response(status=200)


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
