"""Owners, and what the account says of itself."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from simulators.hubspot.account import PREFIX
from simulators.hubspot.bodies import read_limit
from simulators.hubspot.errors import invalid, json_answer, unknown_path
from simulators.hubspot.gate import Call, Endpoint
from simulators.hubspot.properties import show_time
from simulators.hubspot.settings import OwnerSettings
from simulators.hubspot.store import LONG_AGO

_OWNERS = "/crm/owners/2026-03"


def list_owners(call: Call) -> web.Response:
    limit = read_limit(call.query("limit"), default=100, most=500)
    email = call.query("email")
    owners = list(call.account.owners.values())
    if email is not None:
        owners = [owner for owner in owners if owner.email.lower() == email.lower()]
    after = call.query("after")
    start = next((index for index, owner in enumerate(owners) if owner.id == after), 0)
    page = owners[start : start + limit]
    body: dict[str, Any] = {"results": [_show_owner(call, owner) for owner in page]}
    if start + limit < len(owners):
        cursor = owners[start + limit].id
        body["paging"] = {"next": {"after": cursor, "link": f"{_OWNERS}?limit={limit}&after={cursor}"}}
    return json_answer(body)


def read_owner(call: Call) -> web.Response:
    wanted = call.part("id")
    id_property = call.query("idProperty") or "id"
    if id_property not in ("id", "userId"):
        raise invalid(f"idProperty must be id or userId, and was {id_property}.")
    for owner in call.account.owners.values():
        if wanted == (owner.id if id_property == "id" else str(_user_id(call, owner))):
            return json_answer(_show_owner(call, owner))
    raise unknown_path()


def show_account(call: Call) -> web.Response:
    """``uiDomain`` of an account without one is this simulator, so that addresses built from it stay here."""
    settings = call.account.settings
    own = call.account.origin(call.request).split("://", 1)[-1] + PREFIX
    return json_answer(
        {
            "portalId": settings.portal,
            "accountType": "STANDARD",
            "timeZone": "Europe/Oslo",
            "companyCurrency": "NOK",
            "additionalCurrencies": [],
            "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3_600_000,
            "uiDomain": settings.ui_domain or own,
            "dataHostingLocation": "eu1",
        }
    )


def _user_id(call: Call, owner: OwnerSettings) -> int:
    """A user's id is not the owner's; records want the latter."""
    return 9_000_001 + list(call.account.owners).index(owner.id)


def _show_owner(call: Call, owner: OwnerSettings) -> dict[str, Any]:
    user_id = _user_id(call, owner)
    return {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userId": user_id,
        "userIdIncludingInactive": user_id,
        "createdAt": show_time(LONG_AGO),
        "updatedAt": show_time(LONG_AGO),
        "archived": False,
    }


ENDPOINTS = (
    Endpoint(method="GET", path=_OWNERS, handle=list_owners, scope="crm.objects.owners.read"),
    Endpoint(method="GET", path=f"{_OWNERS}/{{id}}", handle=read_owner, scope="crm.objects.owners.read"),
    Endpoint(method="GET", path="/account-info/2026-03/details", handle=show_account, scope="oauth"),
)
