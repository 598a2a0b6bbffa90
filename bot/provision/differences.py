"""What a run of provisioning finds different, and the tenant's transaction in which it is mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from bot.provision.company_file import Company
from calls.model import Connection
from calls.store.database import Database, Unit
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import read_connection

SQL = read_blocks(Path(__file__).parent / "apply.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One difference between file and database. Texts hold no secret and no whole number."""

    sign: str  # "+" new, "~" changed, "-" switched off
    what: str

    def __str__(self) -> str:
        return f"{self.sign} {self.what}"


class Differences:
    """One run, inside one transaction of the tenant."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.changes: list[Change] = []

    def tell(self, what: str, *, new: bool, changed: bool, stale: bool = False) -> bool:
        """Note a difference; True when there is something to write."""
        if new or changed:
            self.changes.append(Change(sign="+" if new else "~", what=what))
        elif stale:
            self.changes.append(Change(sign="~", what=f"{what} (sealed anew)"))
        return new or changed or stale

    def tell_gone(self, what: str) -> None:
        self.changes.append(Change(sign="-", what=what))

    def opened(self, purpose: str, sealed: bytes | None) -> str | None:
        return self.unit.open_text(purpose, sealed) if sealed else None

    def sealed(self, purpose: str, text: str | None) -> bytes | None:
        return self.unit.seal_text(purpose, text) if text else None

    def is_stale(self, *sealed: bytes | None) -> bool:
        """Whether one of these was not sealed with the newest key, which is to be able to stand alone one day."""
        return any(value is not None and not self.unit.vault.is_newest(value) for value in sealed)


@dataclass(kw_only=True, slots=True)
class Earlier:
    """What the files before this one in the same run have said. A dry run has written none of it."""

    bots: dict[UUID, UUID] = field(default_factory=dict)  # app id → tenant
    connections: dict[UUID, Connection] = field(default_factory=dict)
    tenants: dict[UUID, Company] = field(default_factory=dict)

    async def tenant_of_bot(self, database: Database, app_id: UUID) -> UUID | None:
        if app_id in self.bots:
            return self.bots[app_id]
        owner = await database.tenant_of_bot(app_id)
        return None if owner in self.tenants else owner

    async def connection(self, database: Database, connection_id: UUID) -> Connection | None:
        """Another tenant's connection, whose secrets are lent but never copied."""
        if connection_id in self.connections:
            return self.connections[connection_id]
        owner = await database.tenant_of_connection(connection_id)
        if owner is None or owner in self.tenants:
            return None
        async with database.tenant(owner) as unit:
            return await read_connection(unit, connection_id)

    async def users_of_bot(self, database: Database, app_id: UUID) -> list[str]:
        """The names of the tenants that use a bot. Each is asked in a transaction of its own: row-level security shows
        nobody the rows of several."""
        names = [company.tenant.name for company in self.tenants.values() if company.tenant.bot == app_id]
        for tenant_id in await database.tenant_ids():
            if tenant_id not in self.tenants:
                async with database.tenant(tenant_id) as unit:
                    name = await unit.sql.fetchval(SQL["user_of_bot"], app_id)
                names += [name] if name else []
        return sorted(names)
