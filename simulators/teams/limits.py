"""Teams' rate limits, as sliding windows.

Figures: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit, which calls them estimates. That
page names sending and creating; edits and deletes are counted as sending here. Refused requests are not counted.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable

Windows = tuple[tuple[float, int], ...]
"""(seconds, requests) pairs that all hold."""

SEND: Windows = ((1, 7), (2, 8), (30, 60), (3600, 1800))
CREATE: Windows = SEND
READ: Windows = ((1, 14), (2, 16), (30, 120), (3600, 3600))
TENANT: Windows = ((1, 50),)


class Limits:
    """What has been asked lately, per key. Times are loop times."""

    def __init__(self) -> None:
        self._times: dict[Hashable, deque[float]] = {}

    def take(self, wanted: tuple[tuple[Hashable, Windows], ...], now: float) -> int | None:
        """Count one request against every key, or, when one is full, none: then the seconds for Retry-After."""
        wait = max((self._wait(key, windows, now) for key, windows in wanted), default=0.0)
        if wait > 0:
            return max(1, math.ceil(wait))
        for key, _ in wanted:
            self._times[key].append(now)
        return None

    def _wait(self, key: Hashable, windows: Windows, now: float) -> float:
        times = self._times.setdefault(key, deque())
        longest = max(seconds for seconds, _ in windows)
        while times and times[0] <= now - longest:
            times.popleft()
        return max(
            (times[-count] + seconds - now if len(times) >= count else 0.0 for seconds, count in windows), default=0.0
        )
