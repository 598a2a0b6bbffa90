"""Run the benchmarks, write build/bench.json, print the table."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
from typing import Any

from benchmarks.card import run_card
from benchmarks.figures import Row, keep, machine, show
from benchmarks.growth import run_growth
from benchmarks.ring import run_profile, run_rate, run_ring
from benchmarks.stack import running_stack
from benchmarks.trouble import run_neighbour, run_queue, run_slow_crm

RESULTS = Path(__file__).parents[1] / "build" / "bench.json"
USUAL = ("card", "ring", "rate", "slow-crm", "queue", "neighbour")
PARTS = (*USUAL, "growth", "profile")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be given again")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long a load is held (30)")
    parser.add_argument("--rate", type=float, default=50.0, help="whole calls a second of `ring` (50)")
    parser.add_argument(
        "--nodes", type=int, choices=(1, 2), action="append", help="nodes of `ring` and `rate` (1 and 2)"
    )
    parser.add_argument("--quick", action="store_true", help="a look, not a measurement: 8 seconds, one node")
    parser.add_argument("--full", action="store_true", help="with `growth`, which takes minutes")
    chosen = parser.parse_args()
    results, rows = asyncio.run(measure(chosen))
    keep(RESULTS, results)
    print(show(rows))
    print(f"\n{RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


async def measure(chosen: argparse.Namespace) -> tuple[dict[str, Any], list[Row]]:
    parts = chosen.only or [
        part for part in PARTS if part not in ("growth", "profile") or (part == "growth" and chosen.full)
    ]
    seconds = min(chosen.seconds, 8.0) if chosen.quick else chosen.seconds
    nodes = [1] if chosen.quick else chosen.nodes or [1, 2]
    results: dict[str, Any] = {"machine": machine()}
    rows: list[Row] = []

    def note(part: str, measured: tuple[dict[str, Any], list[Row]]) -> None:
        results[part] = measured[0]
        rows.extend(measured[1])
        print("\n".join(f"{row.name}: {row.value}" for row in measured[1]), flush=True)

    async with running_stack() as stack:
        if "card" in parts:
            note("card", await run_card(stack, seconds=min(seconds, 12.0)))
        if "slow-crm" in parts:
            note("slow-crm", await run_slow_crm(stack))
        if "queue" in parts:
            note("queue", await run_queue(stack))
        if "neighbour" in parts:
            note("neighbour", await run_neighbour(stack))
        for number in nodes:
            if "ring" in parts:
                note(f"ring_{number}", await run_ring(stack, nodes=number, rate=chosen.rate, seconds=seconds))
            if "rate" in parts:
                note(f"rate_{number}", await run_rate(stack, nodes=number, seconds=seconds))
        if "growth" in parts:
            note("growth", await run_growth(stack, seconds=seconds))
        if "profile" in parts:
            note("profile", await run_profile(stack, rate=min(chosen.rate, 10.0), seconds=seconds))
    results["machine"]["load_after"] = [round(each, 2) for each in os.getloadavg()]
    return results, rows


if __name__ == "__main__":
    main()
