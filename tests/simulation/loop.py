"""Virtual time: an event loop whose clock jumps to whatever is due next, and never waits.

Statements for the real PostgreSQL are carried out between two rounds of the loop, one at a time and in the order in
which they were asked, while virtual time stands still (:mod:`tests.simulation.postgres`).
"""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable
from typing import Any


class NothingLeft(Exception):
    """Everybody waits, and nothing is due: the simulation itself is stuck."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """``time()`` begins at 0 and is in virtual seconds."""

    def __init__(self) -> None:
        self.virtual = 0.0
        self.between: deque[Callable[[], None]] = deque()  # done one a round, outside any task
        super().__init__(_Jumping(self))
        self._clock_resolution = 1e-6  # so that rounding does not make a timer late for ever

    def time(self) -> float:
        return self.virtual


class _Jumping(selectors.DefaultSelector):
    """Where a loop waits for the world, ours works for it or lets the time go by."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if self._loop.between:
            self._loop.between.popleft()()
        elif timeout is None:
            raise NothingLeft
        elif timeout > 0:
            self._loop.virtual += timeout
        return []
