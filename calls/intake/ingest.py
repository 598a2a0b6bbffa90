"""Taking in what an operator sends: stored together with its job at once, and only then acknowledged.

Two questions to the database: what has to be known, and then, when the call has been folded with its new events,
everything that follows from them in one statement. Whoever was faster has changed the call: then it is folded anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from calls.calling.echo import follow, read_request_ref
from calls.intake.events import open_events
from calls.intake.settling import Ground, settle
from calls.jobs.queue import Bell
from calls.model import Connection, Event, EventKind
from calls.ports import Parsed, Proof
from calls.store.database import Database, Unit
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import line_hashes, place, settings_from

_SQL = read_blocks(Path(__file__).with_name("ingest.sql"))


@dataclass(kw_only=True, slots=True)
class Taken:
    """What became of a delivery: for the log and the metrics."""

    stored: int = 0
    repeated: int = 0
    ignored: list[str] = field(default_factory=list)


class Outdated(Exception):
    """The connection is another by now than the one its sender proved itself to; nothing was stored."""


class _Overtaken(Exception):
    """Somebody else has changed the call meanwhile; what was done for it in this transaction is undone."""


async def take_in(
    database: Database, bell: Bell, connection: Connection, proof: Proof, parsed: Parsed, received_at: datetime
) -> Taken:
    """Store the events of one delivery and ring for each call they touch. The delivery counts as taken in when its last
    call is: sent again after a failure in between, its events are known already. Raises :class:`Outdated`."""
    taken = Taken(ignored=list(parsed.ignored))
    calls = [list(events) for _, events in groupby(parsed.events, key=lambda event: event.call_ref)]
    for number, events in enumerate(calls, start=1):
        last = number == len(calls)
        if not await store(
            database,
            bell,
            connection,
            events,
            received_at,
            taken,
            proof.delivery_id,
            last=last,
            version=connection.version,
        ):
            taken.repeated = len(parsed.events)
            break
    return taken


async def store(
    database: Database,
    bell: Bell,
    connection: Connection,
    events: Sequence[Event],
    now: datetime,
    taken: Taken,
    delivery_id: str | None = None,
    *,
    last: bool = True,
    version: int | None = None,
) -> bool:
    """Store events of one call, whose sender is known, and ring. False when their delivery was taken in before. With a
    ``version``, only while the connection is still that one."""
    at_once = database.at_once(connection.tenant_id)
    delivery = at_once.hash("delivery", delivery_id) if delivery_id is not None else None
    while True:
        row = await _approach(at_once, connection.connection_id, events, delivery, now, version)
        if row["outdated"]:
            raise Outdated
        if row["seen"]:
            return False
        ground, found = _ground(at_once, connection.connection_id, events, row, delivery if last else None)
        if not ground.new:
            break
        if not ground.asked:
            settled = await settle(at_once, ground, None, now) is not None
        else:
            settled = await _settle_with_request(database, bell, connection, ground, now)
        if settled:
            break
    taken.stored += found.stored
    taken.repeated += found.repeated
    taken.ignored += found.ignored
    return True


async def _settle_with_request(
    database: Database, bell: Bell, connection: Connection, ground: Ground, now: datetime
) -> bool:
    """The request and the call change together, so here it is a transaction. The call's row first, as everywhere."""
    try:
        async with database.tenant(connection.tenant_id) as unit:
            await unit.sql.execute(_SQL["lock_call"], ground.call_id)
            events = [*ground.events, *ground.new]
            echo = await follow(unit, bell, connection.connection_id, ground.call_id, events, now)
            if await settle(unit, ground, echo, now) is not None:
                return True
            raise _Overtaken  # noqa: TRY301 - it ends the transaction
    except _Overtaken:
        return False


async def _approach(
    unit: Unit, connection_id: UUID, events: Sequence[Event], delivery: bytes | None, now: datetime, version: int | None
) -> Any:
    refs = unit.hashes("call ref", events[0].call_ref)
    parents = [hashed for event in events if event.parent_ref for hashed in unit.hashes("call ref", event.parent_ref)]
    named = [found for event in events if (found := read_request_ref(event.request_ref))]
    lines = list(line_hashes(unit, events))
    return await unit.sql.fetchrow(
        _SQL["approach"], unit.tenant_id, connection_id, refs, refs + parents, named, lines, delivery, now, version
    )


def _ground(
    unit: Unit, connection_id: UUID, events: Sequence[Event], row: Any, delivery: bytes | None
) -> tuple[Ground, Taken]:
    """What the new events meet, and what is to become of each of them."""
    found, stored = Taken(), open_events(unit, row["bodies"])
    by_hash = line_hashes(unit, events)
    owners: dict[str, list[UUID]] = {}
    for employee_id, hashed in zip(row["owners"] or (), row["owned"] or (), strict=True):
        owners.setdefault(by_hash[hashed], []).append(employee_id)
    known, new = {event.event_id for event in stored}, []
    for event in place(events, owners):
        ours = any(agent.employee_id for agent in event.agents) or (event.caller and event.caller.employee_id)
        if event.event_id in known:
            found.repeated += 1
        elif not known and event.kind is EventKind.RINGING and not ours:  # it opens no call
            found.ignored.append("no_line_of_this_tenant")
        else:
            new.append(event)
            known.add(event.event_id)
            found.stored += 1
    ground = Ground(
        call_id=row["call"] or uuid4(),
        events=stored,
        new=new,
        settings=settings_from(unit, row["settings"]),
        asked=row["asked"] or any(event.kind is EventKind.PLACED for event in stored),
        opened_by=(connection_id, unit.hash("call ref", events[0].call_ref)),
        delivery=delivery,
    )
    return ground, found
