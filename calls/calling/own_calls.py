"""A call that we know of before any operator does: what the card of a request hangs on.

It is a call like any other (one popup, one lookup, one retention) with a single event, our own. What the operator tells
of comes as calls of its own, which drive the request (echo.py); neither is ever merged into the other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from calls.callers.lookup import Lookup
from calls.calling.request_rows import SQL
from calls.intake.events import EVENT
from calls.intake.settling import is_looked_up
from calls.model import Event
from calls.popups.scene import LOOKUP
from calls.reducer import fold
from calls.store.database import Unit

_SWEEP_AFTER = timedelta(seconds=3)


async def open_placed(
    unit: Unit, connection_id: UUID, event: Event, *, popup_id: UUID, employee_id: UUID, known: Lookup | None
) -> UUID:
    """Store such a call with its card; the sources are asked unless ``known`` says who is called. Returns its id."""
    event = await _with_colleague(unit, event)
    call_id, asked = uuid4(), is_looked_up(fold([event]))
    if known is not None:
        known = replace(known, making=None)
    await unit.sql.execute(
        SQL["open_placed"],
        unit.tenant_id,
        call_id,
        connection_id,
        unit.hash("call ref", event.call_ref),
        event.received_at,
        "none" if not asked else "done" if known else "wanted",
        unit.seal_value("lookup", LOOKUP, known) if asked and known else None,
        unit.hash("event", event.event_id),
        unit.seal_value("event", EVENT, event),
        popup_id,
        event.received_at + _SWEEP_AFTER,
        employee_id,
        [party.employee_id for party in (event.caller, event.called) if party and party.employee_id],
    )
    return call_id


async def _with_colleague(unit: Unit, event: Event) -> Event:
    """The same, with whom it goes to, when that is one of the tenant's own people."""
    called = event.called
    if called is None or called.number is None:
        return event
    rows = await unit.sql.fetch(SQL["owners_of"], unit.hashes("line", called.number.key))
    colleague = rows[0]["employee_id"] if len(rows) == 1 else None
    return replace(event, called=replace(called, employee_id=colleague))
