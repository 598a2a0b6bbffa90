"""Room for so many at a time, where those who wait are let in by turns: one of each party, then one of each again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable


class Turns:
    """Like :class:`asyncio.Semaphore`, and who brings many waits behind his own alone. Within a party, first come first
    served."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lines: dict[Hashable, deque[asyncio.Future[None]]] = {}  # in the order of their turns; none is empty

    async def take(self, party: Hashable) -> None:
        """Wait for room. Whoever is let in gives it back."""
        if self._room:
            self._room -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(party, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # let in, and cancelled before it noticed
                self.give_back()
            raise

    def give_back(self) -> None:
        """Let in whose turn it is, or keep the room for the next one who comes."""
        while self._lines:
            party = next(iter(self._lines))
            line = self._lines.pop(party)
            turn = line.popleft()
            if line:
                self._lines[party] = line  # behind all others
            if not turn.done():
                turn.set_result(None)
                return
        self._room += 1
