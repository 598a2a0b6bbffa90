from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from simulators.event_stream import Broadcast

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def broadcast() -> Broadcast:
    return Broadcast()


@pytest.fixture
async def client(broadcast: Broadcast) -> AsyncIterator[Client]:
    async def listen(request: web.Request) -> web.StreamResponse:
        return await broadcast.serve(request, {"a": "å"})

    app = web.Application()
    app.router.add_get("/", listen)
    app.on_shutdown.append(broadcast.close)
    async with TestClient(TestServer(app)) as made:
        yield made


async def test_every_listener_hears_everything_in_order(broadcast: Broadcast, client: Client) -> None:
    first, second = await client.get("/"), await client.get("/")
    for response in (first, second):
        assert await response.content.readuntil(b"\n\n") == 'event: state\ndata: {"a": "å"}\n\n'.encode()
    for number in range(3):
        broadcast.send("call", number)
    for response in (first, second):
        for number in range(3):
            assert await response.content.readuntil(b"\n\n") == f"event: call\ndata: {number}\n\n".encode()


async def test_a_listener_that_falls_behind_is_let_go(broadcast: Broadcast, client: Client) -> None:
    response = await client.get("/")
    await response.content.readuntil(b"\n\n")
    for number in range(2000):  # none of them can be written before this loop is over
        broadcast.send("call", number)
    rest = await response.read()  # ends, which an open stream never does
    assert b"data: 1999" not in rest


async def test_the_end_of_the_server_ends_the_streams(broadcast: Broadcast, client: Client) -> None:
    response = await client.get("/")
    await client.server.close()
    assert (await response.read()).startswith(b"event: state")
