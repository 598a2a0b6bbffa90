"""Texts of others become one harmless line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.texts.cleaning import clean, isolate

ANY_TEXT = st.text(st.characters(codec=None))  # lone surrogates too


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Nora \t Lie ", "Nora Lie"),
        ("Nora\r\nLie", "Nora Lie"),
        ("Nora\u2028Lie\u00a0AS", "Nora Lie AS"),
        ("Nora\x00\x1b[31m Lie", "Nora[31m Lie"),
        ("Nora\u202eeiL", "NoraeiL"),
        ("No\u200bra\u2060 \ufeffLie\U000e0041", "Nora Lie"),
        ("A\u030a", "Å"),
        ("Q" + 5 * "\u0301" + "al", "Q" + 3 * "\u0301" + "al"),
        ("👩\u200d🔧 Nora", "👩\u200d🔧 Nora"),
        ("\ud800Nora", "Nora"),
        (None, ""),
        (" \u200b ", ""),
    ],
)
def test_what_becomes_of_a_text(text: str | None, line: str) -> None:
    assert clean(text, 60) == line


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert clean("Havnelageret i Bergen AS", 15) == "Havnelageret i…"
    assert clean("Havnelageret Bergen", 14) == "Havnelageret…"
    assert clean("Havnelageret", 12) == "Havnelageret"


@given(ANY_TEXT, st.integers(min_value=1, max_value=80))
def test_a_cleaned_text_is_one_short_line_without_hidden_characters(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert line == line.strip()
    assert line.isprintable() or {c for c in line if not c.isprintable()} <= {"\u200c", "\u200d"}
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for char in line)
    line.encode("utf-8")


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text, 40), 40) == clean(text, 40)


def test_only_a_right_to_left_name_is_isolated() -> None:
    assert isolate("Nora Lie") == "Nora Lie"
    assert isolate("נורה") == "\u2068נורה\u2069"
