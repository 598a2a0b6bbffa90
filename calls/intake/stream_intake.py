"""Taking in what a stream says: as from a webhook, and what a snapshot says by leaving something out."""

from __future__ import annotations

import logging
from datetime import datetime
from itertools import groupby
from pathlib import Path
from uuid import UUID

from calls import telemetry
from calls.intake.events import read_events
from calls.intake.ingest import Taken, store
from calls.intake.settling import settle_again
from calls.jobs.queue import Bell
from calls.model import Connection, Event, EventKind, Outcome
from calls.ports import Parsed, Snapshot
from calls.store.database import DATABASE_AWAY, Database
from calls.store.sql_blocks import read_blocks

log = logging.getLogger(__name__)
_SQL = read_blocks(Path(__file__).with_name("streams.sql"))


class LeaseLost(Exception):
    """Another node listens to this stream by now: nothing of what we hear counts any more."""


async def take_message(
    database: Database, bell: Bell, connection: Connection, owner: str, message: Snapshot | Parsed, now: datetime
) -> Taken:
    """Store what a message tells, one call after another; after a snapshot, end the calls that it does not hold.

    A call whose events cannot be stored is logged and left: the others are not to wait for it. Raises ``LeaseLost``,
    and what asyncpg raises while the database is away; the snapshot of the next connection makes up for that.
    """
    taken = Taken(ignored=list(message.ignored))
    for _, events in groupby(message.events, key=lambda event: event.call_ref):
        try:
            await store(database, bell, connection, list(events), now, taken)
        except DATABASE_AWAY:
            raise
        except Exception as problem:
            taken.ignored.append("not_stored")
            log.error("stream of connection %s: %s", connection.connection_id, type(problem).__name__)  # noqa: TRY400
    if isinstance(message, Snapshot):
        await _end_vanished(database, bell, connection, owner, message, now)
    _count(connection, taken)
    return taken


async def _end_vanished(
    database: Database, bell: Bell, connection: Connection, owner: str, snapshot: Snapshot, now: datetime
) -> None:
    if snapshot.ignored:  # what could not be read may be the very call that is missed; our own timers will tell
        return
    async with database.tenant(connection.tenant_id) as unit:
        # A node that was frozen may hold a snapshot of yesterday.
        if not await unit.sql.fetchval(_SQL["holds_lease"], connection.connection_id, owner, now):
            raise LeaseLost
        there = [hashed for ref in snapshot.call_refs for hashed in unit.hashes("call ref", ref)]
        rows = await unit.sql.fetch(_SQL["vanished_calls"], connection.connection_id, there, now)
    for row in rows:
        await _end(database, bell, connection, row["call_id"], now)


async def _end(database: Database, bell: Bell, connection: Connection, call_id: UUID, now: datetime) -> None:
    """As if the operator had told of the end; under one id, so that ending it again changes nothing."""
    async with database.tenant(connection.tenant_id) as unit:
        if not await unit.sql.fetchval(_SQL["lock_open_call"], call_id):
            return
        call_ref = (await read_events(unit, call_id))[0].call_ref
        event = Event(
            event_id=f"vanished {call_ref}",
            kind=EventKind.ENDED,
            call_ref=call_ref,
            received_at=now,
            outcome=Outcome.UNKNOWN,
            concluded=True,
        )
        await settle_again(unit, bell, connection.connection_id, call_id, now, event)
    telemetry.events.add(1, {"outcome": "vanished"})


def _count(connection: Connection, taken: Taken) -> None:
    telemetry.events.add(taken.stored, {"outcome": "stored"})
    telemetry.events.add(taken.repeated, {"outcome": "repeated"})
    for reason in taken.ignored:
        telemetry.events.add(1, {"outcome": reason})
    if taken.ignored:
        reasons = ",".join(sorted(set(taken.ignored)))
        log.info("stream of connection %s, ignored: %s", connection.connection_id, reasons)
