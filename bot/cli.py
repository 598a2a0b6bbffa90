"""The program ``smartcall``. A command is a module with ``add_arguments`` and ``run``; the demo adds its own ones."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import traceback
from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import uvloop

from bot.loading import loading
from bot.problems import CannotGoOn

log = logging.getLogger(__name__)

_OWN = {name: f"bot.commands.{name}" for name in ("serve", "apply", "migrate", "doctor", "replay")}
_ADDED = "smartcall.commands"  # entry points of packages beside the product: the demo
_HELP = {
    "serve": "run one node of the service (production)",
    "apply": "make the database say what a company.toml says",
    "doctor": "check every part, and say what to do about what fails",
    "migrate": "bring the database to this version's schema",
    "replay": "try parked cards and journal entries again",
    "demo": "start everything on this machine",
    "ring": "let a telephone ring in the running demo",
    "day": "play a recorded working day in the running demo",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 2 with one line on standard error that says what to mend."""
    given = sys.argv[1:] if arguments is None else arguments
    modules = {**_OWN, **{point.name: point.value for point in entry_points(group=_ADDED)}}
    parser = argparse.ArgumentParser(prog="smartcall", description="Who is calling, in Microsoft Teams.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, module_name in modules.items():
        command = commands.add_parser(name, help=_HELP.get(name))
        if given[:1] == [name]:  # only the chosen one is loaded: the whole product takes seconds
            with loading():
                module = import_module(module_name)
            command.description = module.__doc__
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    chosen = parser.parse_args(given)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_guarded(chosen.run, chosen))
    except CannotGoOn as problem:
        sys.stderr.write(f"smartcall: {problem}\n")
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
