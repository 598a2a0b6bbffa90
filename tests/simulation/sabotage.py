"""The service or the world around it broken on purpose, in one small way each: does the right rule notice?

A breakage is a function that patches one thing, for one process that plays one day. The tables of them stand in
``broken_*.py``; ``test_sabotage.py`` plays them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pytest

from tests.simulation.faults import FAIR, Odds
from tests.simulation.play import Report, play
from tests.simulation.world import World

Break = Callable[[pytest.MonkeyPatch, World], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sabotage:
    """One row of the table."""

    name: str  # what is broken, in words
    break_it: Break | None  # None: nothing; the day that the others are compared with
    noticed: tuple[str, ...]  # patterns of what the rules say: each is said
    besides: tuple[str, ...] = ()  # what may be said as well, because it follows
    stream: bool = False  # whether an operator is listened to: it makes a day dearer
    odds: Odds = FAIR
    calls: int = 16


class Table:
    """Sabotages by name."""

    def __init__(self, *, stream: bool = False) -> None:
        self._stream = stream
        self.rows: dict[str, Sabotage] = {}

    def add(
        self, *noticed: str, besides: tuple[str, ...] = (), calls: int = 16, **odds: float
    ) -> Callable[[Break], Break]:
        """A row of the decorated function. Its name says what is broken."""

        def keep(break_it: Break) -> Break:
            name = break_it.__name__.replace("_", " ")
            self.rows[name] = Sabotage(
                name=name,
                break_it=break_it,
                noticed=noticed,
                besides=besides,
                stream=self._stream,
                odds=replace(FAIR, **odds),
                calls=calls,
            )
            return break_it

        return keep


def play_broken(sabotage: Sabotage, seed: str, url: str) -> Report:
    """A day of it."""
    with pytest.MonkeyPatch.context() as patch:

        def prepare(world: World) -> None:
            world.trunk.working = sabotage.stream
            if sabotage.break_it is not None:
                sabotage.break_it(patch, world)

        return play(seed, url, calls=sabotage.calls, odds=sabotage.odds, prepare=prepare)


def unnoticed(sabotage: Sabotage, wrongs: Iterable[str]) -> list[str]:
    """The patterns that nothing of what was said fits."""
    return [pattern for pattern in sabotage.noticed if not any(re.search(pattern, wrong) for wrong in wrongs)]


def uncalled_for(sabotage: Sabotage, wrongs: Iterable[str]) -> list[str]:
    """What was said by rules that had no reason to speak."""
    known = (*sabotage.noticed, *sabotage.besides)
    return [wrong for wrong in wrongs if not any(re.search(pattern, wrong) for pattern in known)]


def rewrite(world: World, function: str, old: str, new: str) -> None:
    """A function of the database with some words changed."""
    (row,) = world.postgres.look_now("SELECT pg_get_functiondef($1::regproc) AS text", f"smartcall.{function}")
    assert old in row["text"], f"{function} has changed"
    world.postgres.look_now(row["text"].replace(old, new))


def block(patch: pytest.MonkeyPatch, blocks: dict[str, str], name: str, old: str, new: str) -> None:
    """A named SQL block with some words changed."""
    assert old in blocks[name], f"{name} has changed"
    patch.setitem(blocks, name, blocks[name].replace(old, new))
