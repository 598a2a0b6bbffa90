"""Make the database say what a company.toml says."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from bot.commands.migrate import migrate_now
from bot.commands.opening import WRONG_KEY, check_key, check_schema, open_database
from bot.problems import BadSetting
from bot.provision.apply import apply_company
from bot.provision.company_file import read_company
from bot.provision.differences import Earlier
from bot.settings import read_settings
from calls.store.vault import Unsealable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, nargs="+", help="company.toml; a provider's file before its customers'")
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")


async def run(chosen: argparse.Namespace) -> int:
    settings = read_settings()
    companies = [(path, read_company(path, os.environ)) for path in chosen.file]
    if not chosen.dry_run:
        await migrate_now(settings)
    database = await open_database(settings)
    try:
        await check_schema(database)
        await check_key(database)
        earlier = Earlier()
        for path, company in companies:
            changes = await apply_company(
                database, company, os.environ, path.parent, dry_run=chosen.dry_run, earlier=earlier
            )
            print(f"{company.tenant.name}: {'no change' if not changes else f'{len(changes)} to change'}")
            for change in changes:
                print(f"  {change}")
    except Unsealable:
        raise BadSetting(WRONG_KEY) from None
    finally:
        await database.close()
    return 0
