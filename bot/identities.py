"""The bots we are, answered from memory: a request's bot is asked for before anything is proved."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from bot.teams.identity import BotIdentity, BotKind
from calls.store.database import Database
from calls.store.sql_blocks import read_blocks
from calls.store.vault import Unsealable

log = logging.getLogger(__name__)
_SQL = read_blocks(Path(__file__).parent / "sql" / "bot.sql")
_FRESH = timedelta(seconds=30)
_AT_MOST = 1000  # remembered answers, unknown ids among them


class RowIdentities:
    """:class:`bot.teams.ports.BotIdentities` on the table ``bot_identity``."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._remembered: OrderedDict[UUID, tuple[BotIdentity | None, datetime]] = OrderedDict()

    async def find(self, app_id: str) -> BotIdentity | None:
        try:
            key = UUID(app_id)
        except ValueError:
            return None
        known = self._remembered.get(key)
        if known is not None and self._now() - known[1] < _FRESH:
            return known[0]
        identity = await self._read(key)
        self._remembered[key] = (identity, self._now())
        self._remembered.move_to_end(key)
        while len(self._remembered) > _AT_MOST:
            self._remembered.popitem(last=False)
        return identity

    async def every(self) -> list[BotIdentity]:
        """All bots of all tenants, to keep their tokens warm. One that cannot be opened is left out, and said."""
        found = []
        for row in await self._database.pool.fetch(_SQL["bot_ids"]):
            try:
                identity = await self.find(str(row["app_id"]))
            except Unsealable:
                log.error("bot %s: its secret does not open with any key in force", row["app_id"])  # noqa: TRY400
                continue
            found += [identity] if identity else []
        return found

    async def _read(self, app_id: UUID) -> BotIdentity | None:
        tenant_id = await self._database.tenant_of_bot(app_id)
        if tenant_id is None:
            return None
        async with self._database.tenant(tenant_id) as unit:
            row = await unit.sql.fetchrow(_SQL["read_bot"], app_id)
            if row is None:
                return None
            sealed, certificate, managed = row["secret_sealed"], row["certificate_sealed"], row["managed_identity"]
            return BotIdentity(
                app_id=str(row["app_id"]),
                home_tenant=str(row["home_tenant"]),
                kind=BotKind(row["kind"]),
                secret=unit.open_text("bot secret", sealed) if sealed else None,
                certificate=unit.open_text("bot certificate", certificate) if certificate else None,
                managed_identity=str(managed) if managed else None,
            )
