"""The world of HubSpot's tests: one account with numbers stored in every way people type them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
import pytest

import simulators
from calls.model import Connection, Direction, JournalEntry, MatchKind, Outcome, RecordRef
from crm_connectors.hubspot.tests.account import Account
from crm_connectors.testing.bad_line import BadLine, serve_application
from crm_connectors.testing.doubles import open_tools

SERVICE_KEY = "pat-eu1-11111111-2222-3333-4444-555555555555"


@pytest.fixture
def world() -> dict[str, object]:
    """A search index that never catches up, so that nothing can lean on it after a write."""
    contacts = [
        {"id": "101", "firstname": "Nora", "lastname": "Lie", "jobtitle": "Innkjøpssjef", "company": "201"}
        | {"phone": "22 33 44 55", "mobilephone": "+47 912 34 567", "owner": "501"},
        {"id": "102", "firstname": "Ola", "lastname": "Nordbø", "phone": "0047 22-00-00-00"},
        {"id": "103", "firstname": "Åse", "lastname": "Dahl", "mobilephone": "93456789"},
        {"id": "104", "firstname": "Pål", "lastname": "Vik", "mobilephone": "(+47) 94 56 78 90"},
        {"id": "105", "firstname": "Eva", "lastname": "Svensson", "mobilephone": "+46 70 123 45 67"},
        {"id": "106", "firstname": "Jens", "lastname": "Møller", "phone": "+45 22 33 44 56"},
        {"id": "107", "firstname": "Tor", "lastname": "Bakken", "properties": {"associatedcompanyid": "202"}},
    ]
    return {
        "hubspot": {
            "portal": 1234567,
            "ui_domain": "",
            "search_lag": 3600.0,
            "client_id": "test-client",
            "client_secret": "test-client-secret",
            "refresh_token": "test-refresh-token",
            "access_token_seconds": 1800,
            "service_keys": [SERVICE_KEY],
            "owners": [
                {"id": "501", "email": "kari.hansen@fjordvik.example", "first_name": "Kari", "last_name": "Hansen"}
            ],
            "companies": [
                {"id": "201", "name": "Havnelageret AS", "domain": "havnelageret.example"}
                | {"phone": "+47 22 33 44 00", "owner": "501"},
                {"id": "202", "name": "Nordlys Hotell", "domain": "nordlys.example", "phone": "02800"},
            ],
            "contacts": contacts,
        }
    }


@pytest.fixture
def oauth_connection() -> Callable[[str], Connection]:
    return lambda base_url: Connection(
        tenant_id=UUID(int=1),
        connection_id=UUID(int=2),
        type="hubspot",
        name="HubSpot",
        settings={"base_url": base_url, "client_id": "test-client"},
        secrets={"client_secret": ("test-client-secret",), "refresh_token": ("test-refresh-token",)},
    )


@pytest.fixture
def key_connection() -> Callable[[str], Connection]:
    return lambda base_url: Connection(
        tenant_id=UUID(int=1),
        connection_id=UUID(int=2),
        type="hubspot",
        name="HubSpot",
        settings={"base_url": base_url},
        secrets={"service_key": (SERVICE_KEY,)},
    )


@pytest.fixture
def entry() -> JournalEntry:
    return JournalEntry(
        record=RecordRef(type="0-1", id="101"),
        record_kind=MatchKind.PERSON,
        direction=Direction.INBOUND,
        title="Anrop fra Nora Lie",
        body="Besvart av Kari Hansen\n<script>alert('x')</script> & mer",
        caller_number="+4722334455",
        called_number="+4790000001",
        started_at=datetime(2026, 7, 1, 12, 30, 15, 250_000, tzinfo=UTC),
        outcome=Outcome.COMPLETED,
        talk_seconds=61,
        employee_email="kari.hansen@fjordvik.example",
    )


@pytest.fixture
def read_calls() -> Callable[[str], object]:
    """Every call object of the account at an address, with the properties the journal sets."""

    async def read(base_url: str) -> list[Mapping[str, object]]:
        properties = "hs_call_title,hs_call_body,hs_call_status,hs_call_duration,hs_timestamp,hubspot_owner_id"
        properties += ",hs_call_direction,hs_call_from_number,hs_call_to_number,hs_call_disposition,smartcall_call_key"
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {SERVICE_KEY}"}) as session,
            session.get(
                f"{base_url}/crm/objects/2026-03/calls",
                params={"limit": "100", "properties": properties, "associations": "contacts,companies"},
            ) as answer,
        ):
            assert answer.status == 200, await answer.text()
            results: list[Mapping[str, object]] = (await answer.json())["results"]
            return results

    return read


@pytest.fixture
async def account(world: dict[str, object]) -> AsyncIterator[Account]:
    async with AsyncExitStack() as stack:
        application = simulators.create_app(world, bot_url="http://127.0.0.1:1")
        target = await stack.enter_async_context(serve_application(application))
        line = await stack.enter_async_context(BadLine(target).serve())
        yield Account(line, await stack.enter_async_context(open_tools()), target)
