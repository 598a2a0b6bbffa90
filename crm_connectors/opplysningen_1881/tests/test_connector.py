from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from uuid import UUID

import pytest

import simulators
from calls.errors import NeedsSignIn, Throttled, Transient
from calls.model import Connection, EvidenceField, MatchKind, SourceRole
from calls.numbers import Number, parse_number
from calls.ports import Connector, Tools
from crm_connectors import CONNECTORS
from crm_connectors.testing.bad_line import BadLine, Fault, serve_application
from crm_connectors.testing.doubles import MemoryQuotas, open_tools

DIRECTORY = CONNECTORS["opplysningen_1881"]
PREFIX = "/simulators/1881"
PROVIDER = UUID(int=99)
KEY = "11112222333344445555666677778888"
Connect = Callable[[str], Connection]


class Directory:
    """The simulated 1881, the line to it and our side's tools."""

    def __init__(self, line: BadLine, tools: Tools) -> None:
        self.line = line
        self.tools = tools

    def open(self, connect: Connect, **changes: object) -> Connector:
        connection = connect(f"{self.line.url}{PREFIX}")
        settings = {name: value for name, value in {**connection.settings, **changes}.items() if value is not None}
        connection = replace(connection, settings=settings)
        DIRECTORY.check_settings(connection)
        return DIRECTORY.connect(connection, self.tools)


@pytest.fixture
async def directory(world: dict[str, object]) -> AsyncIterator[Directory]:
    async with AsyncExitStack() as stack:
        application = simulators.create_app(world, bot_url="http://127.0.0.1:1")
        target = await stack.enter_async_context(serve_application(application))
        line = await stack.enter_async_context(BadLine(target).serve())
        yield Directory(line, await stack.enter_async_context(open_tools()))


def number(dialled: str) -> Number:
    parsed = parse_number(dialled)
    assert parsed is not None
    return parsed


def later(seconds: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_subscriber_becomes_a_match(directory: Directory, own_key: Connect) -> None:
    (match,) = (await directory.open(own_key).find(number("90011223"), deadline=later())).matches
    assert (match.name, match.kind, match.role) == ("Kari Prøve", MatchKind.PERSON, SourceRole.DIRECTORY)
    assert (match.place, match.source) == ("Oslo", "1881")
    assert match.evidence in {EvidenceField.MOBILE, EvidenceField.PHONE}
    (company,) = (await directory.open(own_key).find(number("22000000"), deadline=later())).matches
    assert (company.kind, company.place) == (MatchKind.COMPANY, "Bergen")


async def test_only_the_number_leaves(directory: Directory, own_key: Connect) -> None:
    await directory.open(own_key).find(number("90011223"), deadline=later())
    (ask,) = directory.line.asked
    assert (str(ask), ask.query, ask.body) == (f"GET {PREFIX}/lookup/phonenumber/90011223", {}, b"")
    assert ask.headers["user-agent"] == "SmartCall"
    assert set(ask.headers) <= {
        "host",
        "accept",
        "accept-encoding",
        "user-agent",
        "ocp-apim-subscription-key",
    }


async def test_a_tenants_share_of_the_providers_connection(directory: Directory, own_key: Connect) -> None:
    connector = directory.open(own_key, mode="provider", provider_connection_id=str(PROVIDER), per_day=2)
    await connector.find(number("+4670123456"), deadline=later())  # asks nothing and costs nothing
    for _ in range(2):
        assert (await connector.find(number("90011223"), deadline=later())).matches
    directory.line.asked.clear()
    with pytest.raises(Throttled) as caught:
        await connector.find(number("90011223"), deadline=later())
    assert caught.value.scope == "1881:quota"
    assert directory.line.asked == []
    quotas = directory.tools.quotas
    assert isinstance(quotas, MemoryQuotas)
    assert quotas.used == {(UUID(int=1), PROVIDER): 2}


async def test_an_own_key_has_no_share(directory: Directory, own_key: Connect) -> None:
    await directory.open(own_key).find(number("90011223"), deadline=later())
    quotas = directory.tools.quotas
    assert isinstance(quotas, MemoryQuotas)
    assert not quotas.used


@pytest.mark.parametrize("keys", [(), ("proxy-key",)])
async def test_a_proxy_gets_its_own_key_and_not_1881s(
    directory: Directory, own_key: Connect, keys: tuple[str, ...]
) -> None:
    def connect(base_url: str) -> Connection:
        return replace(own_key(base_url), secrets={"proxy_key": keys} if keys else {})

    directory.line.faults = [Fault(status=200, body=b'{"count": 0, "contacts": null}')]
    found = await directory.open(connect, mode="proxy").find(number("90011223"), deadline=later())
    assert found.matches == ()
    (ask,) = directory.line.asked
    assert "ocp-apim-subscription-key" not in ask.headers
    assert ask.headers.get("authorization") == ("Bearer proxy-key" if keys else None)


async def test_the_older_of_two_keys_still_works(directory: Directory, own_key: Connect) -> None:
    def connect(base_url: str) -> Connection:
        return replace(own_key(base_url), secrets={"subscription_key": ("not-valid-yet", KEY)})

    assert (await directory.open(connect).find(number("90011223"), deadline=later())).matches
    assert len(directory.line.asked) == 2


async def test_a_wrong_key_needs_the_administrator(directory: Directory, own_key: Connect) -> None:
    def connect(base_url: str) -> Connection:
        return replace(own_key(base_url), secrets={"subscription_key": ("wrong-key",)})

    connector = directory.open(connect)
    with pytest.raises(NeedsSignIn) as caught:
        await connector.check()
    assert "wrong-key" not in str(caught.value)
    await directory.open(own_key).check()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=404, body=b'{"statusCode": 404}'),
        Fault(status=200),
        Fault(status=200, body=b"null"),
        Fault(status=200, body=b'{"count": 0, "contacts": []}'),
        Fault(status=200, body=b'{"count": 0, "contacts": null}'),
        Fault(status=200, body=b"[]"),
    ],
    ids=["404", "empty", "null", "no contacts", "null contacts", "list"],
)
async def test_nobody_there(directory: Directory, own_key: Connect, fault: Fault) -> None:
    directory.line.faults = [fault]
    found = await directory.open(own_key).find(number("90011223"), deadline=later())
    assert (found.matches, found.complete) == ((), True)


