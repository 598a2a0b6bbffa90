"""Taking in what an operator sends: stored together with its job in one transaction, and only then acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import TypeAdapter

from calls.calling.echo import follow
from calls.jobs.queue import Bell
from calls.model import Connection, Direction, Event, EventKind
from calls.ports import Parsed, Proof
from calls.reducer import Call, CallState, fold, patience_ends
from calls.store.database import Database, Unit
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import place, read_tenant

log = logging.getLogger(__name__)
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_SQL = read_blocks(Path(__file__).with_name("ingest.sql"))

# How long a first card waits for a name. It is to be in Teams 1.2 s after the event, and sending takes its part.
TOAST_PATIENCE = timedelta(seconds=1.1)
# A job is expected to have done its work by then; otherwise the sweep looks.
_SWEEP_AFTER = timedelta(seconds=3)


@dataclass(kw_only=True, slots=True)
class Taken:
    """What became of a delivery: for the log and the metrics."""

    stored: int = 0
    repeated: int = 0
    ignored: list[str] = field(default_factory=list)


async def take_in(
    database: Database, bell: Bell, connection: Connection, proof: Proof, parsed: Parsed, received_at: datetime
) -> Taken:
    """Store the events of one delivery and ring for each call they touch."""
    taken = Taken(ignored=list(parsed.ignored))
    async with database.tenant(connection.tenant_id) as unit:
        if proof.delivery_id is not None:
            hashed = unit.hash("delivery", proof.delivery_id)
            if not await unit.sql.fetchval(
                _SQL["first_delivery"], unit.tenant_id, connection.connection_id, hashed, received_at
            ):
                taken.repeated = len(parsed.events)
                return taken
        await store(unit, bell, connection.connection_id, parsed.events, received_at, taken)
    return taken


async def store(
    unit: Unit, bell: Bell, connection_id: UUID, events: Sequence[Event], received_at: datetime, taken: Taken
) -> None:
    """Store events whose sender is known, and ring for each call they touch."""
    touched: dict[UUID, Sequence[Event]] = {}
    for event in await place(unit, events):
        stored = await _store(unit, connection_id, event, taken)
        if stored is not None:
            touched[stored[0]] = stored[1]
    for call_id, all_events in touched.items():
        await settle(unit, bell, call_id, all_events, received_at)


async def give_up(database: Database, bell: Bell, tenant_id: UUID, call_id: UUID, now: datetime) -> None:
    """Our own timer: nothing has been heard of this call for too long. A late event may still bring it back."""
    async with database.tenant(tenant_id) as unit:
        row = await unit.sql.fetchrow(_SQL["lock_call"], call_id)
        if row is None or row["stale_at"] is None or row["stale_at"] > now:
            return
        known = await read_events(unit, call_id)
        event = Event(
            event_id=f"stale {row['stale_at'].isoformat()}",
            kind=EventKind.STALE,
            call_ref=known[0].call_ref,
            received_at=now,
        )
        await add_own_event(unit, call_id, event)
        await settle(unit, bell, call_id, await read_events(unit, call_id), now)


async def settle(unit: Unit, bell: Bell, call_id: UUID, events: Sequence[Event], now: datetime) -> Call:
    """Fold the call anew, note its state and timers, raise what its employees should see, and ring."""
    echo = await follow(unit, bell, call_id, events, now)
    if echo is not None and echo.mark is not None:
        await add_own_event(unit, call_id, echo.mark)
        events = [*events, echo.mark]
    call = fold(events)
    looked_up = is_looked_up(call) and (echo is None or echo.kept)
    if looked_up and call.direction is Direction.OUTBOUND:
        tenant = await read_tenant(unit)
        looked_up = tenant is not None and tenant.settings.journal_outgoing != "never"
    over = call.state is CallState.ENDED
    silent = call.state is CallState.STALE
    journaled = looked_up and (over or call.came_to is not None)
    employees = [leg.employee_id for leg in call.legs] if call.direction is not Direction.OUTBOUND else []
    kind, usually = "popup_queue" if call.queue else "popup_direct", True
    if call.direction is Direction.INTERNAL:
        tenant = await read_tenant(unit)
        shown = tenant is not None and tenant.settings.popup_internal
        calling = call.caller.employee_id if call.caller else None
        employees = [employee_id for employee_id in employees if employee_id != calling]
        kind, usually = "popup_internal", shown
    await unit.sql.execute(
        _SQL["note_call"],
        call_id,
        call.state.value,
        call.ended_at if over else now if silent else None,
        patience_ends(call),
        "wanted" if looked_up else "none",
        unit.hash("call ref", call.parent_ref) if call.parent_ref else None,
        call.started_at + (TOAST_PATIENCE if looked_up else timedelta()),
        now + _SWEEP_AFTER,
        employees,
        [uuid4() for _ in employees],
        uuid4() if journaled else None,
        kind,
        usually,
    )
    if echo is not None:  # it may have been on a screen before it was known for what it is
        await unit.sql.execute(_SQL["want_shown"], call_id, now + _SWEEP_AFTER)
    await bell.ring_cards(unit, call_id)
    if journaled:
        await bell.ring_journal(unit, call_id)
    return call


async def add_own_event(unit: Unit, call_id: UUID, event: Event) -> None:
    """Something we know of a call and no operator tells. Once; the call's row is locked."""
    sealed, hashed = unit.seal_value("event", EVENT, event), unit.hash("event", event.event_id)
    await unit.sql.execute(_SQL["add_own_event"], unit.tenant_id, call_id, hashed, event.received_at, sealed)


def is_looked_up(call: Call) -> bool:
    """Whether the sources are asked and the call is journaled: it is between somebody outside and one of our employees.

    An exchange tells of everybody's calls. Neither a CRM nor a directory hears of those that touch no phone of ours
    (what follows a ringing at somebody else's number), or of an end that has overtaken its ringing.
    """
    outside = call.outside
    return (
        call.direction is not Direction.INTERNAL
        and bool(call.legs)
        and outside is not None
        and outside.number is not None
    )


async def read_events(unit: Unit, call_id: UUID) -> Sequence[Event]:
    """Every event of a call, opened."""
    return open_events(unit, [row["body_sealed"] for row in await unit.sql.fetch(_SQL["read_events"], call_id)])


def open_events(unit: Unit, bodies: Sequence[bytes]) -> Sequence[Event]:
    return [unit.open_value("event", EVENT, body) for body in bodies]


async def _store(unit: Unit, connection_id: UUID, event: Event, taken: Taken) -> tuple[UUID, Sequence[Event]] | None:
    """The call the event belongs to, with all its events; None when it is of no use to this tenant or known already."""
    ours = any(agent.employee_id for agent in event.agents) or (event.caller and event.caller.employee_id)
    row = await unit.sql.fetchrow(
        _SQL["add_event"],
        unit.tenant_id,
        connection_id,
        unit.hashes("call ref", event.call_ref),
        event.kind is not EventKind.RINGING or bool(ours),
        unit.hash("event", event.event_id),
        event.received_at,
        unit.seal_value("event", EVENT, event),
    )
    if row["call"] is None:
        taken.ignored.append("no_line_of_this_tenant")
        return None
    if not row["is_new"]:
        taken.repeated += 1
        return None
    taken.stored += 1
    return row["call"], open_events(unit, row["bodies"])
