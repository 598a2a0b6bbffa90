"""HTTP by hand, as no honest client writes it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back before the connection was closed. Status 0: nothing."""

    status: int
    raw: bytes

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace")


async def exchange(address: str, *parts: bytes, pause: float = 0.0, patience: float = 12.0) -> Answer:
    """Send the parts with a pause after each, and read until the server closes; TimeoutError when it does not."""
    return await stream(address, _with_pauses(parts, pause), patience=patience)


async def stream(address: str, parts: AsyncIterator[bytes], *, patience: float = 12.0) -> Answer:
    """The same for parts that are made while they are sent; sending stops when the server answers."""
    place = urlsplit(address)
    async with asyncio.timeout(patience):
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        reading = asyncio.create_task(_read(reader))
        try:
            async for part in parts:
                if reading.done():
                    break
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        try:
            raw = await reading
        finally:
            reading.cancel()
            writer.close()
    found = _STATUS.match(raw)
    return Answer(status=int(found[1]) if found else 0, raw=raw)


def request(
    method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]] = (), body: bytes = b"", *, length: bool = True
) -> bytes:
    """A request that asks the server to close afterwards."""
    given = [(b"Host", b"calls.example"), (b"Connection", b"close"), *headers]
    if length:
        given.append((b"Content-Length", str(len(body)).encode()))
    head = b"".join(name + b": " + value + b"\r\n" for name, value in given)
    return method + b" " + target + b" HTTP/1.1\r\n" + head + b"\r\n" + body


async def _with_pauses(parts: Iterable[bytes], pause: float) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
        if pause:
            await asyncio.sleep(pause)


async def _read(reader: asyncio.StreamReader) -> bytes:
    parts = []
    try:
        while part := await reader.read(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)
