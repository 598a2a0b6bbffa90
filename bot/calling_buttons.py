"""The button that calls: a request is stored, and the card says how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from bot.buttons import Handler, NotAButton, Pressed, show_popup
from bot.cards.call_back import refusal_words, say_state
from bot.cards.chat_cards import recent_card
from bot.recent_calls import read_recent
from bot.teams.ports import ActionReply, CardReply, MessageReply
from bot.texts import texts_for
from calls.calling.asking import Calling, NotPlaced
from calls.popups.popup import Verb
from calls.ports import Operator
from calls.store.database import Database


def calling_buttons(calling: Calling, database: Database, operators: Mapping[str, Operator]) -> Mapping[Verb, Handler]:
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

    async def call_listed(pressed: Pressed) -> ActionReply:
        try:
            drawing = UUID(str(pressed.action.data.get("drawing")))
        except ValueError:
            raise NotAButton from None
        try:
            await calling.call_listed(pressed.press(), drawing)
        except NotPlaced as refusal:
            return MessageReply(text=refusal_words(refusal.code.value, pressed.texts))
        # Drawn anew: the next press is another wish.
        async with database.tenant(pressed.tenant.tenant_id) as unit:
            popups = await read_recent(unit, pressed.employee.employee_id, operators)
        card = recent_card(popups, pressed.texts, drawing=uuid4())
        return CardReply(card=card.card, summary=card.summary)

    return {Verb.CALL_BACK: call_back, Verb.CALL_LISTED: call_listed}
