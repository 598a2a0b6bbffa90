"""Trying again what was given up, after a person has mended what was wrong. The sweep finds it within a second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from calls.store.database import Database
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).with_name("replay.sql"))
CARDS_OF = timedelta(hours=24)  # a card about an older call helps nobody


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """How much will be tried again."""

    cards: int
    entries: int  # journal entries
    lookups: int = 0  # who a caller is


async def replay(database: Database, tenant_id: UUID, now: datetime) -> Replayed:
    """Make what is parked due. One transaction a call: whoever changes a call's popups locks it first, and one at a
    time."""
    since = now - CARDS_OF
    async with database.tenant(tenant_id) as unit:
        calls = [row["call_id"] for row in await unit.sql.fetch(_SQL["parked_calls"], since)]
    cards = entries = lookups = 0
    for call_id in calls:
        async with database.tenant(tenant_id) as unit:
            started_at = await unit.sql.fetchval(_SQL["lock_call"], call_id)
            if started_at is None:
                continue
            if started_at >= since:
                cards += await unit.sql.fetchval(_SQL["replay_popups"], call_id, now)
                lookups += await unit.sql.fetchval(_SQL["replay_lookup"], call_id, now)
            entries += await unit.sql.fetchval(_SQL["replay_journal"], call_id, now)
    return Replayed(cards=cards, entries=entries, lookups=lookups)
