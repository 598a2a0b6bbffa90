"""A bad line between a connector and its (simulated) outside system.

It keeps a log of what was asked, and spoils answers in ways an honest server cannot.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request as it came out of the connector."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(kw_only=True, slots=True)
class Fault:
    """What goes wrong with a request. With nothing set, nothing does."""

    only: str = ""  # regular expression searched in "METHOD /path"; empty: every request
    skip: int = 0  # how many fitting requests pass unharmed first
    times: int | None = None  # how many requests it hits; None: all
    after: bool = False  # the request is carried out first
    status: int | None = None  # a false answer with this status
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drop: bool = False  # the connection is closed without an answer
    silent: bool = False  # no answer for as long as anybody waits
    drip: bool = False  # an answer that comes a byte at a time and never ends

    def hits(self, asked: Asked) -> bool:
        if self.times == 0 or not re.search(self.only, str(asked)):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class BadLine:
    """A server that passes requests on to another one, and may spoil them (``faults``, first match wins)."""

    def __init__(self, target: str) -> None:
        self.url = ""  # known once it serves
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.heard = asyncio.Event()  # set by the first request
        self._target = target.rstrip("/")
        self._closing = asyncio.Event()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[BadLine]:
        application = web.Application(client_max_size=16 * 1024**2)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        async with serve_application(application) as url, aiohttp.ClientSession() as self._session:
            self.url = url
            yield self
            self._closing.set()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        self.asked.append(asked)
        self.heard.set()
        fault = next((fault for fault in self.faults if fault.hits(asked)), None)
        if fault is None:
            return await self._forward(request, asked)
        if fault.after:
            await self._forward(request, asked)
        return await self._spoil(request, fault)

    async def _forward(self, request: web.Request, asked: Asked) -> web.Response:
        headers = {name: value for name, value in asked.headers.items() if name not in {"host", "content-length"}}
        async with self._session.request(
            asked.method,
            URL(self._target + request.raw_path, encoded=True),
            headers=headers,
            data=asked.body or None,
            allow_redirects=False,
        ) as answer:
            kept = {name: answer.headers[name] for name in ("Content-Type", "Retry-After") if name in answer.headers}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    async def _spoil(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.silent:
            await self._closing.wait()
        if fault.drop or fault.silent:
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=500)
        if fault.drip:
            return await self._drip(request)
        headers = {"Content-Type": "application/json", **fault.headers}
        return web.Response(status=fault.status or 200, headers=headers, body=fault.body)

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            while not self._closing.is_set():
                await response.write(b" ")
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        return response


@asynccontextmanager
async def serve_application(application: web.Application) -> AsyncIterator[str]:
    """Serve on a free loopback port and give the address. Nothing is logged: paths may hold numbers."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
