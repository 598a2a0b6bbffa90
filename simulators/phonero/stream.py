"""The sockets: who is connected, what they have subscribed to, and everything that can go wrong with them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

SESSION_OVER = 4401
NO_PING = 4408
NO_SUBSCRIPTION = 4400
_SUBSCRIBE_SECONDS = 10.0
_MOST_BYTES = 4096  # of a message from a client


@dataclass(kw_only=True, slots=True, eq=False)
class Listener:
    """One open socket."""

    socket: web.WebSocketResponse
    request: web.Request
    session: str
    subscribed: bool = False
    waiting: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    pinged: float = 0.0  # the loop's time of the last ping


class Sockets:
    """All of one customer."""

    def __init__(self, customer_id: str, ping_seconds: float, snapshot: Callable[[], list[dict[str, Any]]]) -> None:
        self._topic = f"callStatus.{customer_id}"
        self._patience = ping_seconds * 1.5
        self._snapshot = snapshot
        self.silent = False  # nothing is sent and nothing answered, as by a network that swallows packets
        self.open: set[Listener] = set()

    def update(self, body: dict[str, Any]) -> None:
        text = self._message("update", body)
        for listener in self.open:
            if listener.subscribed and not self.silent:
                listener.waiting.put_nowait(text)

    def cut(self) -> int:
        """As if the cable had been pulled: no farewell. Returns how many were cut."""
        for listener in self.open:
            if listener.request.transport is not None:
                listener.request.transport.abort()
        return len(self.open)

    async def end_session(self, session: str) -> None:
        for listener in list(self.open):
            if listener.session == session:
                await listener.socket.close(code=SESSION_OVER, message=b"session expired")

    async def close(self, _: web.Application) -> None:
        for listener in list(self.open):
            await listener.socket.close(code=1001)

    async def serve(self, request: web.Request, session: str) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False, max_msg_size=_MOST_BYTES, timeout=1.0)
        await socket.prepare(request)
        listener = Listener(socket=socket, request=request, session=session)
        listener.pinged = asyncio.get_running_loop().time()
        self.open.add(listener)
        helpers = [asyncio.create_task(self._write(listener)), asyncio.create_task(self._watch(listener))]
        try:
            async for message in socket:
                if self.silent:
                    continue
                if message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    self._take(listener, message.data)
                elif message.type is WSMsgType.BINARY:
                    await socket.close(code=1003)
        finally:
            self.open.discard(listener)
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        return socket

    def _take(self, listener: Listener, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        action = message.get("action") if isinstance(message, dict) else None
        if action == "ping" and set(message) == {"action"}:
            listener.pinged = asyncio.get_running_loop().time()
            listener.waiting.put_nowait(json.dumps({"action": "pong"}))
        elif action == "subscribe":
            self._subscribe(listener, message)
        else:
            listener.waiting.put_nowait(json.dumps({"errorMessage": "Unknown action"}))

    def _subscribe(self, listener: Listener, message: dict[str, Any]) -> None:
        """The snapshot and the subscription are of the same moment: nothing falls between them."""
        wrong = message.get("topic") != self._topic or message.get("param") != "initial" or len(message) != 3
        if wrong or listener.subscribed:
            listener.waiting.put_nowait(json.dumps({"action": "subscribe", "errorMessage": "Access denied"}))
            return
        listener.subscribed = True
        listener.waiting.put_nowait(self._message("initial", self._snapshot()))

    def _message(self, kind: str, data: object) -> str:
        return json.dumps({"topic": self._topic, "type": kind, "data": data}, ensure_ascii=False)

    async def _write(self, listener: Listener) -> None:
        while True:
            text = await listener.waiting.get()
            if not self.silent:
                await listener.socket.send_str(text)

    async def _watch(self, listener: Listener) -> None:
        """Close what does not subscribe, and what does not ping."""
        clock = asyncio.get_running_loop().time
        began = clock()
        while True:
            await asyncio.sleep(min(0.25, self._patience / 4))
            if not listener.subscribed and clock() - began > _SUBSCRIBE_SECONDS:
                await listener.socket.close(code=NO_SUBSCRIPTION, message=b"no subscription")
            elif clock() - listener.pinged > self._patience and not self.silent:
                await listener.socket.close(code=NO_PING, message=b"no ping")
