"""A node that is looked into: counts its round trips to PostgreSQL and samples where its CPU time goes.

``python -m benchmarks --only profile`` runs it and says what it found; its times are no benchmark.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import asyncpg

from bot.cli import main

_EVERY = 0.004  # seconds of CPU time between two samples
_round_trips: Counter[str] = Counter()
_server: Counter[str] = Counter()  # nanoseconds of CPU in PostgreSQL
_stats: dict[int, int] = {}  # of each of its processes: an open file with the CPU time it has used
_last: dict[int, tuple[str, int]] = {}  # of each of its processes: the statement before, and its CPU when that began
_own: Counter[str] = Counter()
_below: Counter[str] = Counter()


def _count(name: str) -> None:
    real = getattr(asyncpg.Connection, name)

    async def counted(self: Any, query: str, *args: Any, **more: Any) -> Any:
        words = [line for line in query.splitlines() if not line.lstrip().startswith("--")]
        statement = " ".join(" ".join(words).split())[:90].partition(" = '")[0]
        _round_trips[statement] += 1
        _charge(self.get_server_pid(), statement)
        return await real(self, query, *args, **more)

    setattr(asyncpg.Connection, name, counted)


def _charge(pid: int, statement: str) -> None:
    """What a server process has used since its last statement is that one's. Linux tells; elsewhere it stays 0."""
    try:
        if pid not in _stats:
            _stats[pid] = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY)
        used = int(os.pread(_stats[pid], 64, 0).split()[0])
    except OSError:
        return
    before, since = _last.get(pid, (statement, used))
    _server[before] += used - since
    _last[pid] = (statement, used)


def _sample(_: int, frame: FrameType | None) -> None:
    stack: list[str] = []
    while frame is not None:
        code = frame.f_code
        stack.append(f"{_short(code.co_filename)}:{code.co_name}")
        frame = frame.f_back
    _own[stack[0]] += 1
    _below.update(set(stack))


def _short(file: str) -> str:
    return file.partition("site-packages/")[2] or file.partition("/main/")[2] or file.partition("/lib/")[2] or file


def report() -> dict[str, Any]:
    """Shares of the CPU time after the start: by what ran, and by what it was running for."""
    samples = sum(_own.values()) or 1
    return {
        "round_trips": dict(_round_trips.most_common()),
        "server_ms": {statement: round(spent / 1e6, 2) for statement, spent in _server.most_common()},
        "own": {place: round(count / samples, 4) for place, count in _own.most_common(60)},
        "below": {place: round(count / samples, 4) for place, count in _below.most_common(200)},
    }


def _forget(*_: object) -> None:
    """What the start took is not what is looked for."""
    for counter in (_round_trips, _server, _own, _below):
        counter.clear()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _forget)
    for method in ("fetch", "fetchrow", "fetchval", "execute"):
        _count(method)
    signal.signal(signal.SIGPROF, _sample)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    sys.argv = ["smartcall", "serve"]
    try:
        code = main()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(os.environ["INSPECTED_TO"]).write_text(json.dumps(report()), encoding="utf-8")
    sys.exit(code)
