"""Making the database say what a company.toml says: what differs is changed and told, what is gone is switched off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from bot.problems import BadCompanyFile
from bot.provision.company_file import Company, ConnectionPart, EmployeePart, read_secret
from calls.database import Database, Unit
from calls.model import Connection, SourceRole
from calls.numbers import Number, parse_number
from calls.sql_blocks import read_blocks
from calls.tenants import SECRETS, TENANT_SETTINGS, read_connection
from calls.vault import Unsealable
from crm_connectors import CONNECTORS
from operators import OPERATORS

_SQL = read_blocks(Path(__file__).parent / "apply.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One difference between file and database. Texts hold no secret and no whole number."""

    sign: str  # "+" new, "~" changed, "-" switched off
    what: str

    def __str__(self) -> str:
        return f"{self.sign} {self.what}"


class _OnlyLooking(Exception):
    """Ends the transaction of a dry run."""


class _Applying:
    """One run, inside one transaction of the tenant."""

    def __init__(self, unit: Unit, company: Company, environment: Mapping[str, str], folder: Path) -> None:
        self._unit = unit
        self._company = company
        self._secret: Callable[[Any], str] = lambda ref: read_secret(ref, environment, folder)
        self.changes: list[Change] = []

    def _tell(self, what: str, *, new: bool, changed: bool) -> bool:
        """Note a difference; True when there is something to write."""
        if new or changed:
            self.changes.append(Change(sign="+" if new else "~", what=what))
        return new or changed

    async def tenant(self, bot_tenant: UUID | None) -> None:
        part = self._company.tenant
        settings = TENANT_SETTINGS.dump_python(part.settings)
        wanted = (part.name, part.language, part.region, part.bot, bot_tenant, settings)
        row = await self._unit.sql.fetchrow(_SQL["read_tenant"])
        if self._tell(f"tenant {part.name}", new=row is None, changed=row is not None and tuple(row) != wanted):
            await self._unit.sql.execute(_SQL["write_tenant"], part.id, *wanted)

    async def bots(self) -> None:
        for bot in self._company.bots:
            secret = self._secret(bot.secret) if bot.secret else None
            row = await self._unit.sql.fetchrow(_SQL["read_bot"], bot.app_id)
            known = row and (row["kind"], row["home_tenant"], self._opened("bot secret", row["secret_sealed"]))
            new, changed = row is None, bool(row) and known != (bot.kind, bot.home_tenant, secret)
            if self._tell(f"bot {bot.app_id}", new=new, changed=changed):
                sealed = self._unit.seal_text("bot secret", secret) if secret else None
                await self._unit.sql.execute(
                    _SQL["write_bot"], self._unit.tenant_id, bot.app_id, bot.kind, bot.home_tenant, sealed
                )

    async def connections(self, providers: Mapping[UUID, Connection]) -> None:
        kept = []
        for rank, part in enumerate(self._company.connections):
            connection = self._opened_connection(part, providers)
            kept.append(connection.connection_id)
            row = await self._unit.sql.fetchrow(_SQL["read_connection"], connection.connection_id)
            secrets = row and self._secrets(row["secrets_sealed"])
            provider = connection.provider_tenant_id
            wanted = (part.kind, part.type, part.name, rank, dict(connection.settings), provider, True)
            changed = row is not None and (tuple(row)[1:] != wanted or secrets != connection.secrets)
            if self._tell(f"{part.kind} {part.name} ({part.type})", new=row is None, changed=changed):
                sealed = self._unit.seal_value("connection secrets", SECRETS, connection.secrets)
                # A new secret makes a stored token worthless; a new address makes it dangerous.
                await self._unit.sql.execute(
                    _SQL["write_connection"], self._unit.tenant_id, connection.connection_id, *wanted[:6], sealed
                )
        for row in await self._unit.sql.fetch(_SQL["switch_off_connections"], kept):
            self.changes.append(Change(sign="-", what=f"{row['kind']} {row['name']}"))

    async def employees(self) -> None:
        kept = []
        for part in self._company.employees:
            employee_id = uuid5(self._unit.tenant_id, f"employee {part.entra_object_id}")
            kept.append(employee_id)
            row = await self._unit.sql.fetchrow(_SQL["read_employee"], employee_id)
            known = row and (
                self._opened("employee name", row["name_sealed"]),
                self._opened("employee email", row["email_sealed"]),
                row["language"],
                row["active"],
            )
            changed = bool(row) and known != (part.name, part.email, part.language, True)
            lines_differ = await self._lines_differ(employee_id, part)
            if self._tell(f"employee {part.name}", new=row is None, changed=changed or lines_differ):
                await self._write_employee(employee_id, part)
        for row in await self._unit.sql.fetch(_SQL["switch_off_employees"], kept):
            name = self._opened("employee name", row["name_sealed"])
            self.changes.append(Change(sign="-", what=f"employee {name}"))

    async def _write_employee(self, employee_id: UUID, part: EmployeePart) -> None:
        unit = self._unit
        name = unit.seal_text("employee name", part.name)
        email = unit.seal_text("employee email", part.email) if part.email else None
        await unit.sql.execute(
            _SQL["write_employee"], unit.tenant_id, employee_id, part.entra_object_id, name, email, part.language
        )
        await unit.sql.execute(_SQL["forget_lines"], employee_id)
        for number, alias in self._lines(part):
            await unit.sql.execute(
                _SQL["write_line"],
                unit.tenant_id,
                employee_id,
                unit.hash("line", number.key),
                unit.seal_text("line number", number.e164 or number.digits),
                unit.hash("alias", alias) if alias else None,
                unit.seal_text("line alias", alias) if alias else None,
            )

    async def _lines_differ(self, employee_id: UUID, part: EmployeePart) -> bool:
        rows = await self._unit.sql.fetch(_SQL["read_lines"], employee_id)
        known = {
            (self._opened("line number", row["number_sealed"]), self._opened("line alias", row["alias_sealed"]))
            for row in rows
        }
        return known != {(number.e164 or number.digits, alias) for number, alias in self._lines(part)}

    def _lines(self, part: EmployeePart) -> list[tuple[Number, str | None]]:
        lines = []
        for line in part.lines:
            number = parse_number(line.number, self._company.tenant.region)
            if number is None:
                raise BadCompanyFile(f"employee {part.name}: one of the lines has no number that can be read")
            lines.append((number, line.alias))
        return lines

    def _opened_connection(self, part: ConnectionPart, providers: Mapping[UUID, Connection]) -> Connection:
        """The connection as it will be, checked by its own type."""
        settings = dict(part.settings)
        if part.provided_by is not None:
            settings["provider_connection_id"] = str(part.provided_by)
        connection = Connection(
            tenant_id=self._unit.tenant_id,
            connection_id=part.connection_id(self._unit.tenant_id),
            type=part.type,
            name=part.name,
            settings=settings,
            provider_tenant_id=providers[part.provided_by].tenant_id if part.provided_by else None,
            secrets={name: tuple(map(self._secret, refs)) for name, refs in part.secrets.items()},
        )
        kinds: Mapping[str, Any] = OPERATORS if part.kind == "operator" else CONNECTORS
        if part.type not in kinds:
            raise BadCompanyFile(f"connection {part.name}: type is one of {', '.join(kinds)}, not {part.type!r}")
        try:
            lent = providers[part.provided_by].secrets if part.provided_by else connection.secrets
            kinds[part.type].check_settings(replace(connection, secrets=lent))
        except ValueError as error:
            raise BadCompanyFile(f"connection {part.name}: {error}") from None
        return connection

    def _opened(self, purpose: str, sealed: bytes | None) -> str | None:
        """None for what no key opens any more, too: it differs from the file, and is written anew."""
        with suppress(Unsealable):
            return self._unit.open_text(purpose, sealed) if sealed else None
        return None

    def _secrets(self, sealed: bytes) -> Mapping[str, tuple[str, ...]] | None:
        with suppress(Unsealable):
            return self._unit.open_value("connection secrets", SECRETS, sealed)
        return None


