"""How many connections a node opens, and who waits for whom."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import test_utils, web

from bot.outgoing import PER_HOST, open_connector
from tests.hostile.product import running_product, until
from tests.support.servers import TestServer


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/", answer)
    async with test_utils.TestServer(app) as running:
        yield str(running.make_url("/"))


@dataclass(kw_only=True)
class Mute:
    """A host that takes every request and answers none."""

    url: str = ""
    visitors: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self, request: web.Request) -> web.StreamResponse:
        self.visitors += 1
        await self.over.wait()
        return web.Response()

    async def visited_by(self, count: int) -> None:
        async def enough() -> bool:
            return self.visitors >= count

        await until(enough)


@pytest.fixture
async def mute() -> AsyncIterator[Mute]:
    host = Mute()
    async with serving(host.keep) as host.url:
        yield host
        host.over.set()


@asynccontextmanager
async def waiting_at(session: aiohttp.ClientSession, url: str, count: int) -> AsyncIterator[None]:
    waiting = [asyncio.create_task(ask(session, url)) for _ in range(count)]
    try:
        yield
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def ask(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        await answer.read()
        return answer.status


async def test_who_never_answers_keeps_those_waiting_alone_who_ask_him(mute: Mute) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response()

    async with (
        serving(answer) as other,
        aiohttp.ClientSession(connector=open_connector(allow_loopback=True)) as session,
        waiting_at(session, mute.url, 3 * PER_HOST),
    ):
        await mute.visited_by(PER_HOST)
        assert await ask(session, other) == 200
        assert mute.visitors == PER_HOST


async def test_streams_are_as_many_as_there_are_customers(mute: Mute, server: TestServer) -> None:
    async with running_product(server) as product:
        streams = product.service._streams._tools.http
        assert streams is not product.service._http
        async with waiting_at(streams, mute.url, 2 * PER_HOST):
            await mute.visited_by(2 * PER_HOST)


@pytest.mark.parametrize("allowed", [256, 4096])
def test_a_node_opens_as_many_files_as_it_may(allowed: int) -> None:
    program = (
        "import resource as r; from bot.commands.serve import allow_files;"
        f"r.setrlimit(r.RLIMIT_NOFILE, ({allowed}, 4096)); allow_files(); print(r.getrlimit(r.RLIMIT_NOFILE))"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "(4096, 4096)"
