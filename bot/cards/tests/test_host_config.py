"""The look that page and pictures share: every text is readable on every strip, light and dark (WCAG 2.2 AA)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

TEAMS = Path(__file__).parents[3] / "web" / "src" / "teams"
THEMES = ("light", "dark")
STYLES = ("default", "emphasis", "accent", "good", "attention", "warning")


def _config(theme: str) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((TEAMS / f"hostConfig.{theme}.json").read_text(encoding="utf-8"))
    return config


def _luminance(colour: str) -> float:
    """Relative luminance (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("colour", ["default", "accent", "good", "warning", "attention"])
def test_texts_have_enough_contrast(theme: str, style: str, colour: str) -> None:
    container = _config(theme)["containerStyles"][style]
    for shade in ("default", "subtle"):
        text = container["foregroundColors"][colour][shade]
        assert _contrast(text, container["backgroundColor"]) >= 4.5, (theme, style, colour, shade)


@pytest.mark.parametrize("theme", THEMES)
def test_every_strip_differs_from_the_card(theme: str) -> None:
    containers = _config(theme)["containerStyles"]
    assert len({containers[style]["backgroundColor"] for style in STYLES}) == len(STYLES)


def test_light_and_dark_differ_in_colours_only() -> None:
    light, dark = _config("light"), _config("dark")
    assert light.keys() == dark.keys()
    assert {key for key in light if light[key] != dark[key]} == {"containerStyles", "separator"}
