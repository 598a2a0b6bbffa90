"""What stands in the forms of a card when a button is pressed: the client sends all inputs with every press."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.after_call import read_note
from bot.cards.known_person import read_search
from bot.cards.new_record import read_form
from calls.popups.forms import Typed


def read_typed(data: Mapping[str, Any]) -> Typed:
    """Cleaned; from the client, so anything may come."""
    return Typed(note=read_note(data), person=read_form(data), search=read_search(data))
