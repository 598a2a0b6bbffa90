"""Events by the handful, for tests: short to write, and told apart by what happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from calls.model import Direction, Event, EventKind, Outcome, Party, Presentation, Queue
from calls.numbers import Number, NumberKind
from tests.support.clock import BEGINNING

CALLER = Party(number=Number(kind=NumberKind.E164, digits="4722334455"))
HIDDEN = Party(presentation=Presentation.WITHHELD)
SALES = Queue(name="Salg")


def employee(place: int) -> UUID:
    """An employee's id, for tests without a database."""
    return UUID(int=place + 1)


def phone(place: int, which: int = 0) -> Party:
    """One of an employee's phones, placed as storing an event places it."""
    number = Number(kind=NumberKind.E164, digits=f"479{which}00000{place}")
    return Party(number=number, alias=f"w{place}", employee_id=employee(place))


def line(place: int) -> Party:
    """A provisioned employee's phone, as an operator names it."""
    return Party(number=Number(kind=NumberKind.E164, digits=f"479000000{place + 1}"), alias=f"w{place}")


def at(seconds: float) -> datetime:
    return BEGINNING + timedelta(seconds=seconds)


def _event(kind: EventKind, event_id: str, seconds: float, call: str, **more: object) -> Event:
    return Event(kind=kind, event_id=event_id, call_ref=call, received_at=at(seconds), **more)  # type: ignore[arg-type]


def ring(
    *agents: Party,
    seconds: float = 0,
    call: str = "c1",
    attempt: str | None = None,
    caller: Party | None = CALLER,
    called: Party | None = None,
    queue: Queue | None = None,
    direction: Direction = Direction.INBOUND,
) -> Event:
    names = "+".join(agent.alias or "?" for agent in agents)
    numbers = "+".join(agent.number.digits if agent.number else "?" for agent in agents)
    return _event(
        EventKind.RINGING,
        f"ring {call} {names} {numbers} {attempt}",
        seconds,
        call,
        agents=agents,
        attempt_ref=attempt,
        caller=caller,
        called=called,
        queue=queue,
        direction=direction,
    )


def answer(
    by: Party | None, *, seconds: float = 5, call: str = "c1", direction: Direction = Direction.INBOUND
) -> Event:
    who = by.alias if by else None
    return _event(EventKind.ANSWERED, f"answer {call} {who}", seconds, call, answered_by=by, direction=direction)


def leg_end(
    agent: Party,
    outcome: Outcome | None = Outcome.REJECTED,
    *,
    seconds: float = 4,
    call: str = "c1",
    attempt: str | None = None,
) -> Event:
    number = agent.number.digits if agent.number else None
    event_id = f"leg end {call} {agent.alias} {number} {attempt}"
    return _event(EventKind.LEG_ENDED, event_id, seconds, call, agents=(agent,), attempt_ref=attempt, outcome=outcome)


def end(
    outcome: Outcome | None = Outcome.COMPLETED,
    *,
    seconds: float = 65,
    call: str = "c1",
    direction: Direction = Direction.INBOUND,
) -> Event:
    return _event(EventKind.ENDED, f"end {call}", seconds, call, outcome=outcome, direction=direction)


def stale(*, seconds: float, call: str = "c1") -> Event:
    return _event(EventKind.STALE, f"stale {call} {seconds}", seconds, call)
