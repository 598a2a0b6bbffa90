from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from calls.errors import Gone, NeedsSignIn, Throttled
from calls.model import Connection, Details, EvidenceField, MatchKind
from calls.ports import Bucket, Shortage
from crm_connectors.hubspot.tests.account import HUBSPOT, PREFIX, Account, Connect, later, number
from crm_connectors.testing.bad_line import Fault
from crm_connectors.testing.doubles import MemoryCredentials, MemoryLimiter


class FullLimiter:
    """A limiter whose next token is far away."""

    async def take(self, tenant_id: object, *buckets: Bucket) -> Shortage:
        (bucket,) = buckets
        assert (bucket.scope, bucket.rate + bucket.burst) == ("hubspot:search", 5.0)
        return Shortage(scope=bucket.scope, seconds=3.0)


async def test_one_search_answers_for_a_contact(account: Account, key_connection: Connect) -> None:
    found = await account.open(key_connection).find(number("22334455"), deadline=later())
    assert found.complete
    assert [(match.name, match.evidence) for match in found.matches] == [("Nora Lie", EvidenceField.PHONE)]
    assert [str(ask) for ask in account.line.asked] == [f"POST {PREFIX}/crm/objects/2026-03/contacts/search"]


async def test_companies_are_searched_only_when_no_contact_owns_the_number(
    account: Account, key_connection: Connect
) -> None:
    found = await account.open(key_connection).find(number("22334400"), deadline=later())
    assert [(match.name, match.kind) for match in found.matches] == [("Havnelageret AS", MatchKind.COMPANY)]
    assert account.count("/search") == 2


async def test_details_know_company_owner_and_title(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection)
    contact = (await connector.find(number("22334455"), deadline=later())).matches[0]
    known = Details(title="Innkjøpssjef", company="Havnelageret AS", owner="Kari Hansen")
    assert await connector.details(contact, deadline=later()) == known
    company = (await connector.find(number("22334400"), deadline=later())).matches[0]
    assert await connector.details(company, deadline=later()) == Details(owner="Kari Hansen")
    assert account.count("/crm/owners/") == 1, "an owner's name is remembered"


async def test_details_give_what_there_is_when_a_part_fails(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection)
    contact = (await connector.find(number("22334455"), deadline=later())).matches[0]
    account.line.faults = [Fault(only="/crm/owners/", status=403), Fault(only="/companies/", status=500)]
    details = await connector.details(contact, deadline=later())
    assert (details.title, details.owner) == ("Innkjøpssjef", None)


async def test_a_token_is_fetched_once_and_again_when_it_is_refused(
    account: Account, oauth_connection: Connect
) -> None:
    connector = account.open(oauth_connection)
    for _ in range(2):
        await connector.check()
    assert account.count("/oauth/") == 1
    account.line.faults = [Fault(only="/account-info/", status=401, times=1)]
    await connector.check()
    assert account.count("/oauth/") == 2
    assert account.count("/account-info/") == 4
    form = next(ask.body.decode() for ask in account.line.asked if "/oauth/" in ask.path)
    assert "grant_type=refresh_token" in form
    assert "client_id=test-client" in form


async def test_a_token_is_renewed_before_it_ends(account: Account, oauth_connection: Connect) -> None:
    clock = account.now
    credentials = MemoryCredentials(lambda: clock)
    tools = replace(account.tools, credentials=credentials, now=lambda: clock)
    connector = account.open(oauth_connection, tools=tools)
    await connector.check()
    (token,) = credentials.tokens.values()
    assert timedelta(minutes=28) <= token.expires_at - clock < timedelta(minutes=30)
    assert token.refresh
    clock = token.expires_at
    await connector.check()
    assert credentials.refreshed == 2


