"""Try parked cards of the last 24 hours, and parked journal entries, again."""

from __future__ import annotations

import argparse
from uuid import UUID

from bot.app import utc_now
from bot.commands.opening import check_schema, open_database
from bot.problems import CannotGoOn
from bot.settings import read_settings
from calls.jobs.replay import replay
from calls.store.tenants import read_tenant


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", type=UUID, metavar="ID", help="only this tenant's; all tenants' without")


async def run(chosen: argparse.Namespace) -> int:
    database = await open_database(read_settings())
    try:
        await check_schema(database)
        tenant_ids = await database.tenant_ids()
        if chosen.tenant is not None and chosen.tenant not in tenant_ids:
            raise CannotGoOn(f"--tenant: there is no tenant {chosen.tenant}")
        for tenant_id in tenant_ids:
            if chosen.tenant in (None, tenant_id):
                async with database.tenant(tenant_id) as unit:
                    tenant = await read_tenant(unit)
                done = await replay(database, tenant_id, utc_now())
                name = tenant.name if tenant else tenant_id
                asked = f", and {done.lookups} lookups" if done.lookups else ""
                print(f"{name}: {done.cards} cards and {done.entries} journal entries{asked} are tried again")
    finally:
        await database.close()
    return 0
