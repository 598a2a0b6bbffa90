"""One connection to the event stream, from log-in to its end. Who listens, and what follows: calls/intake/streams.py.

``wss …/events`` with the session's cookie, ``subscribe`` with ``initial``, then a ``ping`` every 60 s: seen in programs
of others (README.md). Whether that ping is answered is not known, so a protocol ping (RFC 6455, 5.5.2), which every
server answers, goes along, and any frame is a sign of life.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import aiohttp

from calls.errors import NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unreadable
from calls.model import Connection
from calls.ports import Parsed, Snapshot, Tools
from operators.phonero.call_status import read_message, write_ping, write_subscription
from operators.phonero.session import cookie, read_session
from operators.phonero.settings import PhoneroSettings, read_settings

_CONNECT_SECONDS = 10.0
_SNAPSHOT_SECONDS = 15.0  # from the subscription
_GRACE_SECONDS = 10.0  # for a sign of life after a ping, and never longer than the time between two
_MOST_BYTES = 8 * 1024 * 1024  # of one message: a snapshot of some thousand calls
_MOST_EARLY = 1_000  # messages before the snapshot
_SESSION_OVER = frozenset({1008, 4401})  # close codes: policy violation (RFC 6455), and its usual private twin
_OVER = frozenset(
    {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
)

Message = Snapshot | Parsed


class CallStatusStream:
    """:class:`calls.ports.Stream` of a Phonero connection."""

    async def listen(self, connection: Connection, tools: Tools) -> AsyncGenerator[Message, None]:
        settings = read_settings(connection)
        socket, session = await _open(connection, settings, tools)
        try:
            await _send(socket, write_subscription(settings.customer_id))
            lines = _Lines(socket, settings.ping_seconds)
            async for message in _snapshot_first(lines, connection, tools):
                yield message
            if socket.close_code in _SESSION_OVER:
                await tools.credentials.reject(connection, session)
            raise Transient(f"Phonero stream: closed ({socket.close_code})")
        finally:
            await socket.close()  # at most a second: a network that is gone answers no farewell


async def _open(
    connection: Connection, settings: PhoneroSettings, tools: Tools
) -> tuple[aiohttp.ClientWebSocketResponse, str]:
    """Connect; a session that is refused is replaced once."""
    for _ in range(2):
        session = await read_session(connection, tools)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                socket = await tools.http.ws_connect(
                    settings.events_url,
                    headers=cookie(session),
                    autoping=False,
                    max_msg_size=_MOST_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
        except aiohttp.WSServerHandshakeError as problem:
            if problem.status not in {401, 403}:
                raise _refusal(problem.status) from None
            await tools.credentials.reject(connection, session)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
            raise Transient(f"Phonero stream: no connection ({type(problem).__name__})") from None
        else:
            return socket, session
    raise NeedsSignIn("Phonero stream: a fresh session is refused")


def _refusal(status: int) -> OutsideError:
    if status == 429:
        return Throttled("Phonero stream: 429", scope="phonero:stream")
    if status >= 500 or status in {408, 425}:
        return Transient(f"Phonero stream: {status}")
    return Refused(f"Phonero stream: {status}", code=f"http_{status}")


async def _snapshot_first(lines: _Lines, connection: Connection, tools: Tools) -> AsyncGenerator[Message, None]:
    """What comes before the snapshot waits for it."""
    early: list[Message] | None = []
    until = asyncio.get_running_loop().time() + _SNAPSHOT_SECONDS
    async for text in lines.read():
        message = _read(text, connection, tools)
        if early is None:
            yield message
            continue
        if isinstance(message, Snapshot):
            yield message
            for each in early:
                yield each
            early = None
        elif "refused" in message.ignored:
            raise Refused("Phonero stream: the subscription is refused", code="subscription_refused")
        elif asyncio.get_running_loop().time() > until or len(early) >= _MOST_EARLY:
            raise Transient("Phonero stream: no snapshot")
        else:
            early.append(message)


def _read(text: str | None, connection: Connection, tools: Tools) -> Message:
    """One message that cannot be read is counted, and not the end: the next one tells the whole state again."""
    if text is None:
        return Parsed()
    try:
        return read_message(text, connection, tools.now())
    except Unreadable:
        return Parsed(ignored=("unreadable_message",))


async def _send(socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
    try:
        await socket.send_str(text)
    except (aiohttp.ClientError, ConnectionError, RuntimeError) as problem:
        raise Transient(f"Phonero stream: {type(problem).__name__}") from None


class _Lines:
    """The socket's texts, with pings on their way and silence noticed."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, ping_seconds: float) -> None:
        self._socket = socket
        self._every = ping_seconds
        self._grace = min(_GRACE_SECONDS, ping_seconds)

    async def read(self) -> AsyncGenerator[str | None, None]:
        """Texts, and None for any other sign of life; ends with the connection. Raises ``Transient`` for silence."""
        clock = asyncio.get_running_loop().time
        next_ping, give_up = clock() + self._every, clock() + _SNAPSHOT_SECONDS
        while True:
            if clock() >= next_ping:
                await self._ping()
                next_ping, give_up = clock() + self._every, min(give_up, clock() + self._grace)
            try:
                frame = await self._socket.receive(timeout=max(0.001, min(next_ping, give_up) - clock()))
            except TimeoutError:
                if clock() >= give_up:
                    raise Transient("Phonero stream: silent") from None
                continue
            give_up = float("inf")
            if frame.type is aiohttp.WSMsgType.TEXT:
                yield str(frame.data)
            elif frame.type in _OVER:
                return
            else:
                if frame.type is aiohttp.WSMsgType.PING:
                    await self._socket.pong(frame.data)
                yield None

    async def _ping(self) -> None:
        await _send(self._socket, write_ping())
        try:
            await self._socket.ping()
        except (aiohttp.ClientError, ConnectionError, RuntimeError) as problem:
            raise Transient(f"Phonero stream: {type(problem).__name__}") from None