async def test_one_failure_is_tried_again_and_two_are_not(directory: Directory, own_key: Connect) -> None:
    connector = directory.open(own_key)
    directory.line.faults = [Fault(status=503, times=1)]
    assert (await connector.find(number("90011223"), deadline=later())).matches
    assert len(directory.line.asked) == 2
    directory.line.asked.clear()
    directory.line.faults = [Fault(status=503)]
    with pytest.raises(Transient):
        await connector.find(number("90011223"), deadline=later())
    assert len(directory.line.asked) == 2


async def test_company_numbers_only_when_switched_on(directory: Directory, own_key: Connect) -> None:
    directory.line.faults = [Fault(status=404)]
    await directory.open(own_key).find(number("02800"), deadline=later())
    assert directory.line.asked == []
    await directory.open(own_key, short_numbers=True).find(number("02800"), deadline=later())
    assert [ask.path for ask in directory.line.asked] == [f"{PREFIX}/lookup/phonenumber/02800"]


@pytest.mark.parametrize(
    ("settings", "secrets", "named"),
    [
        ({"mode": "free"}, {}, "mode"),
        ({"mode": None}, {}, "mode"),
        ({"base_url": "http://1881.example"}, {}, "base_url"),
        ({"mode": "proxy", "base_url": None}, {"subscription_key": None}, "base_url"),
        ({"mode": "proxy"}, {}, "subscription_key"),
        ({}, {"subscription_key": None}, "subscription_key"),
        ({"short_numbers": "yes"}, {}, "short_numbers"),
        ({"per_day": 5}, {}, "per_day"),
        ({"mode": "provider", "per_day": 5}, {}, "provider_connection_id"),
        ({"mode": "provider", "per_day": 5, "provider_connection_id": "ours"}, {}, "provider_connection_id"),
        ({"mode": "provider", "provider_connection_id": str(PROVIDER)}, {}, "per_day"),
        ({"mode": "provider", "provider_connection_id": str(PROVIDER), "per_day": 0}, {}, "per_day"),
        ({}, {"password": ("x",)}, "password"),
    ],
)
def test_wrong_settings_are_named(
    own_key: Connect, settings: dict[str, object], secrets: dict[str, tuple[str, ...] | None], named: str
) -> None:
    connection = own_key("https://services.api1881.no")
    merged = {**connection.settings, **settings}
    keys = {**connection.secrets, **secrets}
    connection = replace(
        connection,
        settings={name: value for name, value in merged.items() if value is not None},
        secrets={name: value for name, value in keys.items() if value is not None},
    )
    with pytest.raises(ValueError, match=rf"^{named}: "):
        DIRECTORY.check_settings(connection)
