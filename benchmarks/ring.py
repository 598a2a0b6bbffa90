"""From the operator's event to the card at Teams, with every outside answer at 0 ms; how many calls a node holds."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Row, milliseconds, percentile, spread
from benchmarks.load import Load, ring_many
from benchmarks.processes import module
from benchmarks.stack import TENANTS, Stack, spent

ENDED, LOGGED = "Samtale avsluttet", "Journalført i"  # what a card of a finished call says, in the tenant's language
_NAME = re.compile(r"Ringer (\d{8})")
SETTLE_SECONDS = 45.0
WARM_SECONDS = 4.0
RATES = (10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 50.0, 60.0, 80.0, 100.0, 120.0, 150.0, 200.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a load came to."""

    figures: dict[str, Any]
    faults: list[str]  # empty: nothing lost, nothing twice


async def hold(stack: Stack, *, rate: float, seconds: float) -> Outcome:
    """Send calls, wait until everything is done, and look at every card and journal entry."""
    await stack.ask("DELETE", "log")
    before, began = stack.cpu(), time.monotonic()
    load = await ring_many(stack.http, stack.addresses, rate=rate, seconds=seconds, tenants=TENANTS)
    behind = await _settle(stack, load)
    cost = {part: round((used - before[part]) / len(load.calls) * 1e3, 2) for part, used in stack.cpu().items()}
    log = await stack.ask("GET", "log")
    posted = first_cards(log)
    overhead = [posted[call.caller] - call.rang_at for call in load.calls if call.caller in posted]
    figures = {
        "rate": rate,
        "seconds": seconds,
        "calls": len(load.calls),
        "ring_to_card": spread(overhead),
        "acknowledged": spread([ack for call in load.calls for ack in call.acks]),
        "generator_late_p99_ms": round(percentile(load.late, 0.99) * 1e3, 2),
        "settled_after_s": round(behind, 1),
        "cards_per_call": round(len(log["sent"]) / max(1, len(load.calls)), 2),
        "cpu_ms_per_call": cost,
        "wall_s": round(time.monotonic() - began, 1),
    }
    return Outcome(figures=figures, faults=_faults(load, log))


async def _settle(stack: Stack, load: Load) -> float:
    """Wait until every call is in the journal and no row is open; how long that took."""
    began = time.monotonic()
    open_rows = (
        "SELECT (SELECT count(*) FROM smartcall.popup WHERE due_at IS NOT NULL)"
        " + (SELECT count(*) FROM smartcall.journal WHERE due_at IS NOT NULL) AS n"
    )
    while time.monotonic() - began < SETTLE_SECONDS:
        if (await stack.ask("GET", "count"))["journal"] >= len(load.calls) and not (await stack.sql(open_rows))[0]["n"]:
            break
        await asyncio.sleep(0.5)
    return time.monotonic() - began


def first_cards(log: dict[str, Any]) -> dict[str, float]:
    """When the first card about each caller came. A card that had no name at first is known by what it says now."""
    owners = caller_of_card(log)
    return {owners[card]: at for at, method, card, _ in reversed(log["sent"]) if method == "POST"}


def caller_of_card(log: dict[str, Any]) -> dict[str, str]:
    found = {card: _NAME.search(body) for card, body in log["cards"].items()}
    named = {card: match[1] if match else "" for card, match in found.items()}
    return named | {card: caller for _, _, card, caller in log["sent"] if caller}


def _faults(load: Load, log: dict[str, Any]) -> list[str]:
    posts: dict[str, list[str]] = {}
    owners = caller_of_card(log)
    for _, method, card_id, _ in log["sent"]:
        if method == "POST":
            posts.setdefault(owners[card_id], []).append(card_id)
    journal = [number.removeprefix("+47") for number in log["journal"]]
    faults = []
    for call in load.calls:
        cards = posts.get(call.caller, [])
        if call.failed:
            faults.append(f"{call.caller}: a delivery was never acknowledged")
        if len(cards) != 1:
            faults.append(f"{call.caller}: {len(cards)} cards")
        elif not (ENDED in log["cards"][cards[0]] and LOGGED in log["cards"][cards[0]]):
            faults.append(f"{call.caller}: its card does not end as it should")
        if journal.count(call.caller) != 1:
            faults.append(f"{call.caller}: {journal.count(call.caller)} journal entries")
    return faults


async def relay(stack: Stack, *, rate: float, seconds: float) -> dict[str, Any]:
    """The same way with nothing in between: what the machine itself takes now."""
    child = await stack.family.start(module("benchmarks.relay"), "relay ready:", RELAY_TO=stack.twins.address)
    await stack.ask("DELETE", "log")
    sent: dict[str, float] = {}
    acks: list[float] = []

    async def one(key: str) -> None:
        sent[key] = time.monotonic()
        async with stack.http.post(f"{child.address}/events/{key}", data={"event": "newCall", "callId": key}) as answer:
            await answer.read()
        acks.append(time.monotonic() - sent[key])

    cpu, begin, tasks = spent(child), time.monotonic(), []
    for place in range(int(rate * 3 * seconds)):  # as many events as whole calls have
        await asyncio.sleep(max(0.0, begin + place / rate / 3 - time.monotonic()))
        tasks.append(asyncio.create_task(one(str(place))))
    await asyncio.gather(*tasks)
    await asyncio.sleep(0.5)
    relayed = (await stack.ask("GET", "log"))["relayed"]
    used = (spent(child) - cpu) / (rate * seconds) * 1e3  # three events are a call
    await child.stop()
    ways = [at - sent[key] for key, at in relayed.items()]
    return {"ring_to_card": spread(ways), "acknowledged": spread(acks), "cpu_ms_per_call": round(used, 2)}


