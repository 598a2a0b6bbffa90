"""A card as a person reads it: the state, the name, the lines below, and the buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TIME = re.compile(r"\{\{TIME\([^)]*\)\}\}")
_DURATION = re.compile(r"\b\d+ (?:t|min|s)\b(?: \d+ (?:min|s)\b)?")
_ESCAPED = re.compile(r"\\([^\w\s])")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadCard:
    """Times are written ``<tid>`` and durations ``<varighet>``: they differ from run to run."""

    id: str
    summary: str | None  # as it is now; the toast said what it was first
    state: str  # the strip, without its icon and the time of day
    name: str
    lines: tuple[str, ...]  # under the name, top to bottom
    buttons: tuple[str, ...]  # everything that can be pressed, by its title
    urls: Mapping[str, str]  # of the buttons that open a page
    asks: Mapping[str, Mapping[str, Any]]  # the buttons that ask the bot, by title


def read_card(message: Mapping[str, Any]) -> ReadCard:
    """A message of the Teams twin that holds a call's card."""
    card = message["card"]
    strip, *rest = card["body"]
    words = list(_lines(strip))
    texts = [line for item in rest for line in _lines(item)]
    actions = [action for node in _nodes(card) for action in _actions(node)]
    summary = message["summary"]
    return ReadCard(
        id=message["id"],
        summary=_plain(summary) if summary is not None else None,
        state=words[0].partition(" ")[2],
        name=texts[0],
        lines=tuple(texts[1:]),
        buttons=tuple(action["title"] for action in actions),
        urls={action["title"]: action["url"] for action in actions if "url" in action},
        asks={action["title"]: action for action in actions if action["type"] == "Action.Execute"},
    )


def _lines(node: Mapping[str, Any]) -> Iterator[str]:
    if node["type"] == "TextBlock":
        yield _plain(node["text"])
    elif node["type"] == "RichTextBlock":
        yield _plain("".join(part if isinstance(part, str) else part["text"] for part in node["inlines"]))
    for inner in (*node.get("items", ()), *node.get("columns", ())):
        yield from _lines(inner)


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for name in ("body", "items", "columns"):
        for inner in node.get(name, ()):
            yield from _nodes(inner)


def _actions(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Its buttons, and itself where it is pressed as a whole."""
    yield from node.get("actions", ())
    if "selectAction" in node:
        yield node["selectAction"]


def _plain(text: str) -> str:
    readable = _DURATION.sub("<varighet>", _TIME.sub("<tid>", _ESCAPED.sub(r"\1", text)))
    return " ".join(readable.replace("\ufe0e", "").split())
