"""Many seeds, on as many processors as there are, each against a packaged PostgreSQL of its own.

What others do on the same server decides when the space of old rows is used again, and so the order in which rows
without ORDER BY come back: a seed would not be played the same way twice.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.simulation.faults import ROUGH, Odds
from tests.simulation.play import Report, play
from tests.simulation.postgres import FLAGS
from tests.support.servers import FAST, TestServer, running_server

DAY = 250  # calls of one seed


@dataclass(kw_only=True)
class Tally:
    """What all seeds together came to."""

    seeds: int = 0
    numbers: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    failures: list[Report] = field(default_factory=list)

    def add(self, report: Report) -> None:
        self.seeds += 1
        self.numbers += report.numbers
        self.faults += report.faults
        self.notes += report.notes
        if report.wrongs:
            self.failures.append(report)


def reports(
    first_seed: int,
    calls: int,
    *,
    day: int = DAY,
    workers: int | None = None,
    odds: Odds = ROUGH,
    seconds: float = math.inf,
) -> Iterator[Report]:
    """Play seed after seed until there have been so many calls, or no time is left for another. Reports come as they
    are done. A seed that cannot be played to its end is a failure like a rule that was broken."""
    until = time.monotonic() + seconds
    days = [min(day, calls - begun) for begun in range(0, calls, day)]
    count = workers or os.cpu_count() or 1
    running: dict[Future[Report], _Day] = {}
    with asyncio.Runner() as runner:
        serving = [running_server(f"{FAST} {FLAGS}") for _ in range(min(count, len(days)))]
        idle = [runner.run(each.__aenter__()) for each in serving]
        try:
            with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
                for place, size in enumerate(days):
                    if time.monotonic() >= until:
                        break
                    if not idle:
                        yield from _finished(runner, running, idle)
                    server = idle.pop()
                    begun = _Day(
                        seed=str(first_seed + place), calls=size, server=server, url=runner.run(server.create())
                    )
                    running[pool.submit(play, begun.seed, begun.url, calls=size, odds=odds)] = begun
                while running:
                    yield from _finished(runner, running, idle)
        finally:
            for each in serving:
                runner.run(each.__aexit__(None, None, None))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Day:
    seed: str
    calls: int
    server: TestServer
    url: str


def _finished(runner: asyncio.Runner, running: dict[Future[Report], _Day], idle: list[TestServer]) -> Iterator[Report]:
    """Wait for the next ones, and give their servers back."""
    for done in wait(running, return_when=FIRST_COMPLETED).done:
        day = running.pop(done)
        runner.run(day.server.drop(day.url))
        idle.append(day.server)
        problem = done.exception()
        yield done.result() if problem is None else _broken_off(day.seed, day.calls, problem)


def _broken_off(seed: str, calls: int, problem: BaseException) -> Report:
    wrong = f"the simulation itself broke off: {problem!r}"
    return Report(seed=seed, calls=calls, digest="-", wrongs=(wrong,), faults=Counter(), notes=Counter())


def explain(report: Report) -> str:
    """What is wrong, and how to see it again."""
    wrongs = "\n".join(f"  {wrong}" for wrong in report.wrongs[:20])
    return (
        f"seed {report.seed}: {len(report.wrongs)} rules broken\n{wrongs}\n"
        f"again: .venv/bin/python -m tests.simulation --first-seed {report.seed} --calls {report.calls} "
        f"--day {report.calls}"
    )
