"""Who was refused at a door: each is counted, and of each reason a line in ten seconds is written down.

A log line for each would let whoever floods a door flood the log too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from calls import telemetry

QUIET = 10.0  # seconds after a line in which the same reason is only counted
_REASONS = 100  # kept apart; they are words of ours


class Refusals:
    """Of one door."""

    def __init__(self, door: str, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._door = door
        self._log = log
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}  # by reason: when last, and how many since

    def note(self, what: str, reason: str, *, level: int) -> None:
        """``what`` was refused; ``reason`` holds nothing that came from outside."""
        telemetry.refused.add(1, {"door": self._door})
        now = self._clock()
        said_at, untold = self._said.get(reason, (-QUIET, 0))
        if now - said_at < QUIET:
            self._said[reason] = (said_at, untold + 1)
            return
        if len(self._said) >= _REASONS:
            self._said.clear()
        self._said[reason] = (now, 0)
        self._log.log(level, "%s: %s%s", what, reason, f" ({untold} more since the last line)" if untold else "")
