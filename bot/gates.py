"""Room for so many at a time, for each key apart: what strangers make us do waits behind itself, not before others."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Crowded(Exception):
    """The line is as long as it may be."""


class Gates:
    """``room`` at a time behind each key; the others wait in the order they came, at most ``patience`` seconds, and at
    most ``line`` of them."""

    def __init__(self, *, room: int, patience: float, line: float = math.inf) -> None:
        self._room = room
        self._patience = patience
        self._most = room + line
        self._gates: dict[Hashable, _Gate] = {}

    @asynccontextmanager
    async def through(self, key: Hashable) -> AsyncIterator[None]:
        """Raises TimeoutError for who has waited too long, and Crowded at once where no more may wait."""
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = _Gate(self._room)
        if gate.users >= self._most:
            raise Crowded
        gate.users += 1
        try:
            if gate.free.locked():
                async with asyncio.timeout(self._patience):
                    await gate.free.acquire()
            else:
                await gate.free.acquire()
            try:
                yield
            finally:
                gate.free.release()
        finally:
            gate.users -= 1
            if not gate.users:
                del self._gates[key]

    def __len__(self) -> int:
        """How many keys somebody is at."""
        return len(self._gates)


class _Gate:
    __slots__ = ("free", "users")

    def __init__(self, room: int) -> None:
        self.free = asyncio.Semaphore(room)
        self.users = 0
