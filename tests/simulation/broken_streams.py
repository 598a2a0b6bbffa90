"""Breakages on the way from an operator that is listened to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calls import reducer
from calls.intake import stream_intake, streams
from calls.model import EventKind
from calls.ports import Snapshot
from tests.simulation.sabotage import Table
from tests.simulation.world import World

STREAMS = Table(stream=True)


@STREAMS.add(r"a snapshot left it out at \S+ s, and it went stale", stream_cut=0.2, end_dropped=0.5, calls=24)
def what_a_snapshot_leaves_out_goes_on(patch: pytest.MonkeyPatch, world: World) -> None:
    async def nothing(*arguments: Any) -> None:
        pass

    patch.setattr(stream_intake, "_end_vanished", nothing)


@STREAMS.add(r"ended as one that has vanished, and it went on", stream_cut=0.5, snapshot_torn=1.0, calls=24)
def a_torn_snapshot_is_taken_for_a_whole_one(patch: pytest.MonkeyPatch, world: World) -> None:
    end_vanished = stream_intake._end_vanished

    async def hasty(database: Any, bell: Any, connection: Any, owner: str, snapshot: Snapshot, now: Any) -> None:
        await end_vanished(database, bell, connection, owner, replace(snapshot, ignored=()), now)

    patch.setattr(stream_intake, "_end_vanished", hasty)


@STREAMS.add(r"was told and heard, and is not stored", calls=24)
def answers_are_heard_and_forgotten(patch: pytest.MonkeyPatch, world: World) -> None:
    take_message = streams.take_message

    async def forgetful(database: Any, bell: Any, connection: Any, owner: str, message: Any, now: Any) -> Any:
        if not isinstance(message, Snapshot):
            told = tuple(event for event in message.events if event.kind is not EventKind.ANSWERED)
            message = replace(message, events=told)
        return await take_message(database, bell, connection, owner, message, now)

    patch.setattr(streams, "take_message", forgetful)


@STREAMS.add(r"a card for what rang long before it was told", stream_cut=0.5, calls=24)
def what_began_long_ago_rings(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(reducer, "FRESH", timedelta(hours=1))
