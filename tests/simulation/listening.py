"""The service's streams on nodes that die and stand still: their waits and time limits stand still with the node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from calls.intake.streams import Pace, Streams
from calls.jobs.queue import Bell
from calls.ports import Tools
from tests.simulation.nodes import RUNNING
from tests.simulation.trunk import NodeStream

if TYPE_CHECKING:
    from tests.simulation.nodes import Node

_LOOK = Pace().look


def streams(node: Node) -> Streams:
    world, tools = node.world, cast("Tools", None)
    kinds = {"phonero": NodeStream(node, world.trunk)}
    return Streams(node.database, Bell(), kinds, tools, node.now, jitter=world.chance.random)


class FrozenAsyncio:
    """As much of :mod:`asyncio` as ``calls/intake/streams.py`` uses. What a node waits for on a clock of its own comes
    no sooner than the node goes on."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        node = RUNNING.get()
        world = node.world
        await asyncio.sleep(seconds)
        # To look for a stream without a living owner each second of the day would cost more than all of its calls.
        while seconds == _LOOK and world.trunk.listened and world.chance.random() < 0.9:  # noqa: ASYNC110
            await asyncio.sleep(seconds)
        await node.gate("awake")

    @staticmethod
    async def wait(tasks: Collection[asyncio.Task[Any]], *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        done = await asyncio.wait(tasks, timeout=timeout)
        await RUNNING.get().gate("awake")
        return done

    @staticmethod
    @asynccontextmanager
    async def timeout(seconds: float) -> AsyncIterator[None]:
        node = RUNNING.get()
        loop = node.world.loop
        async with asyncio.timeout(None) as limit:

            def expire() -> None:
                nonlocal timer
                if node.dead:
                    return
                if node.fit:
                    limit.reschedule(loop.time())
                else:  # whether the limit or the answer comes first when it goes on is a matter of luck
                    timer = loop.call_at(node.resumes_at + node.world.chance.expovariate(100), expire)

            timer = loop.call_later(seconds, expire)
            try:
                yield
            finally:
                timer.cancel()
