"""Calls that we have asked an operator for, as its events tell of them. Pure.

Operators tell of such a call in two ways, and some in both: as a call from the employee to the number that was asked
for, or first as a call *to* the employee's phone, from that number or from the company's own. :class:`EventKind.PLACED`
says what it is in truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from calls.calling.call_requests import NO_NEWS, NOT_TAKEN, RequestState
from calls.model import Direction, Event, EventKind, Outcome, Party
from calls.numbers import Number
from calls.reducer import Call, CallState, fold

ECHO_SECONDS = (
    60.0  # between asking and the first event of a call that carries neither our reference nor the operator's
)


def placed_event(
    request_id: UUID, employee_id: UUID, line: Number, target: Number, *, call_ref: str, now: datetime
) -> Event:
    """What we know better than the operator: who called whom."""
    return Event(
        event_id=f"placed {request_id}",
        kind=EventKind.PLACED,
        call_ref=call_ref,
        received_at=now,
        direction=Direction.OUTBOUND,
        caller=Party(number=line, employee_id=employee_id),
        called=Party(number=target),
        agents=(Party(number=line, employee_id=employee_id),),
        request_ref=str(request_id),
    )


def told(events: Iterable[Event]) -> Call:
    """The call as the operator tells it."""
    return fold(event for event in events if event.kind is not EventKind.PLACED)


def rings_employee_first(call: Call, employee_id: UUID) -> bool:
    """Whether a call, as told, is the one to the employee's own phone and not the one they make."""
    return call.caller is None or call.caller.employee_id != employee_id


def resembles(call: Call, employee_id: UUID, *, target: Number, company: Number | None) -> bool:
    """Whether a call, as told, has the parties of a request. What comes through a queue is never one of ours."""
    caller, called = call.caller, call.called
    if caller is not None and caller.employee_id == employee_id:
        return called is not None and called.number is not None and called.number.key == target.key
    if call.queue is not None or call.leg(employee_id) is None or caller is None or caller.number is None:
        return False
    return caller.number.key in {target.key, company.key if company else None}


def nobody_called_yet(events: Iterable[Event]) -> bool:
    """Whether an operator that tells of one call outwards has told of nothing but the ringing of the caller's own
    phone."""
    rings = [event.rings_caller for event in events if event.kind is EventKind.RINGING]
    return bool(rings) and all(rings)


def progress(call: Call, employee_id: UUID, *, waiting: bool = False) -> tuple[RequestState, str | None]:
    """How far the request is, by what the operator tells of the call; ``waiting``: :func:`nobody_called_yet`. The
    second is a code, where more is known."""
    first_phone = rings_employee_first(call, employee_id)
    waiting = waiting and call.answered_at is None
    if call.state is CallState.STALE:
        return RequestState.UNKNOWN, NO_NEWS
    if call.state is CallState.RINGING:
        return (RequestState.RINGING_EMPLOYEE if first_phone or waiting else RequestState.RINGING_TARGET), None
    if call.state is CallState.ANSWERED:
        return (RequestState.EMPLOYEE_ANSWERED if first_phone else RequestState.CONNECTED), None
    if waiting:
        return RequestState.ENDED, NOT_TAKEN
    if first_phone:
        return RequestState.ENDED, None if call.answered_at else NOT_TAKEN
    return RequestState.ENDED, call.outcome.value if call.outcome else Outcome.UNKNOWN.value


def came_about(call: Call, employee_id: UUID, *, waiting: bool = False) -> bool:
    """Whether anybody was called at all: not when the employee did not pick up."""
    if waiting and call.answered_at is None:
        return False
    return not rings_employee_first(call, employee_id) or call.answered_at is not None
