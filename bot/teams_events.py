"""What happens in Teams, carried out: chats kept, newcomers greeted, buttons obeyed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from bot.cards import render_popup, welcome_card
from bot.teams.ports import ActionReply, CardAction, CardReply, ErrorReply, InstalledChat, MessageReply, Reply
from bot.texts import Texts, texts_for
from calls.chats import SQL as CHATS
from calls.chats import ChatAddress, ChatState, keep_chat, set_state, welcome_due
from calls.database import Database, Unit
from calls.model import Match
from calls.numbers import Number, parse_number
from calls.popup import Verb
from calls.queue import Bell
from calls.sql_blocks import read_blocks
from calls.tenants import Tenant, employee_of, read_tenant
from calls.wishes import CallGone, NotYours, Press, Wishes

_SQL = read_blocks(Path(__file__).parent / "sql" / "bot.sql")


class ProductEvents:
    """:class:`bot.teams.ports.TeamsEvents`. A tenant we do not serve, or another bot's chat, changes nothing."""

    def __init__(self, database: Database, bell: Bell, wishes: Wishes, now: Callable[[], datetime]) -> None:
        self._database = database
        self._bell = bell
        self._wishes = wishes
        self._now = now

    async def seen(self, chat: InstalledChat) -> None:
        address = _address(chat)
        if address is None:
            return
        async with self._database.tenant(address.tenant_id) as unit:
            if await _serves(unit, chat) is not None:
                await keep_chat(unit, address, chat.seen_at)

    async def installed(self, chat: InstalledChat) -> Reply | None:
        address = _address(chat)
        if address is None:
            return None
        async with self._database.tenant(address.tenant_id) as unit:
            tenant = await _serves(unit, chat)
            if tenant is None:
                return Reply(text=texts_for(chat.locale).reply.not_set_up)
            await keep_chat(unit, address, chat.seen_at)
            for row in await unit.sql.fetch(CHATS["reopen_popups"], address.entra_object_id, self._now()):
                await self._bell.ring_cards(unit, row["call_id"])
            if not await welcome_due(unit, address):
                return None
            employee = await employee_of(unit, address.entra_object_id)
            lines = await _lines(unit, employee.employee_id, tenant.region) if employee else []
        texts = texts_for((employee.language if employee else None) or tenant.language)
        card = welcome_card(texts, lines=lines)
        return Reply(card=card.card, summary=card.summary)

    async def uninstalled(self, chat: InstalledChat) -> None:
        address = _address(chat)
        if address is None:
            return
        async with self._database.tenant(address.tenant_id) as unit:
            if await _serves(unit, chat) is not None:
                await set_state(unit, address.bot_app_id, address.entra_object_id, ChatState.UNINSTALLED)

    async def message(self, chat: InstalledChat, text: str) -> Reply | None:
        texts = await self._texts(chat)
        return Reply(text=texts.reply.unknown_message if texts else texts_for(chat.locale).reply.not_set_up)

    async def card_action(self, action: CardAction) -> ActionReply:
        texts = await self._texts(action.chat)
        if texts is None:
            return ErrorReply(code="not_set_up", message=texts_for(action.chat.locale).reply.not_set_up, status=403)
        press = _press(action)
        if press is None:
            return ErrorReply(code="unknown_action", message=texts.reply.unknown_action)
        try:
            if action.verb == Verb.SEARCH_AGAIN:
                granted = await self._wishes.search_again(press)
            elif action.verb == Verb.CHOOSE_MATCH:
                granted = await self._wishes.choose_match(press, lambda matches: _picked(matches, action))
            else:
                return ErrorReply(code="unknown_action", message=texts.reply.unknown_action)
        except CallGone:
            return MessageReply(text=texts.reply.call_gone)
        except NotYours:
            return ErrorReply(code="not_yours", message=texts.reply.not_yours, status=403)
        rendered = render_popup(granted.popup, texts_for(granted.language))
        return CardReply(card=rendered.card, summary=rendered.summary)

    async def _texts(self, chat: InstalledChat) -> Texts | None:
        """The words for this person; None when we do not serve them."""
        address = _address(chat)
        if address is None:
            return None
        async with self._database.tenant(address.tenant_id) as unit:
            tenant = await _serves(unit, chat)
            employee = await employee_of(unit, address.entra_object_id) if tenant else None
        return texts_for(employee.language or tenant.language) if tenant and employee else None


def _address(chat: InstalledChat) -> ChatAddress | None:
    """Our record of the chat; None when Teams did not say whose it is."""
    try:
        return ChatAddress(
            tenant_id=UUID(chat.entra_tenant),
            bot_app_id=UUID(chat.app_id),
            entra_object_id=UUID(chat.user.aad_object_id or ""),
            conversation_id=chat.conversation_id,
            member_id=chat.user.mri,
            service_url=chat.service_url,
        )
    except ValueError:
        return None


async def _serves(unit: Unit, chat: InstalledChat) -> Tenant | None:
    """The tenant, when it is ours and this is the bot it uses."""
    tenant = await read_tenant(unit)
    return tenant if tenant is not None and str(tenant.bot_app_id) == chat.app_id.lower() else None


async def _lines(unit: Unit, employee_id: UUID, region: str) -> list[Number]:
    rows = await unit.sql.fetch(_SQL["lines_of_employee"], employee_id)
    numbers = (parse_number(unit.open_text("line number", row["number_sealed"]), region) for row in rows)
    return [number for number in numbers if number is not None]


def _press(action: CardAction) -> Press | None:
    try:
        return Press(
            tenant_id=UUID(action.chat.entra_tenant),
            popup_id=UUID(str(action.data.get("popup_id"))),
            entra_object_id=UUID(action.user.aad_object_id or ""),
            card_id=action.reply_to_id,
        )
    except ValueError:
        return None


def _picked(matches: Sequence[Match], action: CardAction) -> Match | None:
    """The match a button names; None when the client made it up."""
    return next((match for match in matches if match.key == action.data.get("match")), None)
