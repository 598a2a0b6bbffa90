from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import adaptive_cards
import jsonschema
import pytest

from simulators.teams.cards import BadCardError, check_card, find_action

TEXT = {"type": "TextBlock", "text": "x"}
RICH: dict[str, Any] = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "lang": "nb",
    "fallbackText": "Nora Lie ringer",
    "msteams": {"width": "Full"},
    "body": [
        {
            "type": "ColumnSet",
            "columns": [
                {"type": "Column", "width": "auto", "items": [{"type": "Image", "url": "https://x.example/a.png"}]},
                {"type": "Column", "items": [TEXT], "selectAction": {"type": "Action.Execute", "verb": "v"}},
            ],
        },
        {"type": "Container", "id": "facts", "items": [{"type": "FactSet", "facts": [{"title": "a", "value": "b"}]}]},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "x"}]},
        {"type": "Table", "columns": [{"width": 1}], "rows": [{"type": "TableRow", "cells": [
            {"type": "TableCell", "items": [TEXT]}]}]},
        {"type": "Input.Text", "id": "note", "isMultiline": True},
        {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "url": "http://127.0.0.1:1/x"}]},
    ],
    "actions": [
        {"type": "Action.ShowCard", "title": "Notat", "card": {"type": "AdaptiveCard", "body": [
            {"type": "Input.Text", "id": "more"}],
            "actions": [{"type": "Action.Execute", "verb": "save", "fallback": {"type": "Action.Submit"}}]}},
        {"type": "Action.ToggleVisibility", "targetElements": ["facts"]},
    ],
}  # fmt: skip


def test_a_rich_card_passes_here_and_by_the_official_schema() -> None:
    check_card(RICH)
    schema = json.loads((Path(adaptive_cards.__file__).parent / "schemas" / "schema-1.5.json").read_text("utf-8-sig"))
    plain = {name: value for name, value in RICH.items() if name != "msteams"}
    root = {"definitions": schema["definitions"], "allOf": [{"$ref": "#/definitions/AdaptiveCard"}]}
    jsonschema.Draft6Validator(root).validate(plain)


def _change(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    card = copy.deepcopy(RICH)
    node: Any = card
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return card


@pytest.mark.parametrize(
    ("card", "place"),
    [
        (None, "card"),
        ({"type": "Container"}, "card"),
        (_change(("version",), "1.6"), "card.version"),
        (_change(("version",), 1.5), "card.version"),
        (_change(("body",), []), "card.body"),
        (_change(("body", 0), {"type": "Badge", "text": "x"}), "card.body[0]"),
        (_change(("body", 0), {"type": "Badge", "fallback": {"type": "TextBlock"}}), "card.body[0].fallback"),
        (_change(("body", 0, "columns", 0, "items"), "x"), "card.body[0].columns[0].items"),
        (_change(("body", 0, "columns", 0), "x"), "card.body[0].columns[0]"),
        (_change(("body", 1, "items", 0, "facts"), [{"title": "a"}]), "card.body[1].items[0].facts[0]"),
        (_change(("body", 3, "rows"), ["x"]), "card.body[3].rows[0]"),
        (_change(("body", 4, "id"), "facts"), "card.body[4].id"),
        (_change(("body", 5, "actions", 0, "url"), "http://x.example"), "card.body[5].actions[0].url"),
        (_change(("body", 5, "actions", 0, "url"), "javascript:alert(1)"), "card.body[5].actions[0].url"),
        (_change(("actions", 0), {"type": "Action.Http"}), "card.actions[0]"),
        (_change(("actions",), [{"type": "Action.Submit"}] * 7), "card.actions"),
        (_change(("actions", 0, "card", "body"), [{"type": "Nope"}]), "card.actions[0].card.body[0]"),
        (_change(("selectAction",), {"type": "Action.ShowCard", "card": {"type": "AdaptiveCard"}}), "card.select"),
        (_change(("refresh",), {"action": {"type": "Action.Submit"}}), "card.refresh.action"),
        (
            _change(("refresh",), {"action": {"type": "Action.Execute"}, "userIds": ["29:x"] * 61}),
            "card.refresh.userIds",
        ),
        (_change(("refresh",), "x"), "card.refresh"),
    ],
)
def test_what_a_client_would_not_show_as_meant(card: object, place: str) -> None:
    with pytest.raises(BadCardError, match=place.replace("[", r"\[").replace("]", r"\]")):
        check_card(card)


def test_newer_elements_pass_with_a_fallback() -> None:
    check_card(_change(("body", 0), {"type": "Badge", "text": "x", "fallback": "drop"}))


def test_actions_are_found_wherever_they_are() -> None:
    assert find_action(RICH, "Action.Execute", "save") == RICH["actions"][0]["card"]["actions"][0]
    assert find_action(RICH, "Action.Execute", "v") is not None
    assert find_action(RICH, "Action.Submit") == {"type": "Action.Submit"}
    assert find_action(RICH, "Action.Execute", "none") is None
    assert find_action(None, "Action.Execute") is None
