"""Where in Teams an employee is reached: one row per employee and bot, kept from what Teams itself tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from calls.store.database import Unit
from calls.store.sql_blocks import read_blocks

SQL = read_blocks(Path(__file__).with_name("chats.sql"))


class ChatState(StrEnum):
    INSTALLED = "installed"
    UNINSTALLED = "uninstalled"
    BLOCKED = "blocked"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatAddress:
    """One employee's chat with one bot."""

    tenant_id: UUID
    bot_app_id: UUID
    entra_object_id: UUID
    conversation_id: str
    member_id: str  # Teams' own id of the user ("29:...")
    service_url: str


async def keep_chat(unit: Unit, chat: ChatAddress, now: datetime) -> None:
    """Note the newest address of an installed chat."""
    await unit.sql.execute(
        SQL["keep_chat"],
        unit.tenant_id,
        chat.bot_app_id,
        chat.entra_object_id,
        chat.conversation_id,
        chat.member_id,
        chat.service_url,
        now,
    )


async def welcome_due(unit: Unit, chat: ChatAddress) -> bool:
    """True once per installation: installing arrives as several activities, and earns one greeting."""
    return bool(await unit.sql.fetchval(SQL["welcome_due"], chat.bot_app_id, chat.entra_object_id))


async def set_state(
    unit: Unit, bot_app_id: UUID, entra_object_id: UUID, state: ChatState, seen_at: datetime | None = None
) -> None:
    """Note that nothing can be posted any more; ``seen_at`` is when Teams says so (None: now). Later news stand."""
    await unit.sql.execute(SQL["set_state"], bot_app_id, entra_object_id, state.value, seen_at)
