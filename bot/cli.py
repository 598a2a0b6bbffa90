"""The program ``smartcall``. A command is a module with ``add_arguments`` and ``run``; the demo adds its own ones."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import traceback
from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from typing import Any

from bot.commands import apply, migrate, serve
from bot.provision.company_file import BadCompanyFile
from bot.settings import BadSetting
from calls.database import DatabaseUnfit

log = logging.getLogger(__name__)

_OWN = {"serve": serve, "apply": apply, "migrate": migrate}
_ADDED = "smartcall.commands"  # entry points of packages beside the product: the demo


class CannotGoOn(Exception):
    """What a person has to mend before the command can work; one line."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 2 with one line on standard error that says what to mend."""
    parser = argparse.ArgumentParser(prog="smartcall", description="Who is calling, in Microsoft Teams.")
    commands = parser.add_subparsers(required=True, metavar="command")
    added = {point.name: point.load() for point in entry_points(group=_ADDED)}
    for name, module in {**_OWN, **added}.items():
        command = commands.add_parser(name, help=(module.__doc__ or "").strip().splitlines()[0])
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    chosen = parser.parse_args(arguments)
    try:
        return asyncio.run(_guarded(chosen.run, chosen))
    except (BadSetting, BadCompanyFile, DatabaseUnfit, CannotGoOn) as problem:
        print(f"smartcall: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


async def _guarded(run: Callable[[argparse.Namespace], Awaitable[int]], chosen: argparse.Namespace) -> int:
    asyncio.get_running_loop().set_exception_handler(_log_shortly)
    return await run(chosen)


def _log_shortly(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A forgotten task's error, told by place and type: its text may hold what must not be logged."""
    error = context.get("exception")
    frames = traceback.extract_tb(error.__traceback__) if error else []
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
    log.error("background work failed: %s at %s", type(error).__name__ if error else context.get("message"), where)
