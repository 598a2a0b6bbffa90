"""The token endpoint, which has no bearer check, and helpers for tests and demos that HubSpot does not have.

Helpers begin with an underscore and say so in their answers: ``GET _records``, ``POST _expire`` (every access token
ends now), ``POST _uninstall`` and ``POST _install`` (the customer removes the app, and takes it back).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulators.control import beside
from simulators.hubspot.account import ACCOUNT, PREFIX, Account
from simulators.hubspot.errors import ApiError, json_answer
from simulators.hubspot.kinds import KINDS
from simulators.hubspot.properties import show_time
from simulators.hubspot.store import Record

_NOTE = "A helper of the simulator. HubSpot has no such endpoint."


def add_routes(app: web.Application) -> None:
    app.router.add_route("*", PREFIX + "/oauth/2026-03/token", _grant_token)
    app.router.add_get(PREFIX + "/_records", _show_records)
    app.router.add_post(PREFIX + "/_expire", _helper(lambda account: account.tokens.expire()))
    app.router.add_post(PREFIX + "/_uninstall", _helper(lambda account: account.tokens.uninstall()))
    app.router.add_post(PREFIX + "/_install", _helper(lambda account: account.tokens.install()))


async def _grant_token(request: web.Request) -> web.Response:
    if request.method != "POST":
        return ApiError(405, "HTTP 405 Method Not Allowed").answer()
    if request.content_type != "application/x-www-form-urlencoded":
        return ApiError(415, "HTTP 415 Unsupported Media Type").answer()
    form = await request.post()
    try:
        return json_answer(request.config_dict[ACCOUNT].tokens.grant(form))
    except ApiError as error:
        return error.answer()


@beside
async def _show_records(request: web.Request) -> web.Response:
    """Contacts, companies and calls as they are now, whatever search knows of them; oldest first."""
    account: Account = request.config_dict[ACCOUNT]
    shown: dict[str, Any] = {"note": _NOTE}
    for kind in ("contacts", "companies", "calls"):
        shown[kind] = [_show(record) for record in account.store.records(KINDS[kind])]
    return web.json_response(shown)


def _show(record: Record) -> dict[str, Any]:
    associated: dict[str, list[str]] = {}
    for kind, object_id in record.associations:
        associated.setdefault(kind, []).append(object_id)
    return {
        "id": record.id,
        "properties": record.now.values,
        "associations": associated,
        "createdAt": show_time(record.created_at),
    }


def _helper(act: Callable[[Account], None]) -> Callable[[web.Request], Awaitable[web.Response]]:
    @beside
    async def handle(request: web.Request) -> web.Response:
        act(request.config_dict[ACCOUNT])
        return web.json_response({"note": _NOTE})

    return handle
