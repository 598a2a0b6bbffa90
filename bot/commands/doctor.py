"""Check every part of this installation, one by one, and say what to do about what fails."""

from __future__ import annotations

import argparse

from bot.app import utc_now
from bot.checkup import check_up
from bot.commands.opening import check_key, open_database
from bot.logs import log_to_stderr
from bot.settings import read_settings
from calls.store.schema import is_current


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: it looks at whatever the settings name."""


async def run(_: argparse.Namespace) -> int:
    settings = read_settings()
    log_to_stderr("ERROR")
    print("ok    settings")
    database = await open_database(settings)
    ill = 0
    try:
        async with database.pool.acquire() as connection:
            current = await is_current(connection)
        if current:
            await check_key(database)
        async for finding in check_up(settings, database, utc_now):
            print(finding, flush=True)
            ill += not finding.well
    finally:
        await database.close()
    return 1 if ill else 0
