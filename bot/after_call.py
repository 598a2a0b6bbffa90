"""The buttons of a card whose call is over: result and note, and journaling on request."""

from __future__ import annotations

from collections.abc import Mapping

from bot.buttons import Handler, NotAButton, Pressed, show_popup
from bot.cards.after_call import read_note
from bot.teams.ports import ActionReply
from calls.popups.after_call import AfterCallWishes
from calls.popups.popup import Verb


def after_call_handlers(wishes: AfterCallWishes) -> Mapping[Verb, Handler]:
    async def save_note(pressed: Pressed) -> ActionReply:
        note = read_note(pressed.action.data)
        if note is None:
            raise NotAButton
        return show_popup(await wishes.save_note(pressed.press(), note))

    async def write_journal(pressed: Pressed) -> ActionReply:
        return show_popup(await wishes.write_journal(pressed.press()))

    return {Verb.SAVE_NOTE: save_note, Verb.WRITE_JOURNAL: write_journal}
