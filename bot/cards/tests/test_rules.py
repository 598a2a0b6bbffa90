"""What Teams demands of every card, and what we demand of ourselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from bot.cards import RenderedCard, render_popup, welcome_card
from bot.cards.finish import LIMIT_BYTES
from bot.cards.look import LOOKS
from bot.cards.samples import SAMPLES
from bot.texts import languages, load_texts
from calls.popups.popup import Popup, PopupState

Card = dict[str, Any]
ALL = [(language, name) for language in languages() for name in (*SAMPLES, "welcome", "welcome-no-line")]


def _render(language: str, name: str) -> RenderedCard:
    texts = load_texts(language)
    if name in SAMPLES:
        return render_popup(SAMPLES[name], texts)
    line = next(popup.number for popup in SAMPLES.values() if popup.number)
    return welcome_card(texts, lines=[line] if name == "welcome" else [])


@pytest.mark.parametrize(("language", "name"), ALL)
def test_every_card_keeps_the_rules(
    language: str, name: str, problems: Callable[[Card], list[str]], walk: Callable[[Any], Iterator[Card]]
) -> None:
    rendered = _render(language, name)
    card = rendered.card
    assert problems(card) == []
    assert card["version"] == "1.5"
    assert card["lang"] == language
    assert card["msteams"] == {"width": "Full"}
    assert "refresh" not in card
    assert card["speak"].strip()
    assert card["fallbackText"].strip()
    assert rendered.summary.strip()
    assert "\n" not in rendered.summary
    assert len(json.dumps(card).encode()) < LIMIT_BYTES / 4
    assert sum(node.get("type", "").startswith("Action.") for node in walk(_without_fallbacks(card))) <= 6
    assert not any(node.get("type") == "Image" for node in walk(card))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_button_to_the_bot_has_a_fallback_and_says_nothing_of_the_call(
    name: str, walk: Callable[[Any], Iterator[Card]]
) -> None:
    popup = SAMPLES[name]
    for action in walk(render_popup(popup, load_texts("nb")).card):
        if action.get("type") != "Action.Execute":
            continue
        data = action["data"]
        assert set(data) <= {"popup_id", "made", "match", "form"}
        assert UUID(data["popup_id"]) == popup.popup_id
        assert action["fallback"] == {
            "type": "Action.Submit",
            "title": action["title"],
            "data": {**data, "verb": action["verb"]},
            "msteams": {"feedback": {"hide": True}},
        }


def test_equal_popups_give_equal_cards() -> None:
    texts = load_texts("nb")
    for popup in SAMPLES.values():
        assert render_popup(popup, texts) == render_popup(popup, texts)


def test_no_state_is_told_by_colour_alone() -> None:
    """States of one colour differ in their word; every state has an icon."""
    assert set(LOOKS) == set(PopupState)
    for language in languages():
        words = load_texts(language).state
        assert len({(LOOKS[state].style, words[state]) for state in PopupState}) == len(PopupState)
        assert len(set(words.values())) == len(PopupState)
    assert all(look.icon.strip() for look in LOOKS.values())


def test_most_actions_at_once_are_six(walk: Callable[[Any], Iterator[Card]]) -> None:
    several = SAMPLES["several-matches"]
    popup = _with(several, matches=several.matches * 3, may_search_again=True)
    card = render_popup(popup, load_texts("nb")).card
    titles = [node["title"] for node in walk(_without_fallbacks(card)) if node.get("type", "").startswith("Action.")]
    assert titles == ["Velg"] * 4 + ["Åpne i HubSpot", "Søk igjen"]


def test_a_choice_to_remember_takes_the_place_of_one_more_match(walk: Callable[[Any], Iterator[Card]]) -> None:
    popup = _with(SAMPLES["choice-made"], matches=SAMPLES["several-matches"].matches * 3)
    card = render_popup(popup, load_texts("nb")).card
    titles = [node["title"] for node in walk(_without_fallbacks(card)) if node.get("type", "").startswith("Action.")]
    assert titles == ["Husk for meg", "Husk for alle", *["Velg"] * 3, "Åpne i HubSpot"]


def _with(popup: Popup, **changes: Any) -> Popup:
    return Popup(**{name: getattr(popup, name) for name in Popup.__slots__} | changes)


def _without_fallbacks(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_fallbacks(item) for item in node]
    if isinstance(node, dict):
        return {
            key: _without_fallbacks(value) for key, value in node.items() if key not in ("fallback", "selectAction")
        }
    return node
