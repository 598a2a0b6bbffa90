"""What became of the calls of the operator that is listened to: what was told is stored, what vanished is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from calls.model import Event, EventKind, Outcome
from tests.simulation.operator import CallTruth, tenant_id
from tests.simulation.trunk import PLACE
from tests.simulation.world import World
from tests.support.clock import BEGINNING


def take_stock(world: World, stored: Mapping[bytes, datetime]) -> None:
    """Note as delivered what stands in the rows (``stored``: when, by the hash of an event's id): a message that a node
    died over may have been stored or not. Blame the world for what it was surely told and does not know."""
    for truth in world.truths:
        if not world.trunk.carries(truth):
            continue
        known = world.delivered[truth.ref]
        for seconds, event in truth.events:
            at = stored.get(_hash(world, event.event_id))
            if at is not None:
                occurred = BEGINNING + timedelta(seconds=truth.at + seconds)
                known[event.event_id] = replace(event, received_at=at, occurred_at=occurred)
        gone = f"vanished {truth.ref}"
        if (at := stored.get(_hash(world, gone))) is not None:
            world.note("calls that a snapshot left out")
            known[gone] = _concluded(gone, truth, at)
            if at < BEGINNING + timedelta(seconds=truth.at + truth.events[-1][0]):
                world.blame(f"{truth.ref}: ended as one that has vanished, and it went on")
    for told in world.trunk.told:
        for event in told.events if told.heard_at is not None else ():
            known = world.delivered[event.call_ref]
            if event.event_id not in known and not _opens_nothing(event):
                world.blame(f"{event.event_id}: was told and heard, and is not stored")


def check_vanished(world: World, truth: CallTruth, row: Any) -> None:
    """That a call which a snapshot left out did not wait for our own timer: unless a node stood still with the call's
    news in its hands, and stored them when another had dealt with that snapshot."""
    if not world.trunk.carries(truth) or row["state"] != "stale":
        return
    world.note("calls of the stream that went stale")
    news = max(event.received_at for event in world.delivered[truth.ref].values())
    stored = [told.heard_at for told in world.trunk.told if any(event.call_ref == truth.ref for event in told.events)]
    for told in world.trunk.told:
        if told.snapshot is None or told.heard_at is None or truth.ref in told.snapshot:
            continue
        late = any(at is None or at > told.at for at in stored)
        if news < _at(told.at) and _at(told.heard_at) < row["ended_at"] and not late:
            world.blame(f"{truth.ref}: a snapshot left it out at {told.at:.3f} s, and it went stale")
            return


def _concluded(event_id: str, truth: CallTruth, at: datetime) -> Event:
    return Event(
        event_id=event_id,
        kind=EventKind.ENDED,
        call_ref=truth.ref,
        received_at=at,
        direction=truth.events[0][1].direction,
        outcome=Outcome.UNKNOWN,
        concluded=True,
    )


def _opens_nothing(event: Event) -> bool:
    """A ringing at somebody else's phones."""
    return event.kind is EventKind.RINGING and all((agent.alias or "")[:1] != "w" for agent in event.agents)


def _hash(world: World, event_id: str) -> bytes:
    return world.vault.hash(tenant_id(PLACE), "event", event_id)


def _at(seconds: float) -> datetime:
    return BEGINNING + timedelta(seconds=seconds)
