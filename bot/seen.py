"""Which of Teams' activities were handled already, across nodes, and how they were answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from calls.store.database import Database
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).parent / "sql" / "bot.sql")
_PURPOSE = "activity"


class RowSeen:
    """:class:`bot.teams.ports.SeenActivities` on the table ``seen_activity``.

    A tenant that we do not know has no rows: its activities count as new each time, and do nothing anyway.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def first_time(self, entra_tenant: str, key: str) -> bool:
        async with self._database.tenant(UUID(entra_tenant)) as unit:
            hashed = unit.hash(_PURPOSE, key)
            return bool(await unit.sql.fetchval(_SQL["claim_activity"], unit.tenant_id, hashed, self._now()))

    async def reply(self, entra_tenant: str, key: str) -> bytes | None:
        async with self._database.tenant(UUID(entra_tenant)) as unit:
            sealed = await unit.sql.fetchval(_SQL["read_reply"], unit.hashes(_PURPOSE, key))
            return unit.vault.open(unit.tenant_id, "activity reply", sealed) if sealed else None

    async def store_reply(self, entra_tenant: str, key: str, reply: bytes) -> None:
        async with self._database.tenant(UUID(entra_tenant)) as unit:
            sealed = unit.vault.seal(unit.tenant_id, "activity reply", reply)
            await unit.sql.execute(_SQL["keep_reply"], unit.hash(_PURPOSE, key), sealed)

    async def forget(self, entra_tenant: str, key: str) -> None:
        async with self._database.tenant(UUID(entra_tenant)) as unit:
            await unit.sql.execute(_SQL["forget_activity"], unit.hash(_PURPOSE, key))
