"""Numbers, and how they are shown."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    value: str
    beside: str = ""  # what it is compared with
    ratio: float | None = None  # ours by the other's
    target: str = ""
    met: bool | None = None  # None: there is no target


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds: what the middle, the slowest hundredth and the slowest one took."""
    return {
        "n": len(seconds),
        "p50_ms": round(percentile(seconds, 0.50) * 1e3, 2),
        "p95_ms": round(percentile(seconds, 0.95) * 1e3, 2),
        "p99_ms": round(percentile(seconds, 0.99) * 1e3, 2),
        "max_ms": round(max(seconds, default=0.0) * 1e3, 2),
    }


def milliseconds(of: Mapping[str, float]) -> str:
    return f"p50 {of['p50_ms']:.1f} ms, p99 {of['p99_ms']:.1f} ms"


def machine() -> dict[str, Any]:
    """What it ran on, and how busy that was with other things."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "at": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "cpu": model or platform.processor(),
        "python": platform.python_version(),
        "load_before": [round(each, 2) for each in os.getloadavg()],
    }


def show(rows: Sequence[Row]) -> str:
    """The table."""
    lines = [("", "ours", "beside", "ratio", "target", "")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}x"
        lines.append(
            (row.name, row.value, row.beside, ratio, row.target, {None: "", True: "ok", False: "MISSED"}[row.met])
        )
    widths = [max(len(line[place]) for line in lines) for place in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def keep(path: Path, results: Mapping[str, Any]) -> None:
    """Write the results; parts that were not run keep what an earlier run found."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**known, **results}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
