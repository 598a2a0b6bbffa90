"""Durations and lists of names, as people say them."""

from __future__ import annotations

import pytest

from bot.texts import format_duration, join_names, load_texts
from bot.texts.phrases import capitalize


@pytest.mark.parametrize(
    ("seconds", "norwegian", "english"),
    [
        (0, "0 s", "0 s"),
        (-3, "0 s", "0 s"),
        (45, "45 s", "45 s"),
        (60, "1 min", "1 min"),
        (252, "4 min 12 s", "4 min 12 s"),
        (3600, "1 t", "1 h"),
        (3660, "1 t 1 min", "1 h 1 min"),
        (86400, "24 t", "24 h"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: int, norwegian: str, english: str) -> None:
    assert format_duration(seconds, load_texts("nb")) == norwegian
    assert format_duration(seconds, load_texts("en")) == english


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["Per"], "Per"),
        (["Per", "Ola"], "Per og Ola"),
        (["Per", "Ola", "Eva"], "Per, Ola og Eva"),
        (["Per", "Ola", "Eva", "Siri", "Arne"], "Per, Ola, Eva og 2 til"),
    ],
)
def test_names_are_listed_and_the_rest_counted(names: list[str], said: str) -> None:
    assert join_names(names, load_texts("nb")) == said


def test_capitalizing_leaves_names_alone() -> None:
    assert capitalize("besvart i HubSpot") == "Besvart i HubSpot"
