"""The port: how long a stranger may take to say what it wants, and how many may be here at once.

aiohttp bounds neither: headers may dribble in for as long as a connection may be idle (an hour by default, which is
right for the proxy in front), and there may be as many sockets as the system has. Here headers have a clock of their
own, as bodies have theirs (bot/bodies.py), and of too many sockets the ones go that are worth least.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import hdrs, web

from bot.logs import SERVER

HEAD_SECONDS = 10.0  # for the headers of a request from their first byte on; of a socket's first, from its opening
SOCKETS = 500  # open at once. A node has room for a thousand files as a rule, and needs some of them for itself
HEADERS = 64  # in one request, each of at most 8 KB; Teams and Azure's front send about thirty
LINGERING = 2.0  # seconds in which the rest of a refused body is still taken, so that the answer is read


class Socket(web.RequestHandler):
    """aiohttp's side of one socket, which knows what is waited for."""

    __slots__ = ("_listener", "_request", "_since", "_waits_for_head")

    def __init__(self, listener: Listener, server: web.Server, loop: asyncio.AbstractEventLoop) -> None:
        # The access log would hold URL tokens; what matters is counted and logged by the doors themselves.
        # Bodies are never unpacked: a few kilobytes can hold gigabytes, and no sender of ours compresses.
        super().__init__(
            server,
            loop=loop,
            logger=SERVER,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own way to have none
            auto_decompress=False,
            lingering_time=LINGERING,
            max_headers=HEADERS,
        )
        self._listener = listener
        self._request: web.BaseRequest | None = None
        self._since = loop.time()  # of what is waited for now
        self._waits_for_head = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._listener.admit(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._listener.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if data and self._request is None and not self._waits_for_head:
            self._waits_for_head, self._since = True, self._loop.time()
        super().data_received(data)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """aiohttp quotes what is no HTTP in its answer: tokens of addresses and all, for whoever keeps answers."""
        return super().handle_error(request, status, exc, HTTPStatus(status).phrase)

    def begins(self, request: web.BaseRequest) -> None:
        """The headers are whole."""
        self._request, self._waits_for_head, self._since = request, False, self._loop.time()

    def ends(self) -> None:
        self._request, self._since = None, self._loop.time()

    def is_late(self, now: float) -> bool:
        return self._waits_for_head and now - self._since > HEAD_SECONDS

    @property
    def worth(self) -> tuple[int, float] | None:
        """The least goes first: who has not said yet what it wants, who has not sent its body yet, who is idle (such is
        the proxy in front, between two requests); of each the oldest. None: a request is being worked on."""
        if self._waits_for_head:
            return 0, self._since
        if self._request is None:
            return 2, self._since
        return None if self._request.content.is_eof() else (1, self._since)

    def cut(self) -> None:
        """End it now. What was answered is with the system already."""
        if self.transport is not None:
            self.transport.abort()


class Listener:
    """The port of one application. :meth:`open`, and in the end :meth:`close`, from any state."""

    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        self._sockets: set[Socket] = set()
        self._server: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None

    async def open(self, host: str, port: int) -> tuple[str, int]:
        """Listen; returns where. Raises OSError."""
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        self._answer = server.request_handler
        server.request_handler = self._handle
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Socket(self, server, loop), host, port)
        self._watch = asyncio.create_task(self._cut_the_late(), name="late sockets")
        found = self._server.sockets[0].getsockname()
        return str(found[0]), int(found[1])

    async def close(self) -> None:
        """Take nothing new; what is being answered has a second."""
        if self._server is not None:
            self._server.close()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._runner.cleanup()

    def admit(self, socket: Socket) -> None:
        """One more; when there are too many, one less, and be it this one."""
        if len(self._sockets) >= SOCKETS:
            rated = [(worth, id(each), each) for each in self._sockets if (worth := each.worth) is not None]
            leaving = min(rated)[2] if rated else socket
            leaving.cut()
            self._sockets.discard(leaving)
            if leaving is socket:
                return
        self._sockets.add(socket)

    def forget(self, socket: Socket) -> None:
        self._sockets.discard(socket)

    async def _cut_the_late(self) -> None:
        while True:
            await asyncio.sleep(HEAD_SECONDS / 4)
            now = asyncio.get_running_loop().time()
            for socket in [each for each in self._sockets if each.is_late(now)]:
                socket.cut()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Every request, also those that no route takes."""
        socket = request.protocol
        assert isinstance(socket, Socket)
        socket.begins(request)
        try:
            answer = await self._answer(request) if _is_expected(request) else _unexpected()
        except web.HTTPException as refusal:
            _close_with(request, refusal)
            raise
        finally:
            socket.ends()
        _close_with(request, answer)
        return answer


def _is_expected(request: web.BaseRequest) -> bool:
    """aiohttp would quote any other wish in its answer, and fails (3.14: 500) where that is not UTF-8."""
    return all(wish.lower() in ("", "100-continue") for wish in request.headers.getall(hdrs.EXPECT, ()))


def _unexpected() -> web.Response:
    return web.Response(status=HTTPStatus.EXPECTATION_FAILED)


def _close_with(request: web.BaseRequest, answer: web.StreamResponse) -> None:
    """A body that nobody has waited for is not read as the beginning of another request."""
    if not request.content.is_eof():
        answer.force_close()
