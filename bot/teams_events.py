"""What happens in Teams, carried out: chats kept, newcomers greeted, buttons obeyed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

from bot.buttons import Handler, NotAButton, Pressed, answer_press
from bot.cards import welcome_card
from bot.conversation import Conversation
from bot.teams.ports import ActionReply, CardAction, CardReply, ErrorReply, InstalledChat, MessageReply, Reply
from bot.texts import texts_for
from calls.jobs.queue import Bell
from calls.numbers import Number, parse_number
from calls.popups.chats import SQL as CHATS
from calls.popups.chats import ChatAddress, ChatState, keep_chat, set_state, welcome_due
from calls.popups.popup import Verb
from calls.popups.wishes import CallGone, NotYours, follow_by_edit, is_late
from calls.store.database import Database, Unit
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import Employee, Tenant, employee_of, read_tenant

_SQL = read_blocks(Path(__file__).parent / "sql" / "bot.sql")


class ProductEvents:
    """:class:`bot.teams.ports.TeamsEvents`. A tenant we do not serve, or another bot's chat, changes nothing."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        handlers: Mapping[Verb, Handler],
        conversation: Conversation,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._bell = bell
        self._handlers = handlers
        self._conversation = conversation
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
                gone = ChatState.UNINSTALLED
                await set_state(unit, address.bot_app_id, address.entra_object_id, gone, chat.seen_at)

    async def message(self, chat: InstalledChat, text: str) -> Reply | None:
        person = await self._person(chat)
        if person is None:
            return Reply(text=texts_for(chat.locale).reply.not_set_up)
        tenant, employee = person
        texts = texts_for(employee.language or tenant.language)
        return await self._conversation.answer(tenant, employee, text, texts)

    async def card_action(self, action: CardAction) -> ActionReply:
        pressed = await self._pressed(action)
        if pressed is None:
            return ErrorReply(code="not_set_up", message=texts_for(action.chat.locale).reply.not_set_up, status=403)
        reply = await answer_press(self._handlers, pressed)
        if isinstance(reply, CardReply) and reply.as_of is not None and is_late(reply.as_of, self._now()):
            await self._follow(pressed, answered=False)
            return MessageReply(text=pressed.texts.reply.card_follows)
        return reply

    async def answered_again(self, action: CardAction) -> None:
        pressed = await self._pressed(action)
        if pressed is not None:
            await self._follow(pressed, answered=True)

    async def _follow(self, pressed: Pressed, *, answered: bool) -> None:
        """Nothing, where no card of theirs was pressed or its call is gone."""
        with suppress(NotAButton, CallGone, NotYours):
            await follow_by_edit(self._database, self._bell, pressed.press(), self._now(), answered=answered)

    async def _pressed(self, action: CardAction) -> Pressed | None:
        person = await self._person(action.chat)
        if person is None:
            return None
        tenant, employee = person
        texts = texts_for(employee.language or tenant.language)
        return Pressed(action=action, tenant=tenant, employee=employee, texts=texts)

    async def _person(self, chat: InstalledChat) -> tuple[Tenant, Employee] | None:
        """Who this is; None when we do not serve them."""
        address = _address(chat)
        if address is None:
            return None
        async with self._database.tenant(address.tenant_id) as unit:
            tenant = await _serves(unit, chat)
            employee = await employee_of(unit, address.entra_object_id) if tenant else None
        return (tenant, employee) if tenant and employee else None


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
