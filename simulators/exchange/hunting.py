"""Which telephones of a queue or a shared number ring, and which do next."""

from __future__ import annotations

from collections.abc import Sequence

from simulators.exchange.call import Call
from simulators.exchange.world import Group, Line


def begin(group: Group, members: Sequence[Line], able: Sequence[Line], first: Line | None) -> tuple[list[Line], int]:
    """Those that ring at first, and how many members a hunt has skipped. ``able`` has at least one."""
    if group.strategy == "all":
        return list(able), 0
    start = first or able[0]
    return [start], members.index(start)


def go_on(call: Call, free: Sequence[Line]) -> list[Line]:
    """Those that ring next of the free members; nobody: the group gives up. Counts the round."""
    group = call.group
    if group is None:
        return []
    if group.strategy == "hunt" and (left := [line for line in free if line not in call.tried]):
        return left[:1]
    if call.round >= group.rounds or not free:
        return []
    call.round, call.tried = call.round + 1, []
    return list(free[:1] if group.strategy == "hunt" else free)
