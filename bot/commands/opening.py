"""Opening what the settings name, with one clear line when it cannot be."""

from __future__ import annotations

import asyncpg

from bot.problems import BadSetting, CannotGoOn
from bot.settings import Settings
from calls.database import DATABASE_AWAY, Database, DatabaseUnfit
from calls.vault import Vault


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
    except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
        raise BadSetting(
            f"SMARTCALL_DATABASE_URL: the database does not let us in ({type(error).__name__}); "
            "is it running, migrated (`smartcall migrate`), and is its user a member of smartcall_service?"
        ) from None
