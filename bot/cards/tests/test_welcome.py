"""The first card tells what will come, and whether anything will ring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.cards import welcome_card
from bot.cards.samples import SAMPLES
from bot.texts import Texts

Read = Callable[[dict[str, Any]], list[str]]
SHOWN = (SAMPLES["ringing-directory"], SAMPLES["ringing-colleague"])
LINES = [popup.number for popup in SHOWN if popup.number]


def test_it_names_the_employees_line(nb: Texts, read: Read) -> None:
    assert read(welcome_card(nb, lines=LINES[:1]).card)[-1].endswith("Linjen din: 900 11 223")


def test_it_names_several_lines(nb: Texts, read: Read) -> None:
    shown = read(welcome_card(nb, lines=LINES).card)[-1]
    assert shown.endswith("Linjene dine: 900 11 223 og 900 00 002")


def test_without_a_line_it_says_whom_to_ask(nb: Texts, read: Read) -> None:
    rendered = welcome_card(nb)
    assert "administratoren" in read(rendered.card)[-1]
    assert rendered.card["body"][-1]["style"] == "warning"
    assert rendered.summary == "SmartCall er klar"
