"""What an employee can say to the bot: help, recent calls, a number to call, settings; in either language."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Protocol
from urllib.parse import quote
from uuid import UUID

from bot.cards.call_back import refusal_words
from bot.cards.chat_cards import call_card, preferences_card, recent_card
from bot.recent_calls import read_recent
from bot.teams.ports import Reply
from bot.texts import Texts
from calls.calling.asking import Calling, NotPlaced
from calls.numbers import Number, format_number, parse_number
from calls.orders import CallRefusal
from calls.store.database import Database
from calls.store.tenants import Employee, Tenant


class Command(StrEnum):
    HELP = "help"
    RECENT = "recent"
    CALL = "call"
    SETTINGS = "settings"


_WORDS = {
    "hjelp": Command.HELP, "help": Command.HELP,
    "siste": Command.RECENT, "recent": Command.RECENT,
    "ring": Command.CALL, "call": Command.CALL,
    "innstillinger": Command.SETTINGS, "settings": Command.SETTINGS,
}  # fmt: skip
_MENTION = re.compile(r"<at\b[^>]*>.*?</at>", re.IGNORECASE | re.DOTALL)
_COMMAND = re.compile(r"^[\s/@!.,:;-]*(\w+)[\s.,:;!?-]*(.*)$", re.DOTALL)
_NOT_A_NUMBER = re.compile(r"[^\d+*#]")


class Starter(Protocol):
    """How a call that somebody asks for in the chat is begun."""

    async def start(self, tenant: Tenant, employee: Employee, number: Number, texts: Texts) -> Reply: ...


class TeamsLink:
    """:class:`Starter` by a link that the employee's own Teams opens: with Teams Phone it calls."""

    async def start(self, tenant: Tenant, employee: Employee, number: Number, texts: Texts) -> Reply:
        dialled = number.e164 or number.digits
        url = f"https://teams.microsoft.com/l/call/0/0?users=4:{quote(dialled, safe='')}"
        card = call_card(number, url, texts)
        return Reply(card=card.card, summary=card.summary)


class ThroughOperator:
    """:class:`Starter` by the operator, which rings the employee's own phone first; otherwise as ``otherwise`` does."""

    def __init__(self, calling: Calling, otherwise: Starter) -> None:
        self._calling = calling
        self._otherwise = otherwise

    async def start(self, tenant: Tenant, employee: Employee, number: Number, texts: Texts) -> Reply:
        try:
            await self._calling.call(tenant.tenant_id, employee.employee_id, number, "message")
        except NotPlaced as problem:
            if problem.code is CallRefusal.NOT_SUPPORTED and number.e164:
                return await self._otherwise.start(tenant, employee, number, texts)
            return Reply(text=refusal_words(problem.code.value, texts))
        return Reply(text=texts.calling.started.format(number=format_number(number)))


def read_command(text: str) -> tuple[Command, str] | None:
    """The command and what follows it; None: nothing of ours. Case, mentions and punctuation do not matter."""
    found = _COMMAND.match(_MENTION.sub(" ", text).replace("\u00a0", " ").strip())
    command = _WORDS.get(found[1].lower()) if found else None
    if found is None or command is None:
        return None
    rest = found[2].strip(" \t\r\n.!?")
    return (command, rest) if command is Command.CALL or not rest else None


def read_number(text: str, region: str) -> Number | None:
    """A number written by a person; None when it holds letters, or is none."""
    if re.search(r"[^\W\d_]", text):
        return None
    return parse_number(_NOT_A_NUMBER.sub("", text), region)


class Conversation:
    def __init__(self, database: Database, starter: Starter) -> None:
        self._database = database
        self._starter = starter

    async def answer(self, tenant: Tenant, employee: Employee, text: str, texts: Texts) -> Reply:
        match read_command(text):
            case (Command.HELP, _):
                return Reply(text=texts.chat.help)
            case (Command.RECENT, _):
                return await self._recent(tenant.tenant_id, employee, texts)
            case (Command.SETTINGS, _):
                card = preferences_card(tenant.settings, employee.preferences, texts)
                return Reply(card=card.card, summary=card.summary)
            case (Command.CALL, rest):
                number = read_number(rest, tenant.region)
                if number is None:
                    return Reply(text=texts.chat.no_number)
                return await self._starter.start(tenant, employee, number, texts)
        return Reply(text=texts.reply.unknown_message)

    async def _recent(self, tenant_id: UUID, employee: Employee, texts: Texts) -> Reply:
        async with self._database.tenant(tenant_id) as unit:
            popups = await read_recent(unit, employee.employee_id)
        if not popups:
            return Reply(text=texts.chat.no_calls)
        card = recent_card(popups, texts)
        return Reply(card=card.card, summary=card.summary)
