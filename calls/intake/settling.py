"""What follows from a call's events, as one change of the database: state, timers, popups, journal, and the bell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from calls.callers.choices import choice_hashes
from calls.calling.echo import Echo, follow
from calls.intake.events import EVENT, read_events
from calls.jobs.queue import Bell
from calls.model import Direction, Event, EventKind
from calls.reducer import Call, CallState, fold, patience_ends
from calls.store.database import Database, Unit
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import TenantSettings, read_tenant

_SQL = read_blocks(Path(__file__).with_name("ingest.sql"))

# How long a first card waits for a name. It is to be in Teams 1.2 s after the event, and sending takes its part.
TOAST_PATIENCE = timedelta(seconds=1.1)
# A job is expected to have done its work by then; otherwise the sweep looks.
_SWEEP_AFTER = timedelta(seconds=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What is known of a call before anything new is stored."""

    call_id: UUID  # of a new call: the one it will have
    events: Sequence[Event]  # stored already, in no order
    new: Sequence[Event] = ()  # with our employees marked; stored by what follows
    settings: TenantSettings
    asked: bool = False  # an employee may have asked for this call
    opened_by: tuple[UUID, bytes] | None = None  # the connection, and the hash of the operator's id of the call
    delivery: bytes | None = None  # the hash of its id


async def settle_again(unit: Unit, bell: Bell, connection_id: UUID, call_id: UUID, now: datetime, *own: Event) -> Call:
    """Fold a stored call anew, with events that we know of and no operator tells. Its row is locked."""
    tenant = await read_tenant(unit)
    stored = await read_events(unit, call_id)
    known = {event.event_id for event in stored}
    new = [event for event in own if event.event_id not in known]
    echo = await follow(unit, bell, connection_id, call_id, [*stored, *new], now)
    ground = Ground(call_id=call_id, events=stored, new=new, settings=tenant.settings if tenant else TenantSettings())
    call = await settle(unit, ground, echo, now)
    if call is None:
        raise AssertionError("the call's row is not locked")
    return call


async def give_up(database: Database, bell: Bell, tenant_id: UUID, call_id: UUID, now: datetime) -> None:
    """Our own timer: nothing has been heard of this call for too long. A late event may still bring it back."""
    async with database.tenant(tenant_id) as unit:
        row = await unit.sql.fetchrow(_SQL["lock_call"], call_id)
        if row is None or row["stale_at"] is None or row["stale_at"] > now:
            return
        event = Event(
            event_id=f"stale {row['stale_at'].isoformat()}",
            kind=EventKind.STALE,
            call_ref=(await read_events(unit, call_id))[0].call_ref,
            received_at=now,
        )
        await settle_again(unit, bell, row["connection_id"], call_id, now, event)


async def settle(unit: Unit, ground: Ground, echo: Echo | None, now: datetime) -> Call | None:
    """Fold the call, note its state and timers, raise what its employees should see, and ring. None, and nothing of it,
    when the call has changed since the ground was known."""
    new = [*ground.new, echo.mark] if echo is not None and echo.mark is not None else ground.new
    call = fold([*ground.events, *new])
    looked_up = is_looked_up(call) and (echo is None or echo.kept)
    over = call.state is CallState.ENDED
    journaled = looked_up and (over or call.came_to is not None)
    employees, (preference, usually) = _shown_to(call), _preference(call, ground.settings)
    connection_id, ref_hash = ground.opened_by or (None, None)
    done = await unit.sql.fetchval(
        _SQL["settle"],
        unit.tenant_id,
        connection_id,
        ground.call_id,
        ref_hash,
        len(ground.events),
        [unit.hash("event", event.event_id) for event in new],
        [event.received_at for event in new],
        [unit.seal_value("event", EVENT, event) for event in new],
        ground.delivery,
        now,
        call.state.value,
        call.ended_at if over else now if call.state is CallState.STALE else None,
        patience_ends(call),
        "wanted" if looked_up else "none",
        unit.hash("call ref", call.parent_ref) if call.parent_ref else None,
        call.started_at + (TOAST_PATIENCE if looked_up else timedelta()),
        now + _SWEEP_AFTER,
        list(_touched(call)),
        employees,
        [uuid4() for _ in employees],
        uuid4() if journaled else None,
        preference,
        usually,
        echo is not None,
        call.caller.employee_id if call.direction is Direction.OUTBOUND and call.caller else None,
        choice_hashes(unit, call.outside.number) if looked_up and call.outside and call.outside.number else [],
    )
    return call if done else None


def _shown_to(call: Call) -> list[UUID]:
    """Who may be shown the call; an outgoing one nobody."""
    if call.direction is Direction.OUTBOUND:
        return []
    employees = [leg.employee_id for leg in call.legs]
    if call.direction is not Direction.INTERNAL:
        return employees
    calling = call.caller.employee_id if call.caller else None
    return [employee_id for employee_id in employees if employee_id != calling]


def _preference(call: Call, settings: TenantSettings) -> tuple[str, bool]:
    """The employee's own choice that decides, and what holds for who has chosen nothing: whether the call is shown; of
    an outgoing one, whether it is journaled, without which no source hears of it."""
    if call.direction is Direction.OUTBOUND:
        return "journal_outgoing", settings.journal_outgoing != "never"
    if call.direction is not Direction.INTERNAL:
        return "popup_queue" if call.queue else "popup_direct", True
    return "popup_internal", settings.popup_internal


def _touched(call: Call) -> Iterator[UUID]:
    yield from (leg.employee_id for leg in call.legs)
    yield from (party.employee_id for party in (call.caller, call.answered_by) if party and party.employee_id)


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
