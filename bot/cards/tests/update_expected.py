"""Writes the expected cards anew: ``python -m bot.cards.tests.update_expected``, from the repository's root.

Then read the difference as a person would (``git diff bot/cards/tests/expected``) before committing it: the tests
compare with these files and nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

from bot.cards import RenderedCard, render_popup, welcome_card
from bot.cards.chat_cards import recent_card
from bot.cards.samples import LISTED_CALLS, SAMPLES
from bot.texts import load_texts
from calls.numbers import Number, NumberKind

EXPECTED = Path(__file__).parent / "expected"
ENGLISH = ("ringing-matched", "queue-missed", "journal-written", "several-matches")  # the rest differs by words only


def expected_cards() -> dict[str, RenderedCard]:
    """Every expected card by the name of its file."""
    nb, en = load_texts("nb"), load_texts("en")
    line = Number(kind=NumberKind.E164, digits="4790000001")
    cards = {name: render_popup(popup, nb) for name, popup in SAMPLES.items()}
    cards |= {f"{name}.en": render_popup(SAMPLES[name], en) for name in ENGLISH}
    cards["recent"] = recent_card(LISTED_CALLS, nb, drawing=UUID(int=7))
    return cards | {"welcome": welcome_card(nb, lines=[line]), "welcome-no-line": welcome_card(nb)}


def to_text(rendered: RenderedCard) -> str:
    """As it stands in the file: the toast and the card, readable."""
    return json.dumps({"summary": rendered.summary, "card": rendered.card}, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    cards = expected_cards()
    EXPECTED.mkdir(exist_ok=True)
    for file in EXPECTED.glob("*.json"):
        if file.stem not in cards:
            file.unlink()
    for name, rendered in cards.items():
        (EXPECTED / f"{name}.json").write_text(to_text(rendered), encoding="utf-8")


if __name__ == "__main__":
    main()
