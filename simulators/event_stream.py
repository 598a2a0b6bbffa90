"""Server-sent events: what the pages of a simulator listen to.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html. A listener that stops reading is dropped rather
than allowed to pile up events; its EventSource reconnects and starts from a fresh ``state``.
"""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

_KEEP_ALIVE = 15.0
"""Seconds between comments on a silent stream: what tells us that the listener has gone."""
_WAITING = 1000
"""Events a listener may be behind before it is dropped."""


class Broadcast:
    """Sends every event to every listener, in order."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._closed = False

    def send(self, event: str, data: object) -> None:
        block = _encode(event, data)
        for listener in tuple(self._listeners):
            try:
                listener.put_nowait(block)
            except asyncio.QueueFull:
                self._drop(listener)

    async def serve(self, request: web.Request, state: object) -> web.StreamResponse:
        """Answer with the stream: ``state`` as its first event, then everything sent until the listener leaves.

        ``state`` and the subscription are taken at the same moment, so no event falls between them.
        """
        listener: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=_WAITING)
        listener.put_nowait(_encode("state", state))
        if self._closed:
            listener.put_nowait(None)
        self._listeners.add(listener)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        try:
            await response.prepare(request)
            while (block := await self._next(listener)) is not None:
                await response.write(block)
        except ConnectionError:
            pass  # the listener left
        finally:
            self._listeners.discard(listener)
        return response

    async def close(self, _: web.Application) -> None:
        """End every stream (an ``on_shutdown`` handler): a server would otherwise wait for them."""
        self._closed = True
        for listener in tuple(self._listeners):
            self._drop(listener)

    def _drop(self, listener: asyncio.Queue[bytes | None]) -> None:
        self._listeners.discard(listener)
        while listener.full():
            listener.get_nowait()
        listener.put_nowait(None)

    @staticmethod
    async def _next(listener: asyncio.Queue[bytes | None]) -> bytes | None:
        try:
            return await asyncio.wait_for(listener.get(), _KEEP_ALIVE)
        except TimeoutError:
            return b": still here\n\n"


def _encode(event: str, data: object) -> bytes:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
