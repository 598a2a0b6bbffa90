"""`make soak CALLS=100000`: the simulation for as many calls as asked, with progress and a summary."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections import Counter

from tests.simulation.season import DAY, Tally, explain, reports


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="how many calls in all")
    parser.add_argument("--first-seed", type=int, default=1, help="the seed of the first day; the next ones count on")
    parser.add_argument("--day", type=int, default=DAY, help="calls of one seed")
    parser.add_argument("--workers", type=int, default=None, help="processes at once (as many as processors)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no day after so many minutes")
    wanted = parser.parse_args()
    begin, tally = time.monotonic(), Tally()
    played = reports(
        wanted.first_seed, wanted.calls, day=wanted.day, workers=wanted.workers, seconds=wanted.minutes * 60
    )
    for report in played:
        tally.add(report)
        if report.wrongs:
            print(explain(report), flush=True)
        done, seconds = tally.numbers["told"], time.monotonic() - begin
        print(
            f"{done} of {wanted.calls} calls, {seconds:.0f} s, {done / seconds:.1f} calls a second, "
            f"{len(tally.failures)} of {tally.seeds} seeds failed (seed {report.seed}: {report.digest})",
            flush=True,
        )
    print(f"\nseeds {wanted.first_seed} to {wanted.first_seed + tally.seeds - 1}, {os.cpu_count()} processors")
    _show("What happened", tally.numbers)
    _show("Faults", tally.faults)
    _show("Counted", tally.notes)
    print(f"\n{time.monotonic() - begin:.0f} s")
    print(f"{len(tally.failures)} seeds failed: {', '.join(report.seed for report in tally.failures) or '-'}")
    return 1 if tally.failures else 0


def _show(title: str, counts: Counter[str]) -> None:
    print(f"\n{title}")
    for name, count in sorted(counts.items()):
        print(f"  {name.replace('_', ' '):<45} {count:>12,}")


if __name__ == "__main__":
    sys.exit(main())
