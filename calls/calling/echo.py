"""Recognising the calls we have asked for among the events of an operator.

Such a call is nobody's popup. It drives the state of its request, and is kept as the outgoing call that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from calls.calling.call_requests import UNDER_WAY, RequestState, is_further
from calls.calling.placed import (
    ECHO_SECONDS,
    came_about,
    nobody_called_yet,
    placed_event,
    progress,
    resembles,
    rings_employee_first,
    told,
)
from calls.calling.request_rows import NUMBER, PHONE, SQL, note
from calls.jobs.queue import Bell
from calls.model import Event, EventKind
from calls.numbers import Number, parse_number
from calls.reducer import Call, CallState
from calls.store.database import Unit
from calls.store.tenants import read_tenant

_WITHIN = timedelta(seconds=ECHO_SECONDS)
_ASKING = timedelta(seconds=30)  # from a press to the operator's being asked, at the very most


@dataclass(frozen=True, kw_only=True, slots=True)
class Echo:
    """A call of ours that the operator tells of."""

    mark: Event | None  # to be stored with the call; None: it is there already
    kept: bool  # whether this call is looked up and journaled as the request's


async def follow(
    unit: Unit, bell: Bell, connection_id: UUID, call_id: UUID, events: Sequence[Event], now: datetime
) -> Echo | None:
    """Take the request forward by what is told of its call; None when nobody asked for this call. The call's row is
    locked, or there is none yet."""
    call = told(events)
    mark = next((event for event in events if event.kind is EventKind.PLACED), None)
    row = await _request(unit, connection_id, call, events, mark)
    if row is None:
        return None
    employee_id, request_id = row["employee_id"], row["request_id"]
    waiting = nobody_called_yet(events)
    state, code = progress(call, employee_id, waiting=waiting)
    if is_further(state, code, than=RequestState(row["state"]), known=row["code"]):
        talk_seconds = None if rings_employee_first(call, employee_id) else call.talk_seconds
        await note(unit, bell, row, state, code, now, talk_seconds=talk_seconds)
    # An operator that tells of both phones tells of two calls. The one the employee makes is the request's.
    ours = row["call_id"]
    if ours != call_id and (ours is None or not rings_employee_first(call, employee_id)):
        await unit.sql.execute(SQL["keep_call"], request_id, call_id)
        ours = call_id
    if mark is None:
        line, _ = unit.open_value("call line", PHONE, row["line_sealed"])
        target = unit.open_value("call target", NUMBER, row["target_sealed"])
        new = placed_event(request_id, employee_id, line, target, call_ref=call.call_ref, now=now)
    else:
        new = None
    # What was told of the employee's phone alone is worth an entry only when nothing better has come by its end.
    waits = rings_employee_first(call, employee_id) and call.state is not CallState.ENDED
    return Echo(mark=new, kept=ours == call_id and not waits and came_about(call, employee_id, waiting=waiting))


async def _request(
    unit: Unit, connection_id: UUID, call: Call, events: Sequence[Event], mark: Event | None
) -> Any | None:
    named = next((found for event in (mark, *events) if event and (found := read_request_ref(event.request_ref))), None)
    refs = [ref for ref in (call.call_ref, call.parent_ref) if ref]
    hashes = [hashed for ref in refs for hashed in unit.hashes("call ref", ref)]
    people = {leg.employee_id for leg in call.legs}
    people |= {call.caller.employee_id} if call.caller and call.caller.employee_id else set()
    since = call.started_at - _WITHIN - _ASKING
    rows = await unit.sql.fetch(SQL["requests_like"], connection_id, named, hashes, list(people), since)
    if not rows or mark is not None:
        return next((row for row in rows if row["request_id"] == named), None)
    sure = next((row for row in rows if row["request_id"] == named or row["has_ref"]), None)
    if sure is not None:
        return sure
    tenant = await read_tenant(unit)
    shown = tenant.settings.company_number if tenant else None
    company = parse_number(shown, tenant.region) if tenant and shown else None
    return next((row for row in rows if _fits(unit, row, call, company)), None)


def _fits(unit: Unit, row: Any, call: Call, company: Number | None) -> bool:
    """Told within a minute of our asking, between the right two. What is over or was refused swallows no real call."""
    state = RequestState(row["state"])
    if state not in UNDER_WAY and state not in (RequestState.EMPLOYEE_ANSWERED, RequestState.UNKNOWN):
        return False
    if row["asked_at"] is None or not timedelta() <= call.started_at - row["asked_at"] <= _WITHIN:
        return False
    if row["call_id"] is not None and rings_employee_first(call, row["employee_id"]):
        return False  # the employee's phone has rung for it already: this is somebody calling
    target = unit.open_value("call target", NUMBER, row["target_sealed"])
    return resembles(call, row["employee_id"], target=target, company=company)


def read_request_ref(text: str | None) -> UUID | None:
    """The request that an operator hands back our id of; None when it is no id of ours."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
