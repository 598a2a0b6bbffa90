"""Somebody with the customer's password, and the twin they talk to."""

from __future__ import annotations

from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

import simulators

WORLD: dict[str, Any] = {
    "exchange": {
        "lines": [
            {"number": "90000001", "alias": "w0", "name": "Kari Hansen"},
            {"number": "90000002", "alias": "w1", "name": "Ola Berg"},
        ],
        "queues": [
            {"name": "Salg", "number": "22000010", "members": ["90000001", "90000002"]},
            {"name": "Vakt", "number": "22000020", "members": ["90000001", "90000002"], "strategy": "hunt"},
        ],
    },
    "phonero": {"customer_id": "4711", "username": "integrator", "password": "secret", "ping_seconds": 0.4},
}
LOG_IN = {"username": "integrator", "password": "secret"}
ORDER = {"customerId": "4711", "number": "90000001", "destinationNumber": "22334455", "callerId": "90000001"}


class Client:
    """Somebody with the customer's password."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self.http, self.address, self.session = http, address, ""

    async def ask(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        url, cookies = f"{self.address}/{path}", {"BNINTEGRATORAPI": self.session} if self.session else {}
        async with self.http.request(method, url, json=body, cookies=cookies) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    async def log_in(self) -> None:
        self.session = (await self.ask("POST", "phonero/authenticate", LOG_IN))["sessionId"]

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        cookies = {"Cookie": f"BNINTEGRATORAPI={self.session}"}
        return await self.http.ws_connect(f"{self.address}/phonero/events", headers=cookies)

    async def subscribe(self) -> aiohttp.ClientWebSocketResponse:
        socket = await self.connect()
        await socket.send_json({"action": "subscribe", "topic": "callStatus.4711", "param": "initial"})
        return socket

    async def ring(self, to: str, caller: str | None = "22334455") -> str:
        placed = await self.ask("POST", "exchange/calls", {"from": caller, "to": to}, status=201)
        return str(placed["id"])

    async def act(self, call: str, what: str, **body: object) -> None:
        await self.ask("POST", f"exchange/calls/{call}/{what}", body)


class running:  # noqa: N801 - used like a function
    def __init__(self, world: dict[str, Any]) -> None:
        self._world = world

    async def __aenter__(self) -> Client:
        app: web.Application = simulators.create_app(self._world, bot_url="http://127.0.0.1:1")
        self._server = TestServer(app)
        await self._server.start_server()
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return Client(self._http, str(self._server.make_url("/simulators")))

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        await self._server.close()


async def hear(socket: aiohttp.ClientWebSocketResponse) -> Any:
    return await socket.receive_json(timeout=5)


async def hear_call(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message = await hear(socket)
    assert (message["topic"], message["type"]) == ("callStatus.4711", "update")
    return dict(message["data"])
