"""The recorded working day as data: which calls come when, and what happens in them (working_day.toml)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DAY_FILE = HERE / "working_day.toml"
EXPECTED_FILE = HERE / "working_day_expected.toml"

_STEP = re.compile(
    r"(?P<after>\d+) (?:(?P<verb>answer|reject|forward|transfer|consult) (?P<who>\S+)"
    r"|(?P<bare>next|return|join|meanwhile|hang up|hang up first))"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that happens in a call."""

    after: int  # seconds since the step before it, or since the ring
    verb: str
    who: str | None  # the colleague it is about, by first name


@dataclass(frozen=True, kw_only=True, slots=True)
class DayCall:
    """One call of the day, or the one that comes meanwhile."""

    at: int  # seconds since midnight
    caller: str  # a number, "anonymous", or a colleague's first name
    to: str  # a colleague's first name, or a queue's or shared number's name
    steps: tuple[Step, ...]
    when_busy: str | None = None
    meanwhile: DayCall | None = None

    def names(self) -> set[str]:
        """Everybody and every queue it touches, by name: calls that share a telephone wait for each other."""
        found = {self.caller, self.to} | {step.who for step in self.steps if step.who}
        return found | (self.meanwhile.names() if self.meanwhile else set())


def read_day(path: Path = DAY_FILE) -> tuple[DayCall, ...]:
    """The calls in the order they come. Raises ValueError with what cannot be understood."""
    calls = tuple(_read_call(row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["calls"])
    if any(later.at < earlier.at for earlier, later in pairwise(calls)):
        raise ValueError(f"{path.name}: the calls are not in order")
    return calls


def _read_call(row: dict[str, Any], at: int | None = None) -> DayCall:
    if unknown := set(row) - {"at", "from", "to", "does", "when_busy", "meanwhile"}:
        raise ValueError(f"{', '.join(sorted(unknown))}: no such key of a call")
    if at is None:
        hours, minutes, seconds = map(int, row["at"].split(":"))
        at = hours * 3600 + minutes * 60 + seconds
    return DayCall(
        at=at,
        caller=row["from"],
        to=row["to"],
        steps=tuple(_read_step(text) for text in row["does"]),
        when_busy=row.get("when_busy"),
        meanwhile=_read_call(row["meanwhile"], at) if "meanwhile" in row else None,
    )


def _read_step(text: str) -> Step:
    read = _STEP.fullmatch(text)
    if read is None:
        raise ValueError(f"{text!r}: no such step")
    return Step(after=int(read["after"]), verb=read["verb"] or read["bare"], who=read["who"])
