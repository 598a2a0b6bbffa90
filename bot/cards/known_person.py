"""Adding the caller's number to somebody who is in the CRM: a name to search for, and the people it finds.

Each of them is a row that is pressed as a whole: as buttons they would be more than Teams shows on a card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adaptive_cards.card import (
    ActionExecute,
    ActionSet,
    Column,
    ColumnSet,
    Container,
    InputText,
    RichTextBlock,
    TextRun,
)
from adaptive_cards.types import Colors, ContainerStyle, FontWeight, Spacing, VerticalAlignment

from bot.cards.elements import ask_button, form_button, join, line, quiet, run
from bot.cards.new_record import is_at_work
from bot.cards.untrusted import NAME, SHORT, plain
from bot.cards.who import describe_match, name_of
from bot.texts import Texts, clean
from calls.model import Match
from calls.popups.forms import FormKind, PeopleSearch
from calls.popups.popup import Popup, Verb

SEARCH: Final = "search"  # id of the input
_LONGEST: Final = 80  # characters
_SHOWN: Final = 5  # people to choose from


def add_button(popup: Popup, texts: Texts) -> list[ActionExecute]:
    """Opens the form; nothing where no number can be added, or one is being added."""
    if popup.add_in is None or is_at_work(popup):
        return []
    return [form_button(texts.button.add_number, FormKind.NUMBER, popup.popup_id)]


def known_person(popup: Popup, texts: Texts) -> list[Container]:
    """The form, when it is open."""
    if popup.form is not FormKind.NUMBER:
        return []
    source = plain(popup.add_in, SHORT) or texts.card.journal_somewhere
    search = popup.search or PeopleSearch(text=plain(popup.matches[0].name, NAME) if popup.matches else "")
    field = InputText(
        id=SEARCH,
        label=texts.form.whose.format(source=source),
        placeholder=texts.form.whose_hint,
        max_length=_LONGEST,
        value=search.text or None,
        spacing=Spacing.NONE,
    )
    buttons = [
        ask_button(texts.button.find, Verb.SEARCH_PEOPLE, popup.popup_id),
        ask_button(texts.button.cancel, Verb.CLOSE_FORM, popup.popup_id),
    ]
    asked = Container(
        items=[field, ActionSet(actions=list(buttons), spacing=Spacing.SMALL)], separator=True, spacing=Spacing.MEDIUM
    )
    said = list(_found(popup, search, source, texts))
    return [asked, Container(items=said, spacing=Spacing.MEDIUM)] if said else [asked]


def read_search(data: Mapping[str, Any]) -> str | None:
    """What was typed, one clean line; from the client, so anything may come. None: the form was not there."""
    typed = data.get(SEARCH)
    return clean(typed, _LONGEST) if isinstance(typed, str) else None


def _found(popup: Popup, search: PeopleSearch, source: str, texts: Texts) -> Iterator[RichTextBlock | ColumnSet]:
    if search.asked is None:
        return
    if search.failed:
        yield quiet(texts.form.search_failed.format(source=source))
        return
    if not search.people:
        yield quiet(texts.form.nobody.format(text=plain(search.asked, SHORT), source=source))
        return
    yield quiet(texts.form.choose_person)
    for match in search.people[:_SHOWN]:
        yield _row(popup, match, texts)
    if search.more or len(search.people) > _SHOWN:
        yield quiet(texts.form.more_people, spacing=Spacing.SMALL)


def _row(popup: Popup, match: Match, texts: Texts) -> ColumnSet:
    name = name_of(match, texts)
    lines = [line(run(name, bold=True))]
    if details := describe_match(match):
        lines.append(line(run(join(details))))
    choose = ask_button(
        texts.button.choose_name.format(name=join((name, *details))),
        Verb.ADD_NUMBER,
        popup.popup_id,
        match=match.key,
    )
    word = TextRun(text=texts.button.choose, color=Colors.ACCENT, weight=FontWeight.BOLDER)
    centre = VerticalAlignment.CENTER
    columns = [
        Column(width="stretch", items=list(lines), vertical_content_alignment=centre),
        Column(width="auto", items=[line(word)], vertical_content_alignment=centre),
    ]
    return ColumnSet(columns=columns, select_action=choose, style=ContainerStyle.EMPHASIS, spacing=Spacing.SMALL)
