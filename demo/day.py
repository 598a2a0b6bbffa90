"""Play a recorded working day of a hundred calls on the running demo."""

from __future__ import annotations

import argparse

import aiohttp

from bot.problems import CannotGoOn
from bot.settings import read_settings
from demo.day_player import DayPlayer, Progress
from demo.outside import Outside
from demo.working_day import read_day


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--speed", type=_read_speed, default=None, help='times as fast as the clock: 1, 10, 100, or "max" (default)'
    )
    parser.add_argument(
        "--url", default=None, help="the demo's address; http://127.0.0.1:SMARTCALL_PORT when not given"
    )


async def run(chosen: argparse.Namespace) -> int:
    outside = Outside(chosen.url or f"http://127.0.0.1:{read_settings().port}")
    try:
        await outside.open()
        progress = await DayPlayer(outside, read_day(), chosen.speed).play(_Teller())
    except aiohttp.ClientError as error:
        raise CannotGoOn(f"the demo does not answer ({type(error).__name__}); start it with `make demo`") from None
    finally:
        await outside.close()
    print(
        f"{progress.done} calls: {progress.answered} answered, {progress.unanswered} not, {progress.internal} among "
        f"colleagues; passed on {progress.passed_on} times; {progress.refused} refused, {progress.late} cards late"
    )
    return 0


def _read_speed(text: str) -> float | None:
    if text == "max":
        return None
    speed = float(text)
    if not 0 < speed <= 1000:
        raise ValueError
    return speed


class _Teller:
    """A line for every ten calls."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, progress: Progress) -> None:
        if progress.done >= self._told + 10:
            self._told = progress.done
            clock = f"{progress.clock // 3600:02d}:{progress.clock // 60 % 60:02d}"
            print(f"{clock}  {progress.done} of {progress.calls} calls are over", flush=True)