async def run_ring(stack: Stack, *, nodes: int, rate: float, seconds: float) -> tuple[dict[str, Any], list[Row]]:
    control = await relay(stack, rate=rate, seconds=min(seconds, 10.0))
    await stack.run_nodes(nodes)
    await hold(stack, rate=min(rate, 20.0), seconds=WARM_SECONDS)
    outcome = await hold(stack, rate=rate, seconds=seconds)
    again = await relay(stack, rate=rate, seconds=min(seconds, 10.0))
    ours, bare = outcome.figures["ring_to_card"], control["ring_to_card"]
    ack = outcome.figures["acknowledged"]
    found = {
        **outcome.figures,
        "nodes": nodes,
        "faults": outcome.faults[:20],
        "relay_before": control,
        "relay_after": again,
    }
    name = f"{rate:.0f} calls/s, {nodes} node{'s' * (nodes > 1)}"
    rows = [
        Row(
            name=f"ring to card, {name}",
            value=milliseconds(ours),
            beside=f"bare relay {milliseconds(bare)}",
            ratio=ours["p50_ms"] / bare["p50_ms"],
            target="p50 10, p99 30",
            met=ours["p50_ms"] <= 10 and ours["p99_ms"] <= 30,
        ),
        Row(
            name=f"webhook acknowledged, {name}",
            value=milliseconds(ack),
            beside=f"bare relay {milliseconds(control['acknowledged'])}",
            ratio=ack["p50_ms"] / control["acknowledged"]["p50_ms"],
            target="p99 < 20",
            met=ack["p99_ms"] < 20,
        ),
        Row(
            name=f"lost or twice, {name}",
            value=f"{len(outcome.faults)} of {found['calls']}",
            target="0",
            met=not outcome.faults,
        ),
        Row(
            name=f"CPU of a call, {name}",
            value=", ".join(f"{part} {spent:.1f} ms" for part, spent in found["cpu_ms_per_call"].items()),
            beside=f"bare relay {control['cpu_ms_per_call']:.1f} ms",
            ratio=found["cpu_ms_per_call"]["nodes"] / control["cpu_ms_per_call"],
        ),
    ]
    return found, rows


async def run_rate(stack: Stack, *, nodes: int, seconds: float) -> tuple[dict[str, Any], list[Row]]:
    """Step upwards until a rate is not held: something lost, or more behind than one second's calls at the end."""
    await stack.run_nodes(nodes)
    await hold(stack, rate=20, seconds=WARM_SECONDS)
    steps: list[dict[str, Any]] = []
    held: dict[str, Any] | None = None
    for rate in RATES:
        outcome = await hold(stack, rate=rate, seconds=seconds)
        good = not outcome.faults and outcome.figures["ring_to_card"]["p99_ms"] < 1000
        steps.append({**outcome.figures, "held": good, "faults": len(outcome.faults), "examples": outcome.faults[:5]})
        if not good:
            break
        held = outcome.figures
    name = f"{nodes} node{'s' * (nodes > 1)}"
    value = f"{held['rate']:.0f} calls/s, {milliseconds(held['ring_to_card'])}" if held else "none"
    row = Row(
        name=f"highest rate held {seconds:.0f} s, {name}",
        value=value,
        target="100",
        met=bool(held and held["rate"] >= 100),
    )
    return {"nodes": nodes, "steps": steps, "held": held["rate"] if held else 0}, [row]


async def run_profile(stack: Stack, *, rate: float, seconds: float) -> tuple[dict[str, Any], list[Row]]:
    """Where a call's time goes: round trips to PostgreSQL by statement, and the costliest functions."""
    path = stack.family.folder / "profile.json"
    await stack.run_nodes(1, program=module("benchmarks.inspected"), INSPECTED_TO=str(path))
    await hold(stack, rate=rate, seconds=WARM_SECONDS)
    stack.nodes[0].process.send_signal(signal.SIGUSR1)
    outcome = await hold(stack, rate=rate, seconds=seconds)
    await stack.stop_nodes()
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    calls = outcome.figures["calls"]
    trips = {statement: round(times / calls, 2) for statement, times in found["round_trips"].items()}
    server = {statement: round(spent / calls, 3) for statement, spent in found["server_ms"].items()}
    total = f"{sum(trips.values()):.0f}, {sum(server.values()):.1f} ms of its CPU"
    rows = [Row(name="round trips to PostgreSQL of a whole call", value=total)]
    rows += [
        Row(name=f"  {statement[:70]}", value=f"{times:.1f}, {server.get(statement, 0):.2f} ms")
        for statement, times in trips.items()
        if times >= 0.5
    ]
    for kind in ("own", "below"):
        shares = list(found[kind].items())[:40]
        rows += [Row(name=f"  {place[-70:]}", value=f"{share:.1%} ({kind})") for place, share in shares]
    return {**found, "round_trips": trips, "server_ms": server, "figures": outcome.figures}, rows
