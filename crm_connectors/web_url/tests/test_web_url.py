"""Addresses with places for a number, as connections give them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest

from calls.errors import Refused
from calls.model import Connection
from calls.numbers import Number, NumberKind, parse_number
from calls.ports import Connector
from crm_connectors import CONNECTORS
from crm_connectors.testing.doubles import open_tools
from crm_connectors.values import is_safe_url
from crm_connectors.web_url.connector import PRESETS

TYPE = CONNECTORS["web_url"]
NORA, ABROAD, SHORT = "22334455", "+46 8 123 456 78", "02800"


def connection(settings: Mapping[str, object]) -> Connection:
    one = UUID("00000000-0000-4000-8000-000000000001")
    return Connection(tenant_id=one, connection_id=one, type="web_url", name="Side", settings=settings)


async def connect(**settings: object) -> Connector:
    made = connection(settings)
    TYPE.check_settings(made)
    async with open_tools() as tools:
        return TYPE.connect(made, tools)


def number(dialled: str) -> Number:
    read = parse_number(dialled)
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("template", "dialled", "address"),
    [
        ("https://a.example/?q={n8}", NORA, "https://a.example/?q=22334455"),
        ("https://a.example/?q={n8}", SHORT, None),
        ("https://a.example/?q={n8}", ABROAD, None),
        ("https://a.example/?q={national}", SHORT, "https://a.example/?q=02800"),
        ("https://a.example/?q={national}", ABROAD, None),
        ("https://a.example/?q={e164}", NORA, "https://a.example/?q=%2B4722334455"),
        ("https://a.example/?q={e164}", SHORT, None),
        ("https://a.example/{digits}/x", ABROAD, "https://a.example/46812345678/x"),
        ("https://a.example/?q={grouped}&r={n8}", NORA, "https://a.example/?q=22%2033%2044%2055&r=22334455"),
        ("https://a.example/?q={grouped}", "201", None),
        ("http://127.0.0.1:4000/?q={n8}", NORA, "http://127.0.0.1:4000/?q=22334455"),
    ],
)
async def test_places_are_filled_or_there_is_no_page(template: str, dialled: str, address: str | None) -> None:
    assert (await connect(url=template)).number_page(number(dialled)) == address


async def test_what_an_exchange_may_send_never_gets_out_of_its_place() -> None:
    connector = await connect(url="https://a.example/?q={grouped}")
    odd = Number(kind=NumberKind.OTHER, digits="+58&x=1#/../é")
    assert connector.number_page(odd) == "https://a.example/?q=%2B58%26x%3D1%23%2F..%2F%C3%A9"


@pytest.mark.parametrize("preset", sorted(PRESETS))
async def test_presets_are_pages_that_a_card_may_open(preset: str) -> None:
    page = (await connect(preset=preset)).number_page(number(NORA))
    assert page is not None
    assert is_safe_url(page)
    assert NORA in page


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "url: wants an address"),
        ({"preset": "1881", "url": "https://a.example/{n8}"}, "url: wants an address"),
        ({"preset": "eniro"}, "preset: wants one of 1881, 180, gulesider"),
        ({"url": "https://a.example/"}, r"url: wants a place for the number: \{n8\}"),
        ({"url": "https://a.example/{name}"}, r"url: \{name\} is no place"),
        ({"url": "https://a.example/{n8}/{"}, "url: wants a place"),
        ({"url": "http://a.example/{n8}"}, "url: wants an https address"),
        ({"url": "https://{n8}.example/"}, "url: wants an https address"),
        ({"url": "https://a.example{n8}"}, "url: wants an https address"),
        ({"url": "https://user:pass@a.example/{n8}"}, "url: wants an https address"),
        ({"url": "javascript:alert({n8})//"}, "url: wants an https address"),
        ({"url": 7}, "url: wants a text"),
        ({"url": "https://a.example/{n8}", "colour": "red"}, "colour: is no setting"),
    ],
)
def test_what_cannot_work_is_refused(settings: Mapping[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        TYPE.check_settings(connection(settings))


async def test_it_knows_nobody() -> None:
    connector = await connect(preset="180")
    await connector.check()
    with pytest.raises(Refused):
        await connector.find(number(NORA), deadline=0)
