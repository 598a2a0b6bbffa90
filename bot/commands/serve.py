"""Run one node of the service: production."""

from __future__ import annotations

import argparse
import asyncio
import signal

from bot.app import Service
from bot.commands.opening import open_database
from bot.logs import log_to_stderr
from bot.problems import BadSetting, CannotGoOn
from bot.settings import read_settings
from bot.telemetry import start_telemetry
from calls.schema import is_current


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=None, help="instead of SMARTCALL_PORT")


async def run(chosen: argparse.Namespace) -> int:
    settings = read_settings(**({} if chosen.port is None else {"port": chosen.port}))
    log_to_stderr(settings.log_level)
    telemetry = start_telemetry(settings)
    service = Service(settings, await open_database(settings))
    async with service.database.pool.acquire() as connection:
        if not await is_current(connection):
            raise CannotGoOn("the database has another version's schema: run `smartcall migrate`")
    await service.wire()
    if not await service.bots():
        raise BadSetting(
            "there is no bot identity: `smartcall apply company.toml` brings one; without it Teams cannot be trusted"
        )
    stopped = stop_signal()
    print(f"SmartCall is serving: {await service.listen()}", flush=True)
    await service.work()
    await stopped.wait()
    await service.stop()
    if telemetry is not None:
        await asyncio.to_thread(telemetry.shutdown, 1000)
    return 0


def stop_signal() -> asyncio.Event:
    """Set by SIGTERM or Ctrl-C."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped
