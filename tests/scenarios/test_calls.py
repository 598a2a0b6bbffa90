"""Every scenario of calls/, from the operator's event to the card in Teams and the entry in the CRM."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.live.play import Play
from tests.support.live.scenarios import Scenario, play_scenario, read_scenarios

SCENARIOS = read_scenarios(Path(__file__).parent / "calls")

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
async def test_scenario(scenario: Scenario, play: Play) -> None:
    await play_scenario(play, scenario)
