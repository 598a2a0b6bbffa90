"""What is remembered of a choice among several: offered after it was made, said when it was used, and taken back."""

from __future__ import annotations

from adaptive_cards.card import ActionSet, Column, ColumnSet, Container
from adaptive_cards.types import FontSize, Spacing, VerticalAlignment

from bot.cards.elements import ask_button, line, run
from bot.cards.who import name_of
from bot.texts import Texts
from calls.popups.offers import Memory
from calls.popups.popup import Popup, Verb


def about_memory(popup: Popup, texts: Texts) -> list[Container]:
    """One calm row, or nothing."""
    if popup.remembered is not None and popup.matches:
        words = {Memory.MINE: texts.card.remembered_mine, Memory.ALL: texts.card.remembered_all}
        said = words[popup.remembered].format(name=name_of(popup.matches[0], texts))
        buttons = [ask_button(texts.button.forget, Verb.FORGET_CHOICE, popup.popup_id)]
    elif popup.may_remember:
        said = texts.card.remember
        buttons = [
            ask_button(texts.button.remember_for_me, Verb.REMEMBER_FOR_ME, popup.popup_id),
            ask_button(texts.button.remember_for_all, Verb.REMEMBER_FOR_ALL, popup.popup_id),
        ]
    else:
        return []
    small = line(run(said, size=FontSize.SMALL, subtle=True))
    actions = ActionSet(actions=list(buttons))
    if popup.remembered is None:
        return [Container(items=[small, actions], separator=True, spacing=Spacing.MEDIUM)]
    columns = [
        Column(width="stretch", items=[small], vertical_content_alignment=VerticalAlignment.CENTER),
        Column(width="auto", items=[actions], vertical_content_alignment=VerticalAlignment.CENTER),
    ]
    return [Container(items=[ColumnSet(columns=columns)], separator=True, spacing=Spacing.MEDIUM)]
