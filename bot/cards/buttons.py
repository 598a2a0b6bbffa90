"""The buttons of a call card: no more than Teams shows, the least needed left out first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from adaptive_cards.card import ActionExecute, ActionOpenUrl, ActionSet, Column, ColumnSet, Container
from adaptive_cards.types import Spacing

from bot.cards.after_call import after_call_buttons
from bot.cards.call_back import call_buttons
from bot.cards.elements import ask_button, open_button
from bot.cards.known_person import add_button
from bot.cards.links import safe_url
from bot.cards.new_record import create_button
from bot.cards.untrusted import SHORT, plain
from bot.texts import Texts
from calls.model import SourceRole
from calls.popups.forms import FormKind
from calls.popups.popup import Popup, Verb

ACTIONS: Final = 6  # all that a card may have, those inside it too; rows that are pressed as a whole do not count
_PAGES: Final = 2  # beside the record and the search: more would crowd out what a call needs

Buttons = list[ActionOpenUrl | ActionExecute]


def about_caller(popup: Popup, texts: Texts) -> Buttons:
    """To the caller: their record, and their number."""
    buttons: Buttons = []
    if popup.matches and (url := safe_url(popup.matches[0].url)):
        first = popup.matches[0]
        title = texts.button.view if first.role is SourceRole.DIRECTORY else texts.button.open
        buttons.append(open_button(title.format(source=plain(first.source, SHORT)), url))
    return [*buttons, *call_buttons(popup, texts)]


def about_pages(popup: Popup, texts: Texts, room: int, *, first: bool) -> Buttons:
    """Where else to look, as far as there is room."""
    buttons: Buttons = []
    for page in popup.pages[: max(0, min(_PAGES, room))]:
        if url := safe_url(page.url):
            title = texts.button.look_up.format(source=plain(page.name, SHORT))
            buttons.append(open_button(title, url, main=first and not buttons))
    return buttons


def about_stranger(popup: Popup, texts: Texts) -> list[ActionSet]:
    """Making the caller known, in a row of its own: at the foot these words would be cut off. Not while that is being
    done in a form."""
    buttons = [*create_button(popup, texts), *add_button(popup, texts)]
    if not buttons or popup.form in (FormKind.PERSON, FormKind.NUMBER):
        return []
    return [ActionSet(actions=list(buttons), spacing=Spacing.MEDIUM)]


def about_call(popup: Popup, texts: Texts) -> Buttons:
    """Searching again, and what the call came to; not while it is being said in a form who the caller is."""
    if popup.form in (FormKind.PERSON, FormKind.NUMBER):
        return []
    search = ask_button(texts.button.search_again, Verb.SEARCH_AGAIN, popup.popup_id)
    return [*([search] if popup.may_search_again else []), *after_call_buttons(popup, texts)]


def count_actions(items: Iterable[object]) -> int:
    """How many buttons stand inside a card."""
    count = 0
    for item in items:
        if isinstance(item, ActionSet):
            count += len(item.actions)
        elif isinstance(item, Container | Column):
            count += count_actions(item.items or ())
        elif isinstance(item, ColumnSet):
            count += count_actions(item.columns or ())
    return count
