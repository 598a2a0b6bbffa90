"""The last step of every card: what adaptive-cards-py cannot express, and what Teams wants besides the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adaptive_cards.card import AdaptiveCard, AdaptiveCardBuilder

from bot.cards.untrusted import escape_markdown

LIMIT_BYTES = 25_000  # of UTF-8 JSON; Teams refuses messages of about 100 KB (UTF-16), our cards are 2 to 6 KB
VERSION: Final = "1.5"  # the newest that Teams draws for cards from bots on every client


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedCard:
    """A card, ready for the attachment of a message without text."""

    card: dict[str, Any]  # plain JSON values
    summary: str  # for the activity's ``summary``: the text of the toast


def finish(builder: AdaptiveCardBuilder, *, language: str, speak: str, summary: str) -> RenderedCard:
    """Complete a card: version, language, what is read aloud, and what Teams needs on actions and on the root.

    ``refresh`` is left out on purpose: the message itself is edited, and a refresh would cost an invoke at each view.
    """
    builder.version(VERSION).lang(language).speak(speak).fallback_text(escape_markdown(summary))
    card: AdaptiveCard = builder.create()
    dumped = card.model_dump(mode="json", by_alias=True, exclude_none=True)
    finished = _complete(dumped)
    finished["msteams"] = {"width": "Full"}
    return RenderedCard(card=finished, summary=summary)


def _complete(node: Any) -> Any:
    if isinstance(node, list):
        return [_complete(item) for item in node]
    if not isinstance(node, dict):
        return node
    done = {key: node[key] for key in ("type",) if key in node}
    done |= {key: _complete(value) for key, value in node.items() if key not in ("type", "mode")}
    if done.get("type") == "Action.Execute":
        done["fallback"] = _submit_instead(done)
    return done


def _submit_instead(action: Mapping[str, Any]) -> dict[str, Any]:
    """The same button for clients older than Action.Execute; it reaches the bot as a message with ``value``.

    The verb travels in the data, and Teams is asked not to say "your response was sent"
    (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions).
    """
    return {
        "type": "Action.Submit",
        "title": action["title"],
        "data": {**action["data"], "verb": action["verb"]},
        "msteams": {"feedback": {"hide": True}},
    }
