"""The retry rule as data, and the one function that follows it. No test waits: sleeping is passed in."""

from __future__ import annotations

import asyncio

import pytest

from bot.teams.retries import RINGING, RetryPolicy, send_with_retries
from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown


class Sender:
    """Fails with each error in turn, then succeeds."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.slept: list[float] = []

    async def send(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "sent"

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def run(self, *, seconds: float = 60.0, policy: RetryPolicy = RINGING, chance: float = 0.5) -> str:
        deadline = asyncio.get_running_loop().time() + seconds
        return await send_with_retries(
            self.send, policy=policy, deadline=deadline, sleep=self.sleep, chance=lambda: chance
        )


async def test_waits_grow_as_the_policy_says() -> None:
    sender = Sender(Transient("a"), Transient("b"), Transient("c"))
    assert await sender.run() == "sent"
    assert sender.slept == [0.3, 0.8, 2.0]


async def test_it_gives_up_after_the_last_attempt_with_the_last_error() -> None:
    sender = Sender(*[Transient(str(number)) for number in range(9)])
    with pytest.raises(Transient, match="3"):
        await sender.run()
    assert sender.calls == RINGING.attempts


@pytest.mark.parametrize(
    "error", [Unknown("u"), NeedsSignIn("n"), Refused("r", code="x"), Gone("g"), OutsideError("o"), ValueError("v")]
)
async def test_these_are_never_repeated(error: Exception) -> None:
    sender = Sender(error)
    with pytest.raises(type(error)):
        await sender.run()
    assert (sender.calls, sender.slept) == (1, [])


async def test_an_unknown_outcome_is_not_repeated_even_when_a_policy_asks_for_it() -> None:
    sender = Sender(Unknown("u"))
    with pytest.raises(Unknown):
        await sender.run(policy=RetryPolicy(retry=(Unknown,), never=()))
    assert sender.calls == 1


async def test_retry_after_wins_over_the_plan() -> None:
    sender = Sender(Throttled(retry_after=4.0))
    await sender.run()
    assert sender.slept == [4.0]


async def test_a_retry_after_beyond_the_cap_is_handed_to_the_caller() -> None:
    sender = Sender(Throttled(retry_after=21.0))
    with pytest.raises(Throttled):
        await sender.run()
    assert sender.calls == 1


async def test_no_attempt_begins_after_the_deadline() -> None:
    sender = Sender(Throttled(retry_after=5.0))
    with pytest.raises(Throttled):
        await sender.run(seconds=4.0)
    assert (sender.calls, sender.slept) == (1, [])


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 0.24), (0.5, 0.3), (0.999999, 0.36)])
async def test_jitter_moves_a_wait_by_its_share(chance: float, wait: float) -> None:
    sender = Sender(Transient("a"))
    await sender.run(chance=chance)
    assert sender.slept == pytest.approx([wait], abs=1e-5)


async def test_cancellation_passes_through() -> None:
    sender = Sender(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await sender.run()
    assert sender.calls == 1
