"""Making the database say what a company.toml says: what differs is changed and told, what is gone is switched off."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import UUID

from bot.problems import BadCompanyFile
from bot.provision.bots import apply_bots
from bot.provision.company_file import Company, read_secret
from bot.provision.connections import apply_connections, read_providers
from bot.provision.differences import SQL, Change, Differences, Earlier
from bot.provision.employees import apply_employees
from calls.store.database import Database
from calls.store.tenants import TENANT_SETTINGS


class _OnlyLooking(Exception):
    """Ends the transaction of a dry run."""


async def apply_company(
    database: Database,
    company: Company,
    environment: Mapping[str, str],
    folder: Path,
    *,
    dry_run: bool = False,
    earlier: Earlier | None = None,
) -> list[Change]:
    """Write what differs, all or nothing, and return it; ``dry_run`` only tells. ``earlier`` is what the files before
    this one in the same run have said, and learns what this one says. Raises BadCompanyFile, and Unsealable where what
    is stored does not open."""
    earlier = earlier or Earlier()
    bot_tenant = await _tenant_of_bot(database, company, earlier)
    providers = await read_providers(database, earlier, company)
    secret = partial(read_secret, environment=environment, folder=folder)
    earlier.tenants[company.tenant.id] = company
    changes: list[Change] = []
    with suppress(_OnlyLooking):
        async with database.tenant(company.tenant.id) as unit:
            differences = Differences(unit)
            await _apply_tenant(differences, company, bot_tenant)
            await apply_bots(differences, database, earlier, company.bots, secret)
            connections = await apply_connections(differences, database, company, providers, secret)
            await apply_employees(differences, company)
            changes = differences.changes
            earlier.bots.update({bot.app_id: company.tenant.id for bot in company.bots})
            earlier.connections.update({connection.connection_id: connection for connection in connections})
            if dry_run:
                raise _OnlyLooking  # takes everything back
    return changes


async def _tenant_of_bot(database: Database, company: Company, earlier: Earlier) -> UUID | None:
    bot = company.tenant.bot
    if bot is None:
        return None
    if bot in {part.app_id for part in company.bots}:
        return company.tenant.id
    owner = await earlier.tenant_of_bot(database, bot)
    if owner is None or owner == company.tenant.id:
        raise BadCompanyFile(f"tenant.bot: no bot {bot} is known; apply the file that holds it first")
    return owner


async def _apply_tenant(differences: Differences, company: Company, bot_tenant: UUID | None) -> None:
    part = company.tenant
    settings = TENANT_SETTINGS.dump_python(part.settings, mode="json")
    wanted = (part.name, part.language, part.region, part.bot, bot_tenant, settings)
    row = await differences.unit.sql.fetchrow(SQL["read_tenant"])
    if differences.tell(f"tenant {part.name}", new=row is None, changed=row is not None and tuple(row) != wanted):
        await differences.unit.sql.execute(SQL["write_tenant"], part.id, *wanted)
