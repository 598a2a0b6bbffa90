"""What an employee can say to the bot: help, recent calls, a number to call, settings; in either language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID, uuid4

from bot.cards import RenderedCard
from bot.cards.call_back import refusal_words
from bot.cards.chat_cards import call_card, preferences_card, recent_card
from bot.recent_calls import read_recent
from bot.teams.ports import Reply
from bot.texts import Texts
from calls.calling.asking import Calling, NotPlaced
from calls.calling.call_requests import CallRoute
from calls.numbers import Number, parse_number
from calls.ports import Operator
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
    """``operators`` are the kinds of operators there are, by type: what they can do decides what a list offers."""

    def __init__(self, database: Database, calling: Calling, operators: Mapping[str, Operator]) -> None:
        self._database = database
        self._calling = calling
        self._operators = operators

    async def answer(self, tenant: Tenant, employee: Employee, text: str, texts: Texts) -> Reply | None:
        """None: a card answers, and comes by itself."""
        match read_command(text):
            case (Command.HELP, _):
                return Reply(text=texts.chat.help)
            case (Command.RECENT, _):
                return await self._recent(tenant.tenant_id, employee, texts)
            case (Command.SETTINGS, _):
                return _shown(preferences_card(tenant.settings, employee.preferences, texts))
            case (Command.CALL, rest):
                number = read_number(rest, tenant.region)
                if number is None:
                    return Reply(text=texts.chat.no_number)
                return await self._call(tenant.tenant_id, employee, number, texts)
        return Reply(text=texts.reply.unknown_message)

    async def _recent(self, tenant_id: UUID, employee: Employee, texts: Texts) -> Reply:
        async with self._database.tenant(tenant_id) as unit:
            popups = await read_recent(unit, employee.employee_id, self._operators)
        return _shown(recent_card(popups, texts, drawing=uuid4())) if popups else Reply(text=texts.chat.no_calls)

    async def _call(self, tenant_id: UUID, employee: Employee, number: Number, texts: Texts) -> Reply | None:
        try:
            route = await self._calling.call(tenant_id, employee.employee_id, number)
        except NotPlaced as problem:
            return Reply(text=refusal_words(problem.code.value, texts))
        return _shown(call_card(number, texts)) if route is CallRoute.TEAMS else None


def _shown(card: RenderedCard) -> Reply:
    return Reply(card=card.card, summary=card.summary)
