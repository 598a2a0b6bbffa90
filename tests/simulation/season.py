"""Many seeds, on as many processors as there are, against one packaged PostgreSQL."""

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
    running: dict[Future[Report], tuple[str, str]] = {}  # seed and database
    with asyncio.Runner() as runner:
        serving = running_server(f"{FAST} {FLAGS}")
        server = runner.run(serving.__aenter__())
        try:
            with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
                for place, size in enumerate(days):
                    if time.monotonic() >= until:
                        break
                    url, seed = runner.run(server.create()), str(first_seed + place)
                    running[pool.submit(play, seed, url, calls=size, odds=odds)] = (seed, url)
                    if len(running) >= count:
                        yield from _finished(runner, server, running, day)
                while running:
                    yield from _finished(runner, server, running, day)
        finally:
            runner.run(serving.__aexit__(None, None, None))


def _finished(
    runner: asyncio.Runner, server: TestServer, running: dict[Future[Report], tuple[str, str]], day: int
) -> Iterator[Report]:
    """Wait for the next ones, and give their databases back."""
    for done in wait(running, return_when=FIRST_COMPLETED).done:
        seed, url = running.pop(done)
        runner.run(server.drop(url))
        problem = done.exception()
        yield done.result() if problem is None else _broken_off(seed, day, problem)


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
