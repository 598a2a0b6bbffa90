"""The form of a new person, for a caller whom no CRM knows: inside the card, filled in with what a directory said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from adaptive_cards.card import ActionExecute, ActionSet, Column, ColumnSet, Container, InputText, RichTextBlock
from adaptive_cards.types import Spacing

from bot.cards.elements import GAP, ask_button, form_button, quiet
from bot.cards.untrusted import NAME, SHORT, plain
from bot.texts import Texts, clean
from calls.model import Match, MatchKind
from calls.popups.forms import FormKind, NewPerson
from calls.popups.popup import Popup, Verb

_FIELDS = {"first_name": 60, "last_name": 60, "company": 100, "email": 120}  # the longest of each, in characters


def create_button(popup: Popup, texts: Texts) -> list[ActionExecute]:
    """Opens the form; nothing where no record can be made, or one is being made."""
    source = plain(popup.create_in, SHORT)
    if not source or is_at_work(popup):
        return []
    return [form_button(texts.button.create.format(source=source), FormKind.PERSON, popup.popup_id)]


def new_record(popup: Popup, texts: Texts) -> list[Container]:
    """The form, when it is open: the two names side by side."""
    if popup.form is not FormKind.PERSON:
        return []
    known = popup.person or (_prefilled(popup.matches[0]) if popup.matches else NewPerson())
    labels = texts.form.first_name, texts.form.last_name, texts.form.company, texts.form.email
    first, last, company, email = (
        InputText(id=name, label=label, max_length=_FIELDS[name], value=value or None, spacing=Spacing.SMALL)
        for (name, value), label in zip(asdict(known).items(), labels, strict=True)
    )
    columns = [Column(width="stretch", items=[field]) for field in (first, last)]
    buttons = [
        ask_button(texts.form.create, Verb.CREATE_RECORD, popup.popup_id),
        ask_button(texts.button.cancel, Verb.CLOSE_FORM, popup.popup_id),
    ]
    names = ColumnSet(columns=columns, spacing=Spacing.NONE)
    items = [names, company, email, ActionSet(actions=list(buttons), spacing=Spacing.SMALL)]
    return [Container(items=items, separator=True, spacing=Spacing.MEDIUM)]


def is_at_work(popup: Popup) -> bool:
    """Somebody has asked for a record of the caller, and it is being seen to."""
    return popup.making is not None and popup.making.failed is None


def about_making(popup: Popup, texts: Texts) -> list[RichTextBlock]:
    """That a record is being seen to, or why it was not."""
    if popup.making is None:
        return []
    words, code = texts.form, popup.making.failed
    if popup.making.to is None:
        why = {None: words.making, "email_taken": words.email_taken, "answer_lost": words.answer_lost}
        said = why.get(code, words.failed)
    else:
        why = {None: words.adding, "no_free_field": words.no_free_field, "gone": words.person_gone}
        said = why.get(code, words.not_added).format(name=plain(popup.making.to, NAME))
    return [quiet(said if code is None else f"!{GAP}{said}")]


def read_form(data: Mapping[str, Any]) -> NewPerson | None:
    """What was typed, each value one clean line; from the client, so anything may come. None: there was no form."""
    names = [field.name for field in fields(NewPerson)]
    if not any(name in data for name in names):
        return None
    typed = {name: data.get(name) for name in names}
    return NewPerson(
        **{name: clean(value, _FIELDS[name]) if isinstance(value, str) else "" for name, value in typed.items()}
    )


def _prefilled(match: Match) -> NewPerson:
    """A company's name is the company; of a person's the last word is the last name."""
    name = plain(match.name, NAME)
    if match.kind is MatchKind.COMPANY:
        return NewPerson(company=name)
    first, _, last = name.rpartition(" ")
    return NewPerson(first_name=first or last, last_name=last if first else "")
