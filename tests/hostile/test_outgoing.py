"""Addresses that a tenant may type in, and where requests to them end."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot import outgoing
from bot.outgoing import is_outside, open_connector
from calls.errors import Transient
from calls.model import Connection
from crm_connectors.http import Request, send
from crm_connectors.settings import read_base_url
from tests.hostile.product import running_product
from tests.hostile.towns import FJORDVIK, TOWNS
from tests.support.servers import TestServer

ROOT = Path(__file__).parents[2]
INSIDE = (
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "168.63.129.16"),
    *("169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::10.0.0.1"),
    *("64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1", "2001:db8::1", "2002:0a00:0001::1", "2002:7f00:0001::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:0:0a00:1::1"),
)
OUTSIDE = ("1.1.1.1", "8.8.8.8", "2606:4700::1111", "2a00:1450:400f::8a", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8")
SPELLINGS = (
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0",
    "localhost",
    "[::1]",
    "[::ffff:7f00:1]",
)


@pytest.mark.parametrize("address", INSIDE)
def test_inside_is_inside_however_it_is_written(address: str) -> None:
    assert not is_outside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside_is_outside(address: str) -> None:
    assert is_outside(address)


@pytest.mark.parametrize("text", ["", "localhost", "example.com", "1.1.1", "1.1.1.1.", "1.1.1.1/8", "::g"])
def test_what_is_no_numeric_address_is_not_let_through(text: str) -> None:
    assert not is_outside(text)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_only_when_it_is_allowed(address: str) -> None:
    assert is_outside(address, allow_loopback=True)
    assert not is_outside("10.0.0.1", allow_loopback=True)


class Names(AbstractResolver):
    """A name server in an attacker's hands: each question gets the next answer, and the last one for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=6, flags=0)]

    async def close(self) -> None:
        pass


@pytest.fixture
async def secret() -> AsyncIterator[tuple[int, list[str]]]:
    """A service of this machine that nobody outside may reach, and who has reached it."""
    visitors: list[str] = []

    async def show(request: web.Request) -> web.Response:
        visitors.append(request.path)
        return web.json_response({"secret": "of the inside"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1], visitors
    await runner.cleanup()


async def ask(session: aiohttp.ClientSession, url: str) -> object:
    request = Request(purpose="a look", method="GET", url=url)
    return (await send(session, request, deadline=asyncio.get_running_loop().time() + 3)).body


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_this_machine_is_reached(host: str, secret: tuple[int, list[str]]) -> None:
    port, visitors = secret
    async with aiohttp.ClientSession(connector=open_connector(allow_loopback=False)) as session:
        with pytest.raises(Transient):
            await ask(session, f"http://{host}:{port}/")
    assert visitors == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254"])
async def test_no_name_that_leads_inside_is_followed(address: str, secret: tuple[int, list[str]]) -> None:
    port, visitors = secret
    connector = open_connector(allow_loopback=False)
    connector._resolver = Names(address)
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(Transient) as refused:
            await ask(session, f"http://crm.example:{port}/")
    assert visitors == []
    assert address not in str(refused.value)


async def test_a_name_that_changes_its_mind_is_judged_by_the_connection(secret: tuple[int, list[str]]) -> None:
    """DNS rebinding: what is checked is what is connected to, and nothing was asked before."""
    port, visitors = secret
    connector = open_connector(allow_loopback=False)
    connector._resolver = Names("127.0.0.1", "127.0.0.1")
    connector._use_dns_cache = False
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(3):
            with pytest.raises(Transient):
                await ask(session, f"http://rebind.example:{port}/")
    assert visitors == []


@pytest.mark.parametrize(
    ("port", "opened"),
    [(443, 1), (1024, 1), (8443, 1), (44300, 1)]
    + [(port, 0) for port in (0, 21, 22, 23, 25, 53, 80, 110, 389, 445, 465, 587, 993, 1023)]
    + [(port, 0) for port in (1433, 2049, 3306, 3389, 5060, 5432, 5900, 6379, 6667, 9200, 11211, 27017)],
)
async def test_nobody_is_knocked_at_where_no_web_server_is(
    port: int, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenant's address is no way to try the mail servers and databases of others in our name."""
    knocked: list[object] = []

    def knock(**kind: object) -> socket.socket:
        knocked.append(kind)
        raise ConnectionRefusedError

    connector = open_connector(allow_loopback=False)
    connector._resolver = Names("8.8.8.8")
    monkeypatch.setattr(outgoing, "socket", SimpleNamespace(socket=knock))
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(Transient):
            await ask(session, f"https://crm.example:{port}/")
    assert len(knocked) == opened


async def test_where_loopback_is_allowed_it_is_reached(secret: tuple[int, list[str]]) -> None:
    port, visitors = secret
    async with aiohttp.ClientSession(connector=open_connector(allow_loopback=True)) as session:
        assert await ask(session, f"http://127.0.0.1:{port}/") == {"secret": "of the inside"}
    assert visitors == ["/"]


async def test_redirects_are_not_followed_and_would_be_judged_anew(secret: tuple[int, list[str]]) -> None:
    port, visitors = secret

    async def redirect(_: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://127.0.0.1:{port}/inside")

    app = web.Application()
    app.router.add_get("/", redirect)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    outside = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession(connector=open_connector(allow_loopback=True)) as session:
            with pytest.raises(Exception, match="302"):
                await ask(session, f"http://127.0.0.1:{outside}/")
    finally:
        await runner.cleanup()
    assert visitors == []


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/",
        "ftp://crm.example/",
        "file:///etc/passwd",
        "//crm.example",
        "https://user:pass@crm.example",
        "https://crm.example?x=1",
        "https://crm.example#x",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1.evil.example/",
        "https://",
        "javascript:alert(1)",
        7,
    ],
)
def test_what_a_tenant_types_in_is_https(url: object) -> None:
    connection = Connection(
        tenant_id=FJORDVIK.tenant, connection_id=FJORDVIK.tenant, type="x", name="x", settings={"base_url": url}
    )
    with pytest.raises(ValueError, match="base_url"):
        read_base_url(connection, None)


async def test_the_product_itself_asks_nobody_inside(server: TestServer) -> None:
    """In production's setting, with every address on loopback: the simulators hear nothing but sign-in, which is the
    process's own setting and no tenant's."""
    async with running_product(server, allow_loopback=False) as product:
        assert await product.tell(FJORDVIK) == 200
        await product.quiet()
        for town in TOWNS:
            for system in ("hubspot", "1881", "connector", "botframework"):
                assert await product.asked(town, system) == []


def test_no_session_goes_round_the_check() -> None:
    found = {path: text for path in _sources() if "ClientSession(" in (text := path.read_text(encoding="utf-8"))}
    assert found
    assert not [
        str(path)
        for path, text in found.items()
        if text.count("ClientSession(") > len(re.findall(r"= ?open_connector\(", text))
    ]


def _sources() -> list[Path]:
    """The product's own files."""
    files = [
        path
        for name in ("bot", "calls", "crm_connectors", "graph", "operators")
        for path in (ROOT / name).rglob("*.py")
    ]
    return [path for path in files if not {"tests", "testing"} & set(path.parts)]
