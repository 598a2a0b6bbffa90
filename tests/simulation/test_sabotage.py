"""That each rule of the model can fail: what is broken on purpose is noticed by the right rule, and by no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest

from tests.simulation.broken_cards import CARDS
from tests.simulation.broken_intake import INTAKE
from tests.simulation.broken_journal import CALLING, JOURNAL
from tests.simulation.broken_streams import STREAMS
from tests.simulation.faults import FAIR
from tests.simulation.play import Report
from tests.simulation.postgres import FLAGS
from tests.simulation.sabotage import Sabotage, play_broken, uncalled_for, unnoticed
from tests.support.servers import FAST, running_server

SABOTAGES = INTAKE.rows | CARDS.rows | JOURNAL.rows | CALLING.rows | STREAMS.rows
# Until it is noticed: what goes wrong seldom may not go wrong on the first days.
SEEDS = ("1", "2", "3", "4", "5", "6", "7", "8")

Player = Callable[[str, str], Report]


@pytest.fixture(scope="module")
def play_day() -> Iterator[Player]:
    """Plays a sabotage's day on a seed, in a process that nothing else is broken in."""
    with asyncio.Runner() as runner:
        serving = running_server(f"{FAST} {FLAGS}")
        server = runner.run(serving.__aenter__())
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:

                def played(name: str, seed: str) -> Report:
                    url = runner.run(server.create())
                    try:
                        return pool.submit(_play, name, seed, url).result()
                    finally:
                        runner.run(server.drop(url))

                yield played
        finally:
            runner.run(serving.__aexit__(None, None, None))


# As bad as the days of the breakages are, and nothing broken.
UNBROKEN = Sabotage(
    name="nothing",
    break_it=None,
    noticed=(),
    stream=True,
    odds=replace(
        FAIR,
        presses=1.0,
        event_late=0.7,
        end_dropped=0.3,
        ring_lost=0.3,
        teams_loses_request=0.1,
        teams_loses_answer=0.1,
        teams_fails=0.1,
        source_fails=0.5,
        journal_fails=0.5,
        journal_loses_answer=0.5,
        placer_loses_answer=0.5,
        placer_loses_request=0.5,
        stream_cut=0.5,
        snapshot_torn=0.5,
    ),
)


def _play(name: str, seed: str, url: str) -> Report:
    return play_broken(SABOTAGES.get(name, UNBROKEN), seed, url)


def test_nothing_is_noticed_where_nothing_is_broken(play_day: Player) -> None:
    assert not play_day(UNBROKEN.name, "1").wrongs


@pytest.mark.parametrize("name", SABOTAGES)
def test_what_is_broken_is_noticed_by_the_rule_that_ought_to(name: str, play_day: Player) -> None:
    sabotage, said = SABOTAGES[name], list[str]()
    for seed in SEEDS:
        said += play_day(name, seed).wrongs
        if not unnoticed(sabotage, said):
            break
    assert not unnoticed(sabotage, said), "\n".join(said[:20])
    assert not uncalled_for(sabotage, said)
