"""Bring the database to this version's schema."""

from __future__ import annotations

import argparse

from bot.problems import BadSetting, CannotGoOn
from bot.settings import Settings, read_settings
from calls.store.schema import NotMigrated, migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: the database is a setting."""


async def run(_: argparse.Namespace) -> int:
    await migrate_now(read_settings())
    print("The database is up to date.")
    return 0


async def migrate_now(settings: Settings) -> None:
    """Run the missing steps as the tables' owner. Raises what a person can mend."""
    if settings.owner_url is None:
        raise BadSetting("SMARTCALL_DATABASE_URL: is not set; it wants postgresql://user:password@host/database")
    try:
        await migrate(settings.owner_url)
    except NotMigrated as error:
        raise CannotGoOn(f"the database could not be migrated: {error}") from None
