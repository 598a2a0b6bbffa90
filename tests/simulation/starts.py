"""Work that is parked because nobody came back from it: a mistake, unless that is how it was."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from calls.jobs.starts import MOST_STARTS

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.world import World

_TAKING = re.compile(r"smartcall\.(?P<what>take_cards|take_popups|keep_lookup|take_journal|take_creation)\(")
_ROWS = ("take_journal", "take_creation")  # that take no popups along
_PARKED = re.compile(r"nobody came back from .*?(?P<ids>[0-9a-f]{8}-[0-9a-f-]{27}.*): (parked|given up)")


class Starts:
    """Every lease that was taken, and by which node."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken: defaultdict[UUID, list[tuple[float, Node]]] = defaultdict(list)  # by call, popup or journal

    def note(self, node: Node, query: str, arguments: tuple[Any, ...], answer: Any) -> None:
        """A statement was answered, whether or not its node gets to know."""
        taking = _TAKING.search(query)
        if taking is None or answer is None:
            return
        ids = [] if taking["what"] in _ROWS else [popup["popup_id"] for popup in answer["popups"] or ()]
        if taking["what"] == "take_journal":
            ids.append(answer["journal_id"])
        elif taking["what"] == "take_creation" or (taking["what"] == "take_cards" and answer["starts"] is not None):
            ids.append(arguments[1])
        for each in ids:
            self._taken[each].append((self._world.loop.time(), node))

    def excuse(self, text: str) -> bool:
        """Whether this line of the log tells of work that so many nodes in a row were prevented from finishing."""
        told = _PARKED.fullmatch(text)
        if told is None:
            return False
        self._world.note("work parked because nobody came back from it")
        return all(self._prevented(UUID(each)) >= MOST_STARTS for each in told["ids"].split(", "))

    def _prevented(self, work: UUID) -> int:
        taken = self._taken[work]
        ends = [at for at, _ in taken[1:]] + [self._world.loop.time()]
        return sum(self._world.had_trouble(node, at, end) for (at, node), end in zip(taken, ends, strict=True))
