"""The button that calls: a request is stored, and the card says how far it has come."""

from __future__ import annotations

from collections.abc import Mapping

from bot.buttons import Handler, NotAButton, Pressed, show_popup
from bot.cards.call_back import refusal_words, say_state
from bot.teams.ports import ActionReply, MessageReply
from bot.texts import texts_for
from calls.calling.asking import Calling, NotPlaced
from calls.popups.popup import Verb


def calling_buttons(calling: Calling) -> Mapping[Verb, Handler]:
    async def call_back(pressed: Pressed) -> ActionReply:
        made = pressed.action.data.get("made")
        # A client that writes numbers as texts or fractions is no reason to refuse: it is a count, and checked.
        try:
            count = int(str(made))
        except ValueError:
            raise NotAButton from None
        try:
            granted = await calling.call_back(pressed.press(), count)
        except NotPlaced as refusal:
            return MessageReply(text=refusal_words(refusal.code.value, pressed.texts))
        if not granted.drawn:
            return MessageReply(text=say_state(granted.popup, texts_for(granted.language)) or "")
        return show_popup(granted)

    return {Verb.CALL_BACK: call_back}
