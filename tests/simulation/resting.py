"""When a day has come to rest, and when a sweep may find something."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support.clock import BEGINNING

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.world import World

_NEXT_DUE = """
SELECT LEAST(
    (SELECT min(due_at) FROM smartcall.popup), (SELECT min(due_at) FROM smartcall.journal),
    (SELECT min(lookup_lease_until) FROM smartcall.call WHERE lookup_state = 'wanted'),
    (SELECT min(stale_at) FROM smartcall.call),
    (SELECT min(due_at) FROM smartcall.call_request)
) AS due
"""
_STIRRED_SECONDS = 8.0  # after news, sweeps come every second for so long
_QUIET_ROUNDS = 1500  # after the day, everything must have come to rest in so many looks


async def rest(world: World) -> None:
    """Until nothing is due any more."""
    for _ in range(_QUIET_ROUNDS):
        await asyncio.sleep(2.0)
        if world.board.open or world.busy or world.loop.time() - world.stirred_at < 4:
            continue
        due = await next_due(world)
        if due is None:
            return
        await asyncio.sleep(max(0.0, due - world.loop.time()))
    work = await world.postgres.look("SELECT * FROM smartcall.open_work($1, 10)", world.now())
    world.blame(f"there is always something left to do: {[(row['kind'], str(row['call_id'])) for row in work]}")


async def next_due(world: World) -> float | None:
    """When the next row is due, in virtual seconds."""
    (row,) = await world.postgres.look(_NEXT_DUE)
    return (row["due"] - BEGINNING).total_seconds() if row["due"] is not None else None


async def something_due(node: Node, world: World) -> None:
    """Return when a sweep may find something. Only to skip virtual hours in which sweeps find nothing."""
    while world.loop.time() - world.stirred_at > _STIRRED_SECONDS and not world.board.open and not node.dead:
        due = await next_due(world)
        wait = 3600.0 if due is None else due - world.loop.time()
        if wait <= 0.01:
            return
        try:
            async with asyncio.timeout(wait):
                await world.stirred.wait()
        except TimeoutError:
            continue
