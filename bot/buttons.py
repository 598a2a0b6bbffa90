"""Buttons of cards: each verb has one handler, and whatever part of the product has buttons brings a table of its own.

``bot/app.py`` puts the tables together. What every press needs is done once, here: a person we do not serve, a verb
nobody knows, a call that is gone, a popup of somebody else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from bot.cards import render_popup
from bot.cards.typed import read_typed
from bot.teams.ports import ActionReply, CardAction, CardReply, ErrorReply, MessageReply
from bot.texts import Texts, texts_for
from calls.model import Match
from calls.popups.popup import Verb
from calls.popups.wishes import CallGone, Granted, NotYours, Press, Wishes
from calls.store.tenants import Employee, Tenant


class NotAButton(Exception):
    """The data is not what a button of ours sends: an old card, or a client that makes things up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pressed:
    """A press of an employee whom we serve."""

    action: CardAction  # its data is the client's: check every value
    tenant: Tenant
    employee: Employee
    texts: Texts

    def press(self) -> Press:
        """Which popup's button it was; raises :class:`NotAButton` when the data names none."""
        try:
            popup_id = UUID(str(self.action.data.get("popup_id")))
        except ValueError:
            raise NotAButton from None
        return Press(
            tenant_id=self.tenant.tenant_id,
            popup_id=popup_id,
            entra_object_id=self.employee.entra_object_id,
            card_id=self.action.reply_to_id,
            typed=read_typed(self.action.data),
        )


# May raise NotAButton, CallGone and NotYours.
Handler: TypeAlias = Callable[[Pressed], Awaitable[ActionReply]]


async def answer_press(handlers: Mapping[Verb, Handler], pressed: Pressed) -> ActionReply:
    """Carry out a press, and say what there is to say when that cannot be done."""
    reply = pressed.texts.reply
    verb = pressed.action.verb
    handler = handlers.get(Verb(verb), _unknown) if verb in set(Verb) else _unknown
    try:
        return await handler(pressed)
    except NotAButton:
        return ErrorReply(code="unknown_action", message=reply.unknown_action)
    except CallGone:
        return MessageReply(text=reply.call_gone)
    except NotYours:
        return ErrorReply(code="not_yours", message=reply.not_yours, status=403)


def show_popup(granted: Granted) -> CardReply:
    """The card as it is after the press."""
    rendered = render_popup(granted.popup, texts_for(granted.language))
    return CardReply(card=rendered.card, summary=rendered.summary, as_of=granted.as_of)


def lookup_buttons(wishes: Wishes) -> Mapping[Verb, Handler]:
    """Asking the sources again, and choosing among what they said."""

    async def search_again(pressed: Pressed) -> ActionReply:
        return show_popup(await wishes.search_again(pressed.press()))

    async def choose_match(pressed: Pressed) -> ActionReply:
        granted = await wishes.choose_match(pressed.press(), lambda matches: _picked(matches, pressed.action))
        return show_popup(granted)

    async def remember_for_me(pressed: Pressed) -> ActionReply:
        return show_popup(await wishes.remember_choice(pressed.press(), for_all=False))

    async def remember_for_all(pressed: Pressed) -> ActionReply:
        return show_popup(await wishes.remember_choice(pressed.press(), for_all=True))

    async def forget_choice(pressed: Pressed) -> ActionReply:
        return show_popup(await wishes.forget_choice(pressed.press()))

    return {
        Verb.SEARCH_AGAIN: search_again,
        Verb.CHOOSE_MATCH: choose_match,
        Verb.REMEMBER_FOR_ME: remember_for_me,
        Verb.REMEMBER_FOR_ALL: remember_for_all,
        Verb.FORGET_CHOICE: forget_choice,
    }


async def _unknown(_: Pressed) -> ActionReply:
    raise NotAButton


def _picked(matches: Sequence[Match], action: CardAction) -> Match | None:
    """The match a button names; None when the client made it up."""
    return next((match for match in matches if match.key == action.data.get("match")), None)
