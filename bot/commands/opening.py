"""Opening what the settings name, with one clear line when it cannot be."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from bot.problems import BadSetting, CannotGoOn
from bot.settings import Settings
from calls.store.database import DATABASE_AWAY, Database, DatabaseUnfit
from calls.store.schema import is_current
from calls.store.sql_blocks import read_blocks
from calls.store.vault import Vault

_SQL = read_blocks(Path(__file__).parent.parent / "sql" / "bot.sql")
WRONG_KEY = (
    "SMARTCALL_ENCRYPTION_KEY: does not open what is stored; set the key that sealed it "
    "(after a change of key: as SMARTCALL_ENCRYPTION_KEY_PREVIOUS)"
)


async def open_database(settings: Settings) -> Database:
    """The settings' database with the settings' keys. Raises CannotGoOn."""
    if settings.database_url is None:
        raise BadSetting("SMARTCALL_DATABASE_URL: is not set; it wants postgresql://user:password@host/database")
    if not settings.keys:
        raise BadSetting(
            "SMARTCALL_ENCRYPTION_KEY: is not set; `openssl rand -base64 32` makes one. "
            "Keep it: without it nothing that is stored can be read"
        )
    try:
        return await Database.open(settings.database_url.get_secret_value(), Vault(settings.keys))
    except DatabaseUnfit as error:
        raise CannotGoOn(str(error)) from None
    except asyncpg.InvalidParameterValueError:  # the role does not exist
        raise CannotGoOn("the database has no schema of ours: run `smartcall migrate` first") from None
    except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
        raise BadSetting(
            f"SMARTCALL_DATABASE_URL: the database does not let us in ({type(error).__name__}); "
            "is it running, migrated (`smartcall migrate`), and is its user a member of smartcall_service?"
        ) from None


async def check_schema(database: Database) -> None:
    """Raises CannotGoOn where the database is not at this version's schema."""
    async with database.pool.acquire() as connection:
        try:
            current = await is_current(connection)
        except asyncpg.InsufficientPrivilegeError:  # a schema whose migration was cut short lets nobody in
            current = False
    if not current:
        raise CannotGoOn("the database has not this version's schema: run `smartcall migrate` first")


async def check_key(database: Database) -> None:
    """Raises BadSetting where values are stored and no key in force has sealed any of them.

    One tenant's values that do not open are that tenant's trouble; where nobody's do, it is the setting. Going on would
    seal new values with a key that does not belong to this database.
    """
    strange = False
    for tenant_id in await database.tenant_ids():
        async with database.tenant(tenant_id) as unit:
            for row in await unit.sql.fetch(_SQL["sealed_secrets"]):
                if database.vault.knows(row["sealed"]):
                    return
                strange = True
    if strange:
        raise BadSetting(WRONG_KEY)
