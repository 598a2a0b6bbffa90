"""The little of Phonero's service that a test needs, told what to answer; the strict twin is in simulators/phonero."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp
from aiohttp import web

from calls.model import Connection
from calls.ports import Limiter, Quotas, Token, Tools


class OneSession:
    """:class:`calls.ports.Credentials` in memory."""

    def __init__(self) -> None:
        self.token_in_force: Token | None = None

    async def token(self, connection: Connection, refresh: Callable[[str | None], Awaitable[Token]]) -> str:
        if self.token_in_force is None:
            self.token_in_force = await refresh(None)
        return self.token_in_force.access

    async def reject(self, connection: Connection, access: str) -> None:
        if self.token_in_force is not None and self.token_in_force.access == access:
            self.token_in_force = None


class Service:
    """Answers as a test wants it to."""

    def __init__(self) -> None:
        self.address = ""
        self.log_ins: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.sessions: set[str] = set()
        self.right_password = "newest password"
        self.log_in_status = 200
        self.refuse_sessions = False  # even fresh ones
        self.order_answer: tuple[int, Any] = (200, {})
        self.order_hangs = False
        self.subscriptions: list[Any] = []
        self.pings = 0
        self.on_socket: Callable[[web.WebSocketResponse], Awaitable[None]] = wait_for_ever

    async def authenticate(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.log_ins.append(body)
        if self.log_in_status != 200 or body["password"] != self.right_password:
            return web.json_response(
                {"errorMessage": "no"}, status=self.log_in_status if self.log_in_status != 200 else 401
            )
        session = f"session-{len(self.log_ins)}"
        self.sessions.add(session)
        return web.json_response({"sessionId": session})

    def _is_in(self, request: web.Request) -> bool:
        return not self.refuse_sessions and request.cookies.get("BNINTEGRATORAPI") in self.sessions

    async def events(self, request: web.Request) -> web.StreamResponse:
        if not self._is_in(request):
            return web.Response(status=401)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.subscriptions.append(await socket.receive_json())
        await self.on_socket(socket)
        return socket

    async def click_to_dial(self, request: web.Request) -> web.Response:
        if not self._is_in(request):
            return web.Response(status=401)
        self.orders.append(await request.json())
        if self.order_hangs:
            await asyncio.sleep(30)
        status, body = self.order_answer
        return web.json_response(body, status=status) if body is not None else web.Response(status=status)


async def wait_for_ever(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass


@asynccontextmanager
async def running_service(connection: Connection) -> AsyncIterator[tuple[Service, Connection, Tools]]:
    """The service, the connection that leads to it, and tools."""
    service, app = Service(), web.Application()
    app.router.add_post("/authenticate", service.authenticate)
    app.router.add_get("/events", service.events)
    app.router.add_post("/call/clicktodial", service.click_to_dial)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    settings = {**connection.settings, "base_url": service.address}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        tools = Tools(
            http=http,
            limiter=cast("Limiter", None),
            credentials=OneSession(),
            quotas=cast("Quotas", None),
            now=lambda: datetime.now(UTC),
        )
        try:
            yield service, replace(connection, settings=settings), tools
        finally:
            await runner.cleanup()
