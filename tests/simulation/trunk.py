"""An operator that is listened to: whoever connects gets a snapshot of the calls under way, then what happens.

It knows what each listener was told and when the listener was through with it: who asks for the next message has taken
in the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from calls.errors import Transient
from calls.model import Connection, Event, EventKind
from calls.ports import Parsed, Snapshot, Tools
from tests.simulation.operator import CallTruth
from tests.support.clock import BEGINNING

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.world import World

PLACE = 2  # the company whose operator this is
SILENCE_SECONDS = 15.0  # after which an adapter notices that nothing comes through any more
_CUTS = (0.0, 5.0, 60.0)  # seconds that nobody gets through for after a cut
_TRIES = 2000  # virtual seconds for the last snapshot of a day to be heard


@dataclass(kw_only=True, eq=False, slots=True)
class Line:
    """One connection."""

    node: Node
    coming: asyncio.Queue[Event | None] = field(default_factory=asyncio.Queue)  # None: it is cut
    silent: bool = False


@dataclass(kw_only=True, eq=False, slots=True)
class Told:
    """A message that was handed to a listener."""

    events: tuple[Event, ...]
    snapshot: frozenset[str] | None  # the calls under way, where it tells of all; None: it does not
    at: float  # virtual seconds: when it was drawn up
    heard_at: float | None = None  # when the listener was through with it; None: nobody knows whether it was


@dataclass(kw_only=True)
class Trunk:
    """The operator's side."""

    world: World
    under_way: dict[str, list[Event]] = field(default_factory=dict)  # by reference, in the order of the calls
    lines: list[Line] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    refuses_until: float = 0.0
    working: bool = True  # False: the company has its calls told at our address, like the others
    over: bool = False  # nothing more will come, and nobody listens any more
    last_owner: Node | None = None

    def carries(self, truth: CallTruth) -> bool:
        """Calls that employees ask for go through the company's other operator."""
        return self.working and truth.place == PLACE and "-b" not in truth.ref

    @property
    def listened(self) -> bool:
        """Whether somebody who can hears."""
        return any(line.node.fit for line in self.lines)

    def happen(self, truth: CallTruth, seconds: float, event: Event) -> None:
        """Something happens in the operator's network, and whoever listens is told."""
        faults = self.world.faults
        event = replace(event, occurred_at=BEGINNING + timedelta(seconds=truth.at + seconds))
        over = event.kind is EventKind.ENDED
        if over:
            self.under_way.pop(truth.ref, None)
        else:
            self.under_way.setdefault(truth.ref, []).append(event)
        if faults.happens("stream_cut"):
            self.cut(faults.chance.choice(_CUTS))
        if faults.happens("stream_silent"):
            self._fall_silent()
        if not (over and faults.happens("end_dropped")):
            for line in self.lines:
                if not line.silent:
                    for _ in range(2 if faults.happens("event_twice") else 1):
                        line.coming.put_nowait(event)
        for fault, what in (("owner_killed", self.world.kill), ("owner_paused", self.world.pause)):
            owner = next((line.node for line in self.lines if line.node.fit), None)
            if owner is not None and faults.happens(fault):
                self.world.loop.call_later(faults.chance.expovariate(30), lambda: owner.fit and what(owner))  # noqa: B023

    def cut(self, seconds: float) -> None:
        self.refuses_until = self.world.loop.time() + seconds
        for line in self.lines:
            line.coming.put_nowait(None)

    def _fall_silent(self) -> None:
        for line in self.lines:
            line.silent = True
            self.world.loop.call_later(SILENCE_SECONDS, line.coming.put_nowait, None)

    def draw_up(self) -> Told:
        """A snapshot, as of now."""
        events = tuple(event for events in self.under_way.values() for event in events)
        told = Told(events=events, snapshot=frozenset(self.under_way), at=self.world.loop.time())
        if self.under_way and self.world.faults.happens("snapshot_torn"):
            torn = self.world.faults.chance.choice(list(self.under_way))
            told.events = tuple(event for event in events if event.call_ref != torn)
            told.snapshot = None
        return told

    async def finish(self) -> None:
        """The day is over: what was missed is told once more, by what the last snapshot leaves out; by another one
        where a call in it cannot be read."""
        self.cut(0.0)
        begun = self.world.loop.time()
        for _ in range(_TRIES):
            if any(each.snapshot is not None and each.heard_at and each.at > begun for each in self.told):
                break
            told = self.told[-1] if self.told else None
            if not self.listened or (told is not None and told.at > begun and told.snapshot is None):
                self.cut(0.0)
            await asyncio.sleep(1.0)
        else:
            self.world.blame("nobody listens to the operator any more")
        self.over = True
        for node in [*self.world.nodes]:
            await self.world.on(node, node.hang_up())


class NodeStream:
    """One node's way to the operator: :class:`calls.ports.Stream`."""

    def __init__(self, node: Node, trunk: Trunk) -> None:
        self._node = node
        self._trunk = trunk

    async def listen(self, connection: Connection, tools: Tools) -> AsyncGenerator[Snapshot | Parsed, None]:
        node, trunk, world = self._node, self._trunk, self._node.world
        await node.point("listen")
        await asyncio.sleep(world.chance.uniform(0.02, 0.3))
        await node.gate("connected")
        if world.loop.time() < trunk.refuses_until or trunk.over:
            raise Transient("nobody gets through")
        line, told = Line(node=node), trunk.draw_up()
        trunk.lines.append(line)
        if trunk.last_owner not in (None, node):
            world.note("streams taken over by another node")
        trunk.last_owner = node
        try:
            await node.gate("snapshot")
            torn = () if told.snapshot is not None else ("unreadable_call",)
            trunk.told.append(told)
            yield Snapshot(events=self._arriving(told.events), ignored=torn)
            while True:
                told.heard_at = world.loop.time()
                event = await line.coming.get()
                await node.gate("heard")
                if event is None:
                    raise Transient("the connection is lost")
                told = Told(events=(event,), snapshot=None, at=world.loop.time())
                trunk.told.append(told)
                yield Parsed(events=self._arriving(told.events))
        finally:
            trunk.lines.remove(line)

    def _arriving(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        return tuple(replace(event, received_at=self._node.now()) for event in events)
