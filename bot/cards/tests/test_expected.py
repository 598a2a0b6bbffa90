"""Every state with every kind of caller looks as the hand-checked files say."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from calls.popups.popup import Identity, PopupState

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("update_expected", HERE / "update_expected.py")
assert _spec is not None
assert _spec.loader is not None
updater = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(updater)
CARDS = updater.expected_cards()
FILES = {file.stem: file for file in (HERE / "expected").glob("*.json")}


@pytest.mark.parametrize("name", sorted(CARDS))
def test_card_is_as_expected(name: str) -> None:
    rendered = CARDS[name]
    assert name in FILES, "no such file: see update_expected.py"
    assert {"summary": rendered.summary, "card": rendered.card} == json.loads(FILES[name].read_text(encoding="utf-8"))


def test_every_state_and_caller_has_a_file_and_no_file_is_left_over() -> None:
    combinations = {f"{state}-{identity}" for state in PopupState for identity in Identity}
    assert combinations <= FILES.keys() == CARDS.keys()
