"""Popups onto the screen: rendered here, sent by the Teams gateway."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from bot.cards import render_popup
from bot.cards.samples import SAMPLES
from bot.teams.activities import card_activity
from bot.teams.errors import BlockedByUser, DisabledByAdmin, NotInstalled
from bot.teams.gateway import ChatGateway
from bot.teams.ports import Activity, BotIdentities, Chat
from bot.texts import texts_for
from calls.errors import NeedsSignIn, Refused
from calls.popups.chats import ChatAddress
from calls.popups.popup import Popup

_CODES = {NotInstalled: "not_installed", BlockedByUser: "blocked", DisabledByAdmin: "disabled_by_admin"}


class TeamsCards:
    """:class:`calls.popups.cards.CardChannel` on Teams."""

    def __init__(self, gateway: ChatGateway, identities: BotIdentities) -> None:
        self._gateway = gateway
        self._identities = identities
        _warm_up()

    async def post(self, chat: ChatAddress, popup: Popup, *, language: str, quiet: bool, deadline: float) -> str:
        activity = _message(popup, language)
        if quiet:
            # Teams has no switch for "no banner" (reference: notifications of bot messages); without a summary it has
            # at least nothing to say about the caller a second time.
            del activity["summary"]
        try:
            return await self._gateway.post(_chat(chat), activity, deadline=deadline)
        except Refused as problem:
            raise _renamed(problem) from None

    async def update(self, chat: ChatAddress, card_id: str, popup: Popup, *, language: str, deadline: float) -> None:
        try:
            await self._gateway.update(_chat(chat), card_id, _message(popup, language), deadline=deadline)
        except Refused as problem:
            raise _renamed(problem) from None

    async def find_chat(self, chat: ChatAddress, *, deadline: float) -> str:
        identity = await self._identities.find(str(chat.bot_app_id))
        if identity is None:
            raise NeedsSignIn("the bot of this chat is not known here")
        return await self._gateway.create_chat(
            identity,
            chat.service_url,
            str(chat.tenant_id),
            chat.member_id,
            deadline=deadline,
            tenant_id=chat.tenant_id,
        )


@cache
def _warm_up() -> None:
    """Render once what there is: the first card builds the library's schemas, for a second that holds up all else."""
    for popup in SAMPLES.values():
        _ = _message(popup, "nb")


def _message(popup: Popup, language: str) -> Activity:
    rendered = render_popup(popup, texts_for(language))
    return card_activity(rendered.card, summary=rendered.summary)


def _chat(chat: ChatAddress) -> Chat:
    tenant_id: UUID = chat.tenant_id
    return Chat(
        tenant_id=tenant_id,
        app_id=str(chat.bot_app_id),
        conversation_id=chat.conversation_id,
        service_url=chat.service_url,
        user_mri=chat.member_id,
    )


def _renamed(problem: Refused) -> Refused:
    """The refusals that say something about the chat, in our own words."""
    return Refused(str(problem), code=_CODES.get(type(problem), problem.code))
