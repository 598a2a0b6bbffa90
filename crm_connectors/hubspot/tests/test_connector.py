from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import simulators
from calls.errors import Gone, NeedsSignIn, Refused, Throttled, Unknown
from calls.model import Connection, Details, EvidenceField, JournalEntry, MatchKind, RecordRef
from calls.numbers import Number, parse_number
from calls.ports import Bucket, Connector, Shortage, Tools
from crm_connectors import CONNECTORS
from crm_connectors.testing.bad_line import BadLine, Fault, serve_application
from crm_connectors.testing.doubles import MemoryCredentials, MemoryLimiter, open_tools

HUBSPOT = CONNECTORS["hubspot"]
PREFIX = "/simulators/hubspot"
Connect = Callable[[str], Connection]
ReadCalls = Callable[[str], Awaitable[list[Mapping[str, object]]]]


class Account:
    """The simulated account, the line to it and our side's tools."""

    def __init__(self, line: BadLine, tools: Tools, target: str) -> None:
        self.line = line
        self.tools = tools
        self.target = f"{target}{PREFIX}"
        self.now = datetime(2026, 7, 1, 12, tzinfo=UTC)

    def open(self, connect: Connect, *, tools: Tools | None = None, **settings: object) -> Connector:
        connection = connect(f"{self.line.url}{PREFIX}")
        connection = replace(connection, settings={**connection.settings, **settings})
        HUBSPOT.check_settings(connection)
        return HUBSPOT.connect(connection, tools or self.tools)

    def count(self, path: str) -> int:
        return sum(path in str(ask) for ask in self.line.asked)


@pytest.fixture
async def account(world: dict[str, object]) -> AsyncIterator[Account]:
    async with AsyncExitStack() as stack:
        application = simulators.create_app(world, bot_url="http://127.0.0.1:1")
        target = await stack.enter_async_context(serve_application(application))
        line = await stack.enter_async_context(BadLine(target).serve())
        yield Account(line, await stack.enter_async_context(open_tools()), target)


def number(dialled: str) -> Number:
    parsed = parse_number(dialled)
    assert parsed is not None
    return parsed


def later(seconds: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + seconds


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


async def test_the_journal_ties_the_call_to_contact_and_owner(
    account: Account, key_connection: Connect, entry: JournalEntry, read_calls: ReadCalls
) -> None:
    ref = await account.open(key_connection).journal(entry, key="tenant-1/call-1")
    assert ref.type == "0-48"
    (call,) = await read_calls(account.target)
    assert call["id"] == ref.id
    properties = call["properties"]
    assert isinstance(properties, dict)
    assert properties["smartcall_call_key"] == "tenant-1/call-1"
    assert properties["hubspot_owner_id"] == "501"
    assert properties["hs_call_duration"] == "61000"
    assert "101" in str(call["associations"])


async def test_the_journal_ties_the_call_to_a_company(
    account: Account, key_connection: Connect, entry: JournalEntry, read_calls: ReadCalls
) -> None:
    company = replace(
        entry,
        record=RecordRef(type="0-2", id="201"),
        record_kind=MatchKind.COMPANY,
        employee_email="nobody@fjordvik.example",
    )
    await account.open(key_connection).journal(company, key="k")
    (call,) = await read_calls(account.target)
    assert "201" in str(call["associations"])
    properties = call["properties"]
    assert isinstance(properties, dict)
    assert properties.get("hubspot_owner_id") is None


async def test_the_key_property_is_made_once(account: Account, key_connection: Connect, entry: JournalEntry) -> None:
    for key in ("a", "b"):
        await account.open(key_connection).journal(entry, key=key)
    assert (
        sum(ask.method == "POST" and ask.path.endswith("/properties/2026-03/calls") for ask in account.line.asked) == 1
    )


async def test_a_refusal_that_has_another_cause_is_told(
    account: Account, key_connection: Connect, entry: JournalEntry
) -> None:
    connector = account.open(key_connection)
    await connector.journal(entry, key="a")
    account.line.faults = [Fault(only="/upsert", status=400, body=b'{"category": "VALIDATION_ERROR"}')]
    with pytest.raises(Refused) as caught:
        await connector.journal(entry, key="b")
    assert caught.value.code == "VALIDATION_ERROR"


@pytest.mark.parametrize("kind", [MatchKind.PERSON, MatchKind.COMPANY])
async def test_without_the_right_to_make_a_property_the_call_is_found_by_its_association(
    account: Account,
    key_connection: Connect,
    entry: JournalEntry,
    read_calls: ReadCalls,
    kind: MatchKind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The simulator leaves out hs_call_external_id, so a property of the same kind stands for it.
    await make_property(account, "spare_key")
    monkeypatch.setattr("crm_connectors.hubspot.journal.SPARE_KEY_PROPERTY", "spare_key")
    no_right = Fault(only=r"POST .*/properties/", status=403, body=b'{"category": "MISSING_SCOPES"}')
    if kind is MatchKind.COMPANY:
        entry = replace(entry, record=RecordRef(type="0-2", id="201"), record_kind=kind)
    account.line.faults = [no_right]
    first = await account.open(key_connection).journal(entry, key="a")
    again = await account.open(key_connection).journal(replace(entry, title="Endret"), key="a")
    other = await account.open(key_connection).journal(entry, key="b")
    assert first == again != other
    lost = Fault(only=r"POST .*/calls/?$", after=True, drop=True, times=1)
    account.line.faults = [no_right, lost]
    with pytest.raises(Unknown):
        await account.open(key_connection).journal(entry, key="c")
    await account.open(key_connection).journal(entry, key="c")
    calls = await read_calls(account.target)
    assert len(calls) == 3
    titles = {str(call["id"]): as_title(call) for call in calls}
    assert titles[first.id] == "Endret"


async def make_property(account: Account, name: str) -> None:
    body = {"name": name, "label": name, "groupName": "call", "type": "string", "fieldType": "text"}
    async with account.tools.http.post(
        f"{account.target}/crm/properties/2026-03/calls",
        json=body,
        headers={"Authorization": "Bearer pat-eu1-11111111-2222-3333-4444-555555555555"},
    ) as answer:
        assert answer.status == 201, await answer.text()


def as_title(call: Mapping[str, object]) -> object:
    properties = call["properties"]
    assert isinstance(properties, dict)
    return properties["hs_call_title"]


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
