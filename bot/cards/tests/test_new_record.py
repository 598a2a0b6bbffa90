"""The form of a new person: what it begins with, and what of it is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.cards import render_popup
from bot.cards.new_record import read_form
from bot.cards.samples import LISTED, SAMPLES
from bot.texts import Texts
from calls.model import Match, MatchKind
from calls.popups.popup import Popup, Verb

Card = dict[str, Any]
Walk = Callable[[Any], Iterator[Card]]


def form(popup: Popup, texts: Texts) -> Card | None:
    buttons = render_popup(popup, texts).card.get("actions", [])
    return next((button["card"] for button in buttons if button["type"] == "Action.ShowCard"), None)


def filled(popup: Popup, texts: Texts) -> dict[str, str]:
    opened = form(popup, texts)
    assert opened is not None
    return {field["id"]: field["value"] for field in opened["body"] if "value" in field}


@pytest.mark.parametrize(
    ("match", "values"),
    [
        (LISTED, {"first_name": "Kari", "last_name": "Prøve"}),
        (replace(LISTED, name="Anne Marie Berg Lie"), {"first_name": "Anne Marie Berg", "last_name": "Lie"}),
        (replace(LISTED, name="Cher"), {"first_name": "Cher"}),
        (replace(LISTED, name="Eksempel Rør AS", kind=MatchKind.COMPANY), {"company": "Eksempel Rør AS"}),
    ],
)
def test_it_begins_with_what_the_directory_said(match: Match, values: dict[str, str], nb: Texts) -> None:
    assert filled(replace(SAMPLES["create"], matches=(match,)), nb) == values


def test_an_unknown_number_begins_empty_and_every_field_has_its_label(nb: Texts, walk: Walk) -> None:
    assert filled(SAMPLES["create-failed"], nb) == {}
    fields = [node for node in walk(form(SAMPLES["create"], nb)) if node.get("type") == "Input.Text"]
    assert [field["label"] for field in fields] == ["Fornavn", "Etternavn", "Firma", "E-post"]
    (button,) = [node for node in walk(form(SAMPLES["create"], nb)) if node.get("type") == "Action.Execute"]
    assert (button["title"], button["verb"]) == ("Opprett", Verb.CREATE_RECORD)


def test_nothing_is_offered_while_it_is_made(nb: Texts) -> None:
    assert form(SAMPLES["creating"], nb) is None
    assert "Oppretter" in str(render_popup(SAMPLES["creating"], nb).card)
    assert form(SAMPLES["ringing-matched"], nb) is None


def test_what_a_client_sends_is_cleaned() -> None:
    typed = {"first_name": " Jon\n\u202e ", "last_name": 7, "company": ["x"], "email": "a@b.example", "popup_id": "?"}
    assert read_form(typed) == {"first_name": "Jon", "last_name": "", "company": "", "email": "a@b.example"}
    assert len(read_form({"company": "x" * 5000})["company"]) <= 100
