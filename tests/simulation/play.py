"""One seed, played from beginning to end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.check import check_all, read_end
from tests.simulation.faults import ROUGH, Odds
from tests.simulation.retention import check_kept
from tests.simulation.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What happened on one seed's day."""

    seed: str
    calls: int
    digest: str  # equal for equal runs
    wrongs: tuple[str, ...]  # broken rules; empty is good
    faults: Counter[str]
    notes: Counter[str]
    numbers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0  # real ones


def play(
    seed: str,
    url: str,
    *,
    calls: int,
    odds: Odds = ROUGH,
    nodes: int | None = None,
    prepare: Callable[[World], None] = lambda _: None,
) -> Report:
    """Play a day of ``calls`` calls on the empty, migrated database at ``url``. Seeds choose two or three nodes.
    ``prepare`` may change the world before the day begins."""
    begin = time.perf_counter()
    world = World(seed, url, odds, nodes=nodes or 2 + sum(seed.encode()) % 2)
    try:
        prepare(world)
        world.run(calls, apart=3.0)
        end = world.postgres.run_outside(read_end(world))
        check_all(end)
        numbers = Counter(
            told=calls,
            calls=len(end.calls),
            events=world.events_delivered,
            popups=sum(len(rows) for rows in end.popups.values()),
            cards=len(world.teams.messages),
            updates=world.teams.edits,
            second_posts=world.teams.second_posts,
            journal_entries=len(world.crms.entries),
            journal_requests=world.crms.journal_requests,
            presses=world.employees.presses,
            calls_asked_for=len(world.switch.orders),
            calls_placed=len(world.switch.placed),
            statements=world.postgres.statements,
            deadlocks=world.postgres.deadlocks,
            jobs_lapsed=world.board.lapsed,
            virtual_seconds=int(world.loop.time()),
        )
        world.loop.run_until_complete(check_kept(end))
        return Report(
            seed=seed,
            calls=calls,
            digest=world.digest,
            wrongs=tuple(world.wrongs),
            faults=world.faults.counts,
            notes=world.notes,
            numbers=numbers,
            seconds=time.perf_counter() - begin,
        )
    finally:
        world.close()
