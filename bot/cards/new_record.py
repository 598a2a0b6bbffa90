"""The form of a new person, for a caller whom no CRM knows: inside the card, filled in with what a directory said.

The form lives in a button that opens it, and its inputs are sent with the press: while somebody types, nothing of ours
changes the card unless something has happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptive_cards.card import ActionShowCard, AdaptiveCard, InputText, RichTextBlock

from bot.cards.elements import GAP, ask_button, quiet
from bot.cards.finish import VERSION
from bot.cards.untrusted import NAME, SHORT, plain
from bot.texts import Texts, clean
from calls.model import Match, MatchKind
from calls.popups.popup import Popup, Verb

_FIELDS = {"first_name": 60, "last_name": 60, "company": 100, "email": 120}  # the longest of each, in characters


def create_button(popup: Popup, texts: Texts) -> list[ActionShowCard]:
    """Opens the form; nothing where no record can be made, or one is being made."""
    source = plain(popup.create_in, SHORT)
    if not source or (popup.making is not None and popup.making.failed is None):
        return []
    known = _prefilled(popup.matches[0]) if popup.matches else {}
    labels = {
        "first_name": texts.form.first_name,
        "last_name": texts.form.last_name,
        "company": texts.form.company,
        "email": texts.form.email,
    }
    builder = AdaptiveCard.new().version(VERSION)
    for name, label in labels.items():
        value = known.get(name) or None
        builder.add_item(InputText(id=name, label=label, max_length=_FIELDS[name], value=value))
    builder.add_actions([ask_button(texts.form.create, Verb.CREATE_RECORD, popup.popup_id)])
    return [ActionShowCard(title=texts.button.create.format(source=source), card=builder.create())]


def about_making(popup: Popup, texts: Texts) -> list[RichTextBlock]:
    """That a record is being made, or why it was not."""
    if popup.making is None:
        return []
    if popup.making.failed is None:
        return [quiet(texts.form.making)]
    why = {"email_taken": texts.form.email_taken, "answer_lost": texts.form.answer_lost}
    return [quiet(f"!{GAP}{why.get(popup.making.failed, texts.form.failed)}")]


def read_form(data: Mapping[str, Any]) -> dict[str, str]:
    """What was typed, each value one clean line; from the client, so anything may come."""
    typed = {name: data.get(name) for name in _FIELDS}
    return {name: clean(value, _FIELDS[name]) if isinstance(value, str) else "" for name, value in typed.items()}


def _prefilled(match: Match) -> dict[str, str]:
    """A company's name is the company; of a person's the last word is the last name."""
    name = plain(match.name, NAME)
    if match.kind is MatchKind.COMPANY:
        return {"company": name}
    first, _, last = name.rpartition(" ")
    return {"first_name": first or last, "last_name": last if first else ""}
