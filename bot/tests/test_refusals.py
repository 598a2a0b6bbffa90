"""Refusals are counted each, and written down seldom."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bot.refusals import QUIET, Refusals
from calls import telemetry

LOG = logging.getLogger("bot.tests.refusals")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, dict[str, str]]]:
    found: list[tuple[int, dict[str, str]]] = []

    class Counter:
        def add(self, amount: int, attributes: dict[str, str]) -> None:
            found.append((amount, attributes))

    monkeypatch.setattr(telemetry, "refused", Counter())
    return found


def test_a_flood_is_one_line_and_its_number_is_told_with_the_next(
    counted: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    clock = [50.0]
    refusals = Refusals("events", LOG, lambda: clock[0])
    with caplog.at_level(logging.INFO, logger=LOG.name):
        for _ in range(1000):
            refusals.note("refused", "wrong", level=logging.INFO)
        refusals.note("refused", "another reason", level=logging.INFO)
        clock[0] += QUIET
        refusals.note("refused", "wrong", level=logging.INFO)
    assert caplog.messages == [
        "refused: wrong",
        "refused: another reason",
        "refused: wrong (999 more since the last line)",
    ]
    assert counted == [(1, {"door": "events"})] * 1002


def test_many_reasons_do_not_pile_up(counted: list[Any]) -> None:
    refusals = Refusals("events", LOG, lambda: 0.0)
    for number in range(1000):
        refusals.note("refused", str(number), level=logging.DEBUG)
    assert len(refusals._said) <= 100
