"""Things that are slow for a reason: a CRM that takes five seconds, fifteen phones at once, and a customer whom
everybody calls."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

from benchmarks.company import LARGE, LARGE_TENANT, QUEUE_MEMBERS, line
from benchmarks.figures import Row, milliseconds, spread
from benchmarks.load import Sent, tell
from benchmarks.ring import first_cards
from benchmarks.stack import Stack

_numbers = itertools.count(9_000_000)
CRM_SECONDS = 5.0
CALLS = 12
CROWD = 300  # calls of one customer in the same moment
CROWD_SECONDS = 30.0  # until the last of their cards is there: a customer's share of Teams is 50 requests a second


async def run_slow_crm(stack: Stack) -> tuple[dict[str, Any], list[Row]]:
    """Single calls, each to another customer: how long until the first card, although nobody has named the caller."""
    await stack.run_nodes(1)
    await stack.ask("DELETE", "log")
    await stack.ask("PUT", "delay", {"crm": CRM_SECONDS})
    calls = [Sent(caller=f"4{next(_numbers)}", place=place) for place in range(CALLS)]
    try:
        for call in calls:
            call.rang_at = time.monotonic()
            await tell(stack.http, stack.addresses[0], call, "newCall")
            await asyncio.sleep(0.3)
        await asyncio.sleep(CRM_SECONDS + 2)
        log = await stack.ask("GET", "log")
    finally:
        await stack.ask("PUT", "delay", {"crm": 0.0})
    firsts = first_cards(log)
    waits = [firsts[call.caller] - call.rang_at for call in calls if call.caller in firsts]
    found = spread(waits)
    named = sum(f"Ringer {call.caller}" in "".join(log["cards"].values()) for call in calls)
    row = Row(
        name=f"ring to first card, CRM answers after {CRM_SECONDS:.0f} s",
        value=f"{milliseconds(found)}, {len(waits)} of {CALLS} cards, {named} named in the end",
        target="at most 1200 ms",
        met=len(waits) == CALLS and found["p99_ms"] <= 1200,
    )
    return {**found, "named_in_the_end": named}, [row]


async def run_queue(stack: Stack) -> tuple[dict[str, Any], list[Row]]:
    """One call that rings at fifteen phones of one customer, with Teams' limits for a customer on."""
    await stack.run_nodes(1)
    await stack.ask("DELETE", "log")
    call = Sent(caller=f"4{next(_numbers)}", place=LARGE_TENANT)
    users = {f"user{place}": f"w{place}" for place in range(QUEUE_MEMBERS)}
    call.rang_at = time.monotonic()
    await tell(stack.http, stack.addresses[0], call, "newCall", to="+4722000000", members=list(users.values()))
    await asyncio.sleep(3)
    await tell(stack.http, stack.addresses[0], call, "answer", to=line(LARGE_TENANT, 3))
    answered_at = time.monotonic()
    await asyncio.sleep(5)
    log = await stack.ask("GET", "log")
    posts = [at - call.rang_at for at, method, _, _ in log["sent"] if method == "POST"]
    first_update = {
        card: at for at, method, card, _ in reversed(log["sent"]) if method == "PUT" and at > answered_at - 1
    }
    updates = [at - answered_at for at in first_update.values()]
    found = {"posts": spread(posts), "updates": spread(updates)}
    rows = [
        Row(
            name=f"queue of {QUEUE_MEMBERS}: ring to each card",
            value=f"{milliseconds(found['posts'])}, {len(posts)} cards",
            target=f"{QUEUE_MEMBERS} cards",
            met=len(posts) == QUEUE_MEMBERS,
        ),
        Row(
            name=f"queue of {QUEUE_MEMBERS}: answered to each update",
            value=f"{milliseconds(found['updates'])}, {len(updates)} cards",
            target=f"{QUEUE_MEMBERS} cards",
            met=len(updates) == QUEUE_MEMBERS,
        ),
    ]
    return found, rows


async def run_neighbour(stack: Stack) -> tuple[dict[str, Any], list[Row]]:
    """Single calls of small customers, alone, and while a large one has hundreds in the same moment."""
    await stack.run_nodes(1)
    await stack.ask("DELETE", "log")
    alone = await _single_calls(stack)
    until = time.monotonic() + CROWD_SECONDS
    ringing = asyncio.gather(*(_ring(stack, LARGE_TENANT, place % LARGE) for place in range(CROWD)))
    beside = await _single_calls(stack)
    await ringing
    while _posts(log := await stack.ask("GET", "log")) < CROWD + 2 * CALLS and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    firsts = first_cards(log)
    single = {
        name: [firsts[call.caller] - call.rang_at for call in calls if call.caller in firsts]
        for name, calls in (("alone", alone), ("beside", beside))
    }
    found = {name: spread(waits) for name, waits in single.items()}
    posts = _posts(log)
    crowd = posts - sum(map(len, single.values()))
    rows = [
        Row(
            name="ring to card, single calls",
            value=f"{milliseconds(found['alone'])}, {found['alone']['n']} of {CALLS} cards",
        ),
        Row(
            name=f"the same, beside {CROWD} calls of another customer",
            value=f"{milliseconds(found['beside'])}, {found['beside']['n']} of {CALLS} cards",
            beside=f"{crowd} of {CROWD} cards of the other's",
            ratio=found["beside"]["p50_ms"] / max(found["alone"]["p50_ms"], 0.1),
            target="all cards",
            met=posts == CROWD + 2 * CALLS,
        ),
    ]
    return {**found, "cards": posts}, rows


def _posts(log: dict[str, Any]) -> int:
    return sum(method == "POST" for _, method, _, _ in log["sent"])


async def _single_calls(stack: Stack) -> list[Sent]:
    calls = []
    for place in range(CALLS):
        await asyncio.sleep(0.3)
        calls.append(await _ring(stack, place))
    return calls


async def _ring(stack: Stack, place: int, member: int = 0) -> Sent:
    call = Sent(caller=f"4{next(_numbers)}", place=place, rang_at=time.monotonic())
    await tell(stack.http, stack.addresses[0], call, "newCall", to=line(place, member), members=[f"w{member}"])
    return call
