from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import simulators

WORLD: dict[str, Any] = {
    "exchange": {
        "lines": [
            {"number": "90000001", "alias": "w0", "name": "Kari Hansen"},
            {"number": "90000002", "alias": "w1", "name": "Ola Berg"},
            {"number": "90000003", "alias": "w2", "name": "Siri Dahl"},
        ],
        "queues": [
            {"name": "Salg", "number": "22000010", "members": ["90000001", "90000002", "90000003"]},
            {"name": "Sentralbord", "number": "02800", "members": ["90000002", "90000003"]},
        ],
        "callers": [{"number": "22334455", "label": "Nora Lie"}, {"label": "Skjult nummer", "note": "hidden"}],
    }
}
Reply = Callable[["Received"], web.Response]


class Received:
    """One delivery, as it came."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self.path = request.path
        self.content_type = request.content_type
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        self.raw = body
        self.pairs = parse_qsl(body.decode()) if request.content_type == "application/x-www-form-urlencoded" else []

    @property
    def form(self) -> dict[str, str]:
        return dict(self.pairs)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


class Customer:
    """An events endpoint that answers as told, and can be waited for."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.reply: Reply = lambda received: web.Response()
        self.url = ""
        self._came = asyncio.Condition()

    async def receive(self, request: web.Request) -> web.Response:
        received = Received(request, await request.read())
        async with self._came:
            self.received.append(received)
            self._came.notify_all()
        return self.reply(received)

    def subscribe(self) -> None:
        """Answer as somebody does who wants every event of a sipgate call."""
        xml = f'<Response onAnswer="{self.url}/answered" onHangup="{self.url}/ended"/>'
        self.reply = lambda _: web.Response(text=xml, content_type="application/xml")

    async def wait(self, count: int) -> list[Received]:
        async with asyncio.timeout(20), self._came:
            await self._came.wait_for(lambda: len(self.received) >= count)
        return self.received


class Exchange:
    def __init__(self, client: TestClient[web.Request, web.Application], customer: Customer) -> None:
        self.client = client
        self.customer = customer

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self.client.request(method, f"/simulators/exchange/{path}", json=body) as response:
            text = await response.text()
            return response.status, (await response.json() if text else None)

    async def ring(self, **order: Any) -> dict[str, Any]:
        status, call = await self.call("POST", "calls", order)
        assert status == 201, call
        made: dict[str, Any] = call
        return made

    async def aim(self, **target: Any) -> None:
        status, _ = await self.call("PUT", "target", {"url": f"{self.customer.url}/events"} | target)
        assert status == 200

    async def wait_log(self, count: int) -> list[dict[str, Any]]:
        """The delivery log once it has this many lines."""
        async with asyncio.timeout(20):
            while True:
                _, log = await self.call("GET", "deliveries")
                if len(log) >= count:
                    found: list[dict[str, Any]] = log
                    return found
                await asyncio.sleep(0.02)


@pytest.fixture
def world() -> dict[str, Any]:
    return copy.deepcopy(WORLD)


@pytest.fixture
async def exchange(world: dict[str, Any]) -> AsyncIterator[Exchange]:
    customer = Customer()
    app = web.Application()
    app.router.add_post("/{path:.*}", customer.receive)
    server = TestServer(app)
    await server.start_server()
    customer.url = str(server.make_url("")).rstrip("/")
    client = TestClient(TestServer(simulators.create_app(world, bot_url="http://127.0.0.1:9")))
    await client.start_server()
    made = Exchange(client, customer)
    stops: list[Callable[[], Awaitable[None]]] = [client.close, server.close]
    await made.aim()
    yield made
    for stop in stops:
        await stop()
