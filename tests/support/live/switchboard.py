"""A load balancer in miniature: one address for the outside, and behind it whichever node a test has chosen."""

from __future__ import annotations

import asyncio
import contextlib


class Switchboard:
    """Passes TCP connections on to the first of the chosen ports that takes them."""

    def __init__(self) -> None:
        self._ports: tuple[int, ...] = ()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> str:
        """Listen; returns the address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def choose(self, *ports: int) -> None:
        """From now on to these, the first that answers; connections to others are closed."""
        self._ports = ports
        for writer in tuple(self._open):
            writer.close()

    async def stop(self) -> None:
        self.choose()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            for port in self._ports:
                try:
                    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    continue
                await self._join(reader, writer, inner_reader, inner_writer)
                return
        finally:
            self._open.discard(writer)
            writer.close()

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        inner_reader: asyncio.StreamReader,
        inner_writer: asyncio.StreamWriter,
    ) -> None:
        self._open.add(inner_writer)
        ways = [asyncio.create_task(_pump(reader, inner_writer)), asyncio.create_task(_pump(inner_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(inner_writer)
            inner_writer.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
