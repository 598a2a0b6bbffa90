"""Telephone calls at a given rate: an open loop, which sends when it is time and not when the last answer came."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from benchmarks.company import events_path, line

_numbers = itertools.count(0)  # no caller calls twice in a run
# Seconds from the ring, from and to. Chance decides (the same each time), and in which moment of its slot a call
# begins: with fixed times the events of three calls would come in the very same millisecond, always.
ANSWER_AFTER, END_AFTER = (0.4, 1.0), (1.2, 1.8)


@dataclass(kw_only=True, slots=True)
class Sent:
    """One call as its operator sees it; times of the monotonic clock."""

    caller: str  # eight digits
    place: int  # of its tenant
    rang_at: float = 0.0
    acks: list[float] = field(default_factory=list)  # seconds each delivery took
    failed: int = 0  # deliveries that were not acknowledged


@dataclass(kw_only=True, slots=True)
class Load:
    """Everything that was sent."""

    calls: list[Sent] = field(default_factory=list)
    late: list[float] = field(default_factory=list)  # seconds by which the generator itself was behind


async def ring_many(
    http: aiohttp.ClientSession, nodes: Sequence[str], *, rate: float, seconds: float, tenants: int
) -> Load:
    """``rate`` whole calls a second for ``seconds``: ring, answer, end each; deliveries go to the nodes in turn."""
    load, running, chance = Load(), set(), random.Random(rate)
    turn = itertools.cycle(nodes)
    begin = time.monotonic()
    for place in range(int(rate * seconds)):
        due = begin + (place + chance.random()) / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        load.late.append(time.monotonic() - due)
        call = Sent(caller=f"4{next(_numbers):07d}", place=place % tenants)
        load.calls.append(call)
        answered, ended = due + chance.uniform(*ANSWER_AFTER), due + chance.uniform(*END_AFTER)
        task = asyncio.create_task(_whole_call(http, turn, call, answered, ended))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    return load


async def _whole_call(
    http: aiohttp.ClientSession, turn: itertools.cycle[str], call: Sent, answered: float, ended: float
) -> None:
    call.rang_at = time.monotonic()
    await tell(http, next(turn), call, "newCall")
    await asyncio.sleep(max(0.0, answered - time.monotonic()))
    await tell(http, next(turn), call, "answer")
    await asyncio.sleep(max(0.0, ended - time.monotonic()))
    await tell(http, next(turn), call, "hangup", cause="normalClearing")


async def tell(
    http: aiohttp.ClientSession,
    node: str,
    call: Sent,
    event: str,
    *,
    to: str | None = None,
    members: Sequence[str] = ("w0",),
    **more: str,
) -> None:
    """One delivery, tried up to three times, as operators do, and when it is told to come again. ``members`` are whose
    phones ring."""
    called = (to or line(call.place)).removeprefix("+")
    form = [("event", event), ("callId", f"c{call.caller}"), ("from", f"47{call.caller}"), ("to", called)]
    form += [("direction", "in"), *more.items()]
    if event == "newCall":
        form += [("userId[]", member) for member in members] + [("user[]", member) for member in members]
    if event == "answer":
        form.append(("answeringNumber", called))
    for _ in range(3):
        began, pause = time.monotonic(), 0.2
        try:
            async with http.post(node + events_path(call.place), data=form) as answer:
                await answer.read()
                call.acks.append(time.monotonic() - began)
                if answer.status < 300:
                    return
                pause = float(answer.headers.get("Retry-After", pause))
        except aiohttp.ClientError:
            call.acks.append(time.monotonic() - began)
        await asyncio.sleep(pause)
    call.failed += 1