async def test_a_stored_refresh_token_that_died_gives_way_to_the_configured_one(
    account: Account, oauth_connection: Connect
) -> None:
    connector = account.open(oauth_connection)
    await connector.check()
    credentials = account.tools.credentials
    assert isinstance(credentials, MemoryCredentials)
    for key, token in credentials.tokens.items():
        credentials.tokens[key] = replace(token, refresh="dead", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    await connector.check()
    assert account.count("/oauth/") == 3


@pytest.mark.parametrize("name", ["client_secret", "refresh_token"])
async def test_wrong_oauth_secrets_need_the_administrator(
    account: Account, oauth_connection: Connect, name: str
) -> None:
    def connect(base_url: str) -> Connection:
        connection = oauth_connection(base_url)
        return replace(connection, secrets={**connection.secrets, name: ("wrong-secret",)})

    with pytest.raises(NeedsSignIn) as caught:
        await account.open(connect).check()
    assert "wrong-secret" not in str(caught.value)


async def test_the_older_of_two_service_keys_still_works(account: Account, key_connection: Connect) -> None:
    def connect(base_url: str) -> Connection:
        connection = key_connection(base_url)
        return replace(connection, secrets={"service_key": ("pat-eu1-not-yet", *connection.secrets["service_key"])})

    await account.open(connect).check()
    assert account.count("/account-info/") == 2


async def test_our_own_limit_waits_within_the_deadline_and_gives_up_beyond_it(
    account: Account, key_connection: Connect
) -> None:
    connector = account.open(key_connection)
    found = await asyncio.gather(*(connector.find(number("22334455"), deadline=later()) for _ in range(4)))
    assert all(len(each.matches) == 1 for each in found)
    limiter = account.tools.limiter
    assert isinstance(limiter, MemoryLimiter)
    assert list(limiter.taken.values()) == [4]
    full = account.open(key_connection, tools=replace(account.tools, limiter=FullLimiter()))
    account.line.asked.clear()
    with pytest.raises(Throttled) as caught:
        await full.find(number("22334455"), deadline=later(1.0))
    assert caught.value.retry_after == 3.0
    assert account.line.asked == []


async def test_hubspots_own_limit_is_tried_once_more(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection)
    account.line.faults = [Fault(only="/search", status=429, times=1)]
    assert len((await connector.find(number("22334455"), deadline=later())).matches) == 1
    assert account.count("/search") == 2
    account.line.faults = [Fault(only="/search", status=429)]
    with pytest.raises(Throttled):
        await connector.find(number("22334455"), deadline=later())
    assert account.count("/search") == 4
    hurried = account.open(key_connection, tools=replace(account.tools, limiter=MemoryLimiter()))
    with pytest.raises(Throttled):
        await hurried.find(number("22334455"), deadline=later(0.2))
    assert account.count("/search") == 5, "there was no time to try again"


async def test_extra_phone_properties_are_searched_before_companies(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection, phone_properties=["city"])
    await connector.find(number("22334400"), deadline=later())
    assert [ask.path.split("/")[-2] for ask in account.line.asked] == ["contacts", "contacts", "companies"]
    assert b'"city"' in account.line.asked[1].body
    assert b"22 33 44 00" in account.line.asked[1].body


async def test_an_extra_property_that_is_gone_hides_nothing(account: Account, key_connection: Connect) -> None:
    connector = account.open(key_connection, phone_properties=["no_such_property"])
    found = await connector.find(number("22334400"), deadline=later())
    assert [match.name for match in found.matches] == ["Havnelageret AS"]
    assert not found.complete


async def test_another_version_is_a_setting(account: Account, key_connection: Connect) -> None:
    with pytest.raises(Gone):
        await account.open(key_connection, version="2031-09").check()
    assert account.line.asked[-1].path == f"{PREFIX}/account-info/2031-09/details"


@pytest.mark.parametrize(
    ("settings", "secrets", "named"),
    [
        ({"base_url": "http://hubspot.example"}, {}, "base_url"),
        ({"version": "v3"}, {}, "version"),
        ({"phone_properties": "mobile"}, {}, "phone_properties"),
        ({"phone_properties": ["Bad Name"]}, {}, "phone_properties"),
        ({"phone_properties": ["a", "b", "c", "d", "e", "f"]}, {}, "phone_properties"),
        ({"dispositions": "no"}, {}, "dispositions"),
        ({"portal": 7}, {}, "portal"),
        ({}, {"service_key": ()}, "client_id"),
        ({"client_id": "x"}, {"service_key": ()}, "client_secret"),
        ({"client_id": "x"}, {"service_key": (), "client_secret": ("s",)}, "refresh_token"),
        ({}, {"api_key": ("x",)}, "api_key"),
    ],
)
def test_wrong_settings_are_named(
    key_connection: Connect, settings: dict[str, object], secrets: dict[str, tuple[str, ...]], named: str
) -> None:
    connection = key_connection("https://api.hubapi.com")
    connection = replace(
        connection,
        settings={**connection.settings, **settings},
        secrets={**connection.secrets, **secrets},
    )
    with pytest.raises(ValueError, match=rf"^{named}: "):
        HUBSPOT.check_settings(connection)
