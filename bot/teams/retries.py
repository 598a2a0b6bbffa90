"""Repeating a send: the rule as data, and the one function that follows it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """When and how often a failed send is repeated. Everything not in ``retry`` is raised at once."""

    attempts: int = 4  # the first included
    waits: tuple[float, ...] = (0.3, 0.8, 2.0)  # seconds before attempt 2, 3, 4; the last one repeats
    jitter: float = 0.2  # share of a wait by which it may be shorter or longer
    cap: float = 20.0  # seconds; a Retry-After beyond it is not waited for but handed to the caller
    retry: tuple[type[OutsideError], ...] = (Throttled, Transient)
    never: tuple[type[OutsideError], ...] = (NeedsSignIn, Refused, Gone, Unknown)  # wins over ``retry``

    def wait(self, failures: int, error: OutsideError, chance: float) -> float | None:
        """Seconds before the next attempt after ``failures`` failed ones; None: give up. ``chance`` is in [0, 1)."""
        if failures >= self.attempts or isinstance(error, self.never) or not isinstance(error, self.retry):
            return None
        if isinstance(error, Throttled) and error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.cap else None
        planned = self.waits[min(failures, len(self.waits)) - 1] if self.waits else 0.0
        return min(self.cap, planned * (1 + self.jitter * (2 * chance - 1)))


RINGING = RetryPolicy()  # short: a ringing phone does not wait
ONCE = RetryPolicy(attempts=1)  # for callers that keep their own time table


async def send_with_retries(
    send: Callable[[], Awaitable[T]],
    *,
    policy: RetryPolicy,
    deadline: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    chance: Callable[[], float] = random.random,
) -> T:
    """Call ``send`` until it succeeds, the policy gives up, or the next attempt would begin after ``deadline`` (loop
    time); then the last error is raised. Cancellation passes through. A send whose outcome is Unknown is never
    repeated, whatever the policy says."""
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        try:
            return await send()
        except Unknown:
            raise
        except OutsideError as error:
            failures += 1
            wait = policy.wait(failures, error, chance())
            if wait is None or loop.time() + wait >= deadline:
                raise
        await sleep(wait)
