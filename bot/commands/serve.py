"""Run one node of the service: production."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import resource
import signal
from typing import TYPE_CHECKING

from bot.commands.opening import check_key, check_schema, open_database
from bot.loading import loading
from bot.logs import log_to_stderr
from bot.problems import BadSetting
from bot.settings import Settings, read_settings
from bot.telemetry import start_telemetry
from calls.store.database import Database

if TYPE_CHECKING:
    from bot.app import Service

_FILES = 10_240  # kern.maxfilesperproc of macOS, which refuses more although it says that there is no bound


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=None, help="instead of SMARTCALL_PORT")


async def run(chosen: argparse.Namespace) -> int:
    settings = read_settings(**({} if chosen.port is None else {"port": chosen.port}))
    log_to_stderr(settings.log_level)
    allow_files()
    telemetry = start_telemetry(settings)
    try:
        await _serve(settings, await open_database(settings))
    finally:
        if telemetry is not None:
            await asyncio.to_thread(telemetry.shutdown, 1000)
    return 0


async def _serve(settings: Settings, database: Database) -> None:
    """Until told to stop. Raises CannotGoOn when it cannot begin."""
    try:
        await check_schema(database)
        await check_key(database)
    except BaseException:
        await database.close()
        raise
    with loading():  # the whole product takes seconds: what must be mended is told before
        from bot.app import Service

    service = Service(settings, database)
    try:
        await _run(service)
    finally:
        await service.stop()


async def _run(service: Service) -> None:
    await service.wire()
    if not await service.bots():
        raise BadSetting(
            "there is no bot identity: `smartcall apply company.toml` brings one; without it Teams cannot be trusted"
        )
    stopped = stop_signal()
    try:
        address = await service.listen()
    except OSError as error:
        raise BadSetting(_not_listening(service.settings, error)) from None
    await service.work()
    with contextlib.suppress(OSError):  # nobody can read it where the disk is full, and calls come in all the same
        print(f"SmartCall is serving: {address}", flush=True)
    await stopped.wait()


def _not_listening(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"SMARTCALL_PORT: {settings.port} is taken by another program; choose another port"
    where = f"{settings.host} port {settings.port}"
    return f"SMARTCALL_HOST, SMARTCALL_PORT: cannot listen on {where} ({type(error).__name__}); choose others"


def allow_files() -> None:
    """As many open files, which sockets are, as the system lets us have. What it gives unasked (1,024 as a rule) is for
    programs that use select(), which can tell no more apart."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(most, _FILES)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def stop_signal() -> asyncio.Event:
    """Set by SIGTERM or Ctrl-C."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped
