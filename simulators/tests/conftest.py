from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import simulators
from simulators.hubspot.account import ACCOUNT
from simulators.opplysningen_1881 import DIRECTORY

Client = TestClient[web.Request, web.Application]

WORLD: dict[str, Any] = {
    "hubspot": {
        "portal": 1234567,
        "search_lag": 3.0,
        "client_id": "client",
        "client_secret": "client-secret",
        "refresh_token": "refresh",
        "service_keys": ["pat-key"],
        "owners": [
            {"id": "501", "email": "kari.hansen@fjordvik.example", "first_name": "Kari", "last_name": "Hansen"},
            {"id": "502", "email": "ola.berg@fjordvik.example", "first_name": "Ola", "last_name": "Berg"},
        ],
        "companies": [
            {"id": "201", "name": "Havnelageret AS", "domain": "havnelageret.example", "phone": "+47 22 33 44 00"}
        ],
        "contacts": [
            {
                "id": "101",
                "firstname": "Nora",
                "lastname": "Lie",
                "email": "nora@havnelageret.example",
                "jobtitle": "Innkjøpssjef",
                "company": "201",
                "phone": "22 33 44 55",
                "mobilephone": "+47 912 34 567",
                "owner": "501",
            },
            {"id": "102", "firstname": "Per", "lastname": "Sørensen", "phone": "0047 90 12 34 56"},
        ],
    },
    "directory_1881": {
        "keys": ["primary", "secondary"],
        "contacts": [
            {
                "id": "100000001S0",
                "firstName": "Kari",
                "lastName": "Prøve",
                "phone": "90011223",
                "address": "Prøvegata 1 B, 0001 Oslo",
                "county": "Oslo",
                "region": "Østlandet",
            },
            {
                "id": "100000002S0",
                "type": "Company",
                "name": "Eksempel Rør AS",
                "organizationNumber": "999888777",
                "phone": "22000000",
                "more_phones": ["90011223"],
                "email": "post@eksempel.example",
                "latitude": 59.9,
                "longitude": 10.7,
            },
        ],
    },
}


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 11, 3, 13, 5, tzinfo=UTC)

    def read(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True)
class Answer:
    status: int
    headers: Any
    body: Any


class HubSpot:
    """A client that knows nothing of HubSpot but its address and a credential."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.token: str | None = "pat-key"

    async def call(self, method: str, path: str, json: Any = None, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        if json is not None:
            options["json"] = json
        async with self.client.request(method, "/simulators/hubspot" + path, headers=headers, **options) as response:
            body = await response.json() if response.content_type == "application/json" else await response.text()
            return Answer(response.status, response.headers, body)

    async def search(self, *filters: dict[str, Any], kind: str = "contacts", **fields: Any) -> Answer:
        body = {"filterGroups": [{"filters": list(filters)}] if filters else [], **fields}
        return await self.call("POST", f"/crm/objects/2026-03/{kind}/search", body)

    async def sign_in(self) -> str:
        """Become the OAuth app; returns the access token."""
        form = {
            "grant_type": "refresh_token",
            "client_id": "client",
            "client_secret": "client-secret",
            "refresh_token": "refresh",
        }
        self.token = None
        answer = await self.call("POST", "/oauth/2026-03/token", data=form)
        assert answer.status == 200
        self.token = answer.body["access_token"]
        return str(self.token)


@pytest.fixture
def world() -> dict[str, Any]:
    return copy.deepcopy(WORLD)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(world: dict[str, Any], clock: Clock) -> AsyncIterator[Client]:
    """The simulators of ``world``, with a clock that the test moves."""
    app = simulators.create_app(world, bot_url="http://127.0.0.1:1")
    app[ACCOUNT].clock = clock.read
    app[DIRECTORY].clock = clock.read
    async with TestClient(TestServer(app)) as running:
        yield running


@pytest.fixture
def hubspot(client: Client) -> HubSpot:
    return HubSpot(client)
