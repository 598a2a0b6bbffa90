"""Days of calls with everything going wrong, compared with a model; and the simulation's own promises."""

from __future__ import annotations

import pytest

from tests.simulation.faults import FAIR
from tests.simulation.season import Tally, explain, reports

_CALLS, _DAY = 750, 150


@pytest.mark.timeout(900)
def test_days_on_which_everything_goes_wrong_end_right() -> None:
    tally = Tally()
    for report in reports(1, _CALLS, day=_DAY):
        tally.add(report)
    assert not tally.failures, "\n".join(explain(report) for report in tally.failures)
    # The days were as bad as they were meant to be.
    for kind in (
        "kill",
        "pause",
        "cut",
        "ring_lost",
        "teams_loses_answer",
        "end_dropped",
        "job_taken_over",
        "stream_cut",
    ):
        assert tally.faults[kind], kind
    assert tally.numbers["second_posts"]
    assert tally.numbers["calls_placed"]
    for name in ("call back", "choose", "note", "search again"):
        assert tally.notes[f"pressed: {name}"], name
    assert tally.faults["stream_cut"]
    assert tally.notes["streams taken over by another node"]
    assert tally.notes["calls that a snapshot left out"]
    assert tally.numbers["journal_entries"]


@pytest.mark.timeout(300)
def test_a_day_without_trouble_needs_no_second_card_and_no_second_try() -> None:
    (report,) = [*reports(1, 60, odds=FAIR)]
    assert not report.wrongs, explain(report)
    assert not report.faults
    assert report.numbers["second_posts"] == 0
    assert report.numbers["journal_requests"] == report.numbers["journal_entries"]


@pytest.mark.timeout(300)
def test_the_same_seed_gives_the_same_day() -> None:
    first, second = (list(reports(7, 60))[0] for _ in range(2))  # noqa: RUF015 - to its end, so that it is closed
    assert first.digest == second.digest
    assert first.numbers == second.numbers
