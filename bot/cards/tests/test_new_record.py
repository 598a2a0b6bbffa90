"""The form of a new person: what it begins with, and what of it is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest

from bot.cards import render_popup
from bot.cards.new_record import read_form
from bot.cards.samples import LISTED, SAMPLES
from bot.texts import Texts
from calls.model import Match, MatchKind
from calls.popups.forms import NewPerson
from calls.popups.popup import Popup, Verb

Card = dict[str, Any]
Walk = Callable[[Any], Iterator[Card]]
Read = Callable[[Card], list[str]]


def filled(popup: Popup, texts: Texts, walk: Walk) -> dict[str, str]:
    fields = [node for node in walk(render_popup(popup, texts).card) if node.get("type") == "Input.Text"]
    return {field["id"]: field["value"] for field in fields if "value" in field}


@pytest.mark.parametrize(
    ("match", "values"),
    [
        (LISTED, {"first_name": "Kari", "last_name": "Prøve"}),
        (replace(LISTED, name="Anne Marie Berg Lie"), {"first_name": "Anne Marie Berg", "last_name": "Lie"}),
        (replace(LISTED, name="Cher"), {"first_name": "Cher"}),
        (replace(LISTED, name="Eksempel Rør AS", kind=MatchKind.COMPANY), {"company": "Eksempel Rør AS"}),
    ],
)
def test_it_begins_with_what_the_directory_said(match: Match, values: dict[str, str], nb: Texts, walk: Walk) -> None:
    assert filled(replace(SAMPLES["create"], matches=(match,)), nb, walk) == values


def test_an_unknown_number_begins_empty_and_every_field_has_its_label(nb: Texts, walk: Walk) -> None:
    assert filled(replace(SAMPLES["create-typed"], person=None), nb, walk) == {}
    nodes = list(walk(render_popup(SAMPLES["create"], nb).card))
    fields = [node for node in nodes if node.get("type") == "Input.Text"]
    assert [field["label"] for field in fields] == ["Fornavn", "Etternavn", "Firma", "E-post"]
    buttons = [(node["title"], node["verb"]) for node in nodes if node.get("type") == "Action.Execute"]
    assert buttons == [("Opprett", Verb.CREATE_RECORD), ("Avbryt", Verb.CLOSE_FORM)]


def test_what_was_typed_stands_there_again(nb: Texts, walk: Walk) -> None:
    assert filled(SAMPLES["create-typed"], nb, walk) == asdict(SAMPLES["create-typed"].person or NewPerson())
    taken_back = replace(SAMPLES["create"], person=NewPerson(company="Prøve AS"))
    assert filled(taken_back, nb, walk) == {"company": "Prøve AS"}, "also where a directory had said more"


def test_nothing_is_offered_while_it_is_made(nb: Texts, read: Read) -> None:
    lines = read(render_popup(SAMPLES["creating"], nb).card)
    assert "Oppretter …" in lines
    assert not {"[Opprett i HubSpot]", "[Legg til på eksisterende]"} & set(lines)
    assert "[Opprett i HubSpot]" in read(render_popup(SAMPLES["create-failed"], nb).card)


def test_what_a_client_sends_is_cleaned() -> None:
    typed = {"first_name": " Jon\n\u202e ", "last_name": 7, "company": ["x"], "email": "a@b.example", "popup_id": "?"}
    assert read_form(typed) == NewPerson(first_name="Jon", email="a@b.example")
    assert len((read_form({"company": "x" * 5000}) or NewPerson()).company) <= 100
    assert read_form({"popup_id": "?", "note": "x"}) is None