async def apply_company(
    database: Database, company: Company, environment: Mapping[str, str], folder: Path, *, dry_run: bool = False
) -> list[Change]:
    """Write what differs, all or nothing, and return it; ``dry_run`` only tells."""
    own_bots = {bot.app_id for bot in company.bots}
    bot, bot_tenant = company.tenant.bot, None
    if bot is not None:
        bot_tenant = company.tenant.id if bot in own_bots else await database.tenant_of_bot(bot)
        if bot_tenant is None:
            raise BadCompanyFile(f"tenant.bot: no bot {bot} is known; apply the file that holds it first")
    providers: dict[UUID, Connection] = {}
    for part in company.connections:
        if part.provided_by is not None:
            provider = await _read_provider(database, part.provided_by)
            if provider is None:
                raise BadCompanyFile(f"connection {part.name}: provided_by names no connection; apply its file first")
            if not _may_lend(provider, part):
                raise BadCompanyFile(f"connection {part.name}: provided_by wants a directory of the same type")
            providers[part.provided_by] = provider
    changes: list[Change] = []
    with suppress(_OnlyLooking):
        async with database.tenant(company.tenant.id) as unit:
            applying = _Applying(unit, company, environment, folder)
            await applying.tenant(bot_tenant)
            await applying.bots()
            await applying.connections(providers)
            await applying.employees()
            changes = applying.changes
            if dry_run:
                raise _OnlyLooking  # takes everything back
    return changes


def _may_lend(provider: Connection, part: ConnectionPart) -> bool:
    """Directories alone are shared: a CRM's secrets would open one customer's records to another."""
    kind = CONNECTORS.get(provider.type)
    same = part.kind == "connector" and part.type == provider.type
    return same and kind is not None and kind.spec.role is SourceRole.DIRECTORY


async def _read_provider(database: Database, connection_id: UUID) -> Connection | None:
    """Another tenant's connection, whose secrets are lent but never copied."""
    owner = await database.tenant_of_connection(connection_id)
    if owner is None:
        return None
    async with database.tenant(owner) as unit:
        return await read_connection(unit, connection_id)
