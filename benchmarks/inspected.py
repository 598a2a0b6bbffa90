"""A node that is looked into: counts its round trips to PostgreSQL and takes a profile. Slower than a plain one.

``python -m benchmarks --only profile`` runs it and says what it found; its times are no benchmark.
"""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg

from bot.cli import main

_round_trips: Counter[str] = Counter()


def _count(name: str) -> None:
    real = getattr(asyncpg.Connection, name)

    async def counted(self: Any, query: str, *args: Any, **more: Any) -> Any:
        _round_trips[" ".join(query.split())[:90]] += 1
        return await real(self, query, *args, **more)

    setattr(asyncpg.Connection, name, counted)


def report(profile: cProfile.Profile) -> dict[str, Any]:
    """The costliest functions by their own time and with what they call, in seconds."""
    stats: Any = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    places = [
        {"where": f"{_short(file)}:{row} {name}", "calls": calls, "own": round(own, 3), "all": round(whole, 3)}
        for (file, row, name), (_, calls, own, whole, _) in stats.items()
    ]
    return {
        "round_trips": dict(_round_trips.most_common()),
        "own": sorted(places, key=lambda place: -float(place["own"]))[:60],
        "all": sorted(places, key=lambda place: -float(place["all"]))[:120],
    }


def _short(file: str) -> str:
    return file.partition("site-packages/")[2] or file.rpartition("/main/")[2] or file


if __name__ == "__main__":
    for method in ("fetch", "fetchrow", "fetchval", "execute"):
        _count(method)
    taken = cProfile.Profile()
    sys.argv = ["smartcall", "serve"]
    taken.enable()
    try:
        code = main()
    finally:
        taken.disable()
        Path(os.environ["INSPECTED_TO"]).write_text(json.dumps(report(taken)), encoding="utf-8")
    sys.exit(code)
