"""A call is a fold over the set of its events: no clock, no I/O, and no memory of the order they came in.

Everything is decided from the whole set. A state never goes back because a late event arrives; times are the earliest
``received_at`` of their kind (operators of the sipgate shape give no time of their own); what two events disagree
about is taken from the earlier one. So duplicates and reordering within an attempt give the same call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from calls.model import Direction, Event, EventKind, Outcome, Party, Presentation, Queue
from calls.numbers import NumberKind
from calls.outcomes import most_telling, outcome_of


class CallState(StrEnum):
    PLACED = "placed"  # an employee has asked for it, and no operator tells of it here; how far it is, the request says
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    STALE = "stale"  # the operator went silent; a late event may still bring it back


class LegState(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """One employee's part of a call, over all their phones and attempts."""

    employee_id: UUID
    state: LegState
    outcome: Outcome | None  # only when ENDED
    rang_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    rang_late: bool = False  # the operator's own time says it rang long before we were told


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One conversation, from the first ring to the end."""

    call_ref: str
    parent_ref: str | None
    state: CallState
    direction: Direction
    caller: Party | None
    called: Party | None
    queue: Queue | None
    legs: tuple[Leg, ...]  # by employee id, so that equal calls compare equal
    answered_by: Party | None  # who took it; None: nobody, or the operator does not say
    outcome: Outcome | None  # only when ENDED
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    last_event_at: datetime  # the newest news from the operator, not counting our own timer
    end_told: bool = True  # False: we concluded that it is over, after it was; how long it lasted is not known
    told_seconds: int | None = None  # of conversation by the operator's own times, when it gives both

    @property
    def talk_seconds(self) -> int | None:
        """Whole seconds of conversation; None when either end of it is unknown."""
        if self.told_seconds is not None:
            return self.told_seconds
        if self.answered_at is None or self.ended_at is None or self.ended_at < self.answered_at or not self.end_told:
            return None
        return int((self.ended_at - self.answered_at).total_seconds())

    @property
    def came_to(self) -> Outcome | None:
        """The outcome, as far as it is known: a conversation whose end was never told was one all the same. None: it
        goes on, or nobody knows."""
        silent = self.state is CallState.STALE and self.answered_at is not None
        return Outcome.COMPLETED if silent else self.outcome

    @property
    def outside(self) -> Party | None:
        """The party that is not ours: who is looked up and journaled."""
        return self.called if self.direction is Direction.OUTBOUND else self.caller

    def leg(self, employee_id: UUID) -> Leg | None:
        return next((leg for leg in self.legs if leg.employee_id == employee_id), None)


# A ringing told later than this is history, and raises nobody's attention.
FRESH = timedelta(seconds=20)

# Without news for this long, a state is not believed any more.
RINGING_PATIENCE = timedelta(seconds=90)
NOBODY_PATIENCE = timedelta(seconds=60)  # in a queue, when no phone of ours rings any more: the next may
QUEUE_PATIENCE = timedelta(minutes=15)
ANSWERED_PATIENCE = timedelta(hours=4)


def fold(events: Iterable[Event]) -> Call:
    """The call that these events tell of; at least one, all of the same ``call_ref``."""
    ordered = sorted(events, key=lambda event: (event.received_at, event.event_id))
    told = [event for event in ordered if event.kind not in (EventKind.STALE, EventKind.PLACED)]
    news = told or [event for event in ordered if event.kind is EventKind.PLACED]
    if not news:
        raise ValueError("a call needs at least one event that is not our own")
    answers = [event for event in news if event.kind is EventKind.ANSWERED]
    all_ends = [event for event in news if event.kind is EventKind.ENDED]
    ends = [event for event in all_ends if not event.concluded] or all_ends
    caller = _first_known(event.caller for event in news)
    called = _first_known(event.called for event in news)
    answered_by = _first_known(event.answered_by for event in answers)
    direction = _direction(news, caller, called)
    phones = _phones(news, direction)
    if answers and answered_by is None and len(phones) == 1:
        answered_by = Party(employee_id=next(iter(phones)))  # nobody else could have
    legs = tuple(
        _leg(employee_id, news, answers, ends, answered_by, alone=len(phones) == 1)
        for employee_id in sorted(phones, key=str)
    )
    queue = next((event.queue for event in news if event.queue), None)
    silent = any(event.kind is EventKind.STALE and event.received_at >= news[-1].received_at for event in ordered)
    may_ring_on = queue is not None and not answers and not silent
    if ends or (_all_hung_up(legs, answered=bool(answers)) and not may_ring_on):
        state = CallState.ENDED  # told, or the operator tells no end of the whole
    elif silent:
        state = CallState.STALE
    else:
        state = CallState.ANSWERED if answers else CallState.RINGING if told else CallState.PLACED
    ended_at = min((event.received_at for event in ends), default=None)
    if state is CallState.ENDED and ended_at is None:
        ended_at = max((leg.ended_at for leg in legs if leg.ended_at is not None), default=news[-1].received_at)
    call = Call(
        call_ref=news[0].call_ref,
        parent_ref=next((event.parent_ref for event in news if event.parent_ref), None),
        state=state,
        direction=direction,
        caller=caller,
        called=called,
        queue=queue,
        legs=legs,
        answered_by=answered_by,
        outcome=outcome_of(ends, [leg.outcome for leg in legs], answered=bool(answers))
        if state is CallState.ENDED
        else None,
        started_at=news[0].received_at,
        answered_at=min((event.received_at for event in answers), default=None),
        ended_at=ended_at,
        last_event_at=news[-1].received_at,
        end_told=not any(event.concluded for event in ends),
        told_seconds=_told_seconds(answers, ends),
    )
    placed = next((event for event in ordered if event.kind is EventKind.PLACED), None)
    return _as_placed(call, placed) if placed else call


def _as_placed(call: Call, placed: Event) -> Call:
    """A call we have asked for, however the operator tells of it: from our employee to whom they wanted.

    One that is told as a call to the employee's own phone says when they picked up, and nothing of the other side.
    """
    placed_call = replace(
        call,
        direction=Direction.INTERNAL if call.direction is Direction.INTERNAL else Direction.OUTBOUND,
        caller=placed.caller,
        called=placed.called,
    )
    if call.caller and placed.caller and call.caller.employee_id == placed.caller.employee_id:
        return placed_call
    over = call.state is CallState.ENDED
    return replace(
        placed_call, answered_at=None, outcome=Outcome.UNKNOWN if over and call.answered_at else call.outcome
    )


def _told_seconds(answers: list[Event], ends: list[Event]) -> int | None:
    """What was told late (after a gap in a stream) still lasted as long as it lasted."""
    answered = min((event.occurred_at for event in answers if event.occurred_at), default=None)
    ended = min((event.occurred_at for event in ends if event.occurred_at), default=None)
    return int((ended - answered).total_seconds()) if answered and ended and ended >= answered else None


def _all_hung_up(legs: tuple[Leg, ...], *, answered: bool) -> bool:
    """Whether no phone of ours is in it any more: every one has stopped, or the one that answered has."""
    if answered:
        return any(leg.answered_at is not None and leg.state is LegState.ENDED for leg in legs)
    return bool(legs) and all(leg.state is LegState.ENDED for leg in legs)


def patience_ends(call: Call) -> datetime | None:
    """When the call becomes stale if nothing more is heard; None when it is over."""
    if call.state is CallState.RINGING:
        if call.legs and all(leg.state is LegState.ENDED for leg in call.legs):
            return call.last_event_at + NOBODY_PATIENCE
        return call.last_event_at + (QUEUE_PATIENCE if call.queue else RINGING_PATIENCE)
    if call.state is CallState.ANSWERED:
        return call.last_event_at + ANSWERED_PATIENCE
    return None


def _first_known(parties: Iterable[Party | None]) -> Party | None:
    """The earliest party that says something; one with a number or an employee before one without."""
    told = [party for party in parties if party is not None]
    known = (
        party for party in told if party.number or party.employee_id or party.presentation is Presentation.WITHHELD
    )
    return next(known, told[0] if told else None)


def _direction(news: list[Event], caller: Party | None, called: Party | None) -> Direction:
    # A ringing says whose call it is; what follows may say nothing, and overtake it.
    told = min(news, key=lambda event: event.kind is not EventKind.RINGING).direction
    if told is Direction.INTERNAL or (caller is not None and _is_ours(caller) and told is Direction.INBOUND):
        return Direction.INTERNAL
    if told is Direction.OUTBOUND and called is not None and _is_ours(called):
        return Direction.INTERNAL
    return told


def _is_ours(party: Party) -> bool:
    return party.employee_id is not None or (party.number is not None and party.number.kind is NumberKind.INTERNAL)


def _phones(news: list[Event], direction: Direction) -> set[UUID]:
    """The employees whose phones this call has touched."""
    found = {agent.employee_id for event in news for agent in event.agents if agent.employee_id}
    found |= {event.answered_by.employee_id for event in news if event.answered_by and event.answered_by.employee_id}
    if direction is Direction.OUTBOUND:
        found |= {event.caller.employee_id for event in news if event.caller and event.caller.employee_id}
    return found


def _leg(
    employee_id: UUID,
    news: list[Event],
    answers: list[Event],
    ends: list[Event],
    answered_by: Party | None,
    *,
    alone: bool,
) -> Leg:
    attempts: dict[tuple[str | None, str | None], dict[EventKind, list[Event]]] = {}
    for event in news:
        for agent in event.agents:
            if agent.employee_id == employee_id:
                phone = agent.number.key if agent.number else agent.alias
                attempts.setdefault((phone, event.attempt_ref), {}).setdefault(event.kind, []).append(event)
    rings = [event for kinds in attempts.values() for event in kinds.get(EventKind.RINGING, [])]
    rang_at = min((event.received_at for event in rings), default=None)
    leg_ends = [event for kinds in attempts.values() for event in kinds.get(EventKind.LEG_ENDED, [])]
    still_ringing = any(EventKind.LEG_ENDED not in kinds for kinds in attempts.values())
    mine = answered_by is not None and answered_by.employee_id == employee_id
    answered_at = min((event.received_at for event in answers), default=None) if mine else None
    call_end = min((event.received_at for event in ends), default=None)
    last_leg_end = max((event.received_at for event in leg_ends), default=None)
    passed_on_at = _passed_on_at(employee_id, rings, news)
    state, outcome, ended_at = LegState.RINGING, None, None
    if mine:
        over = bool(ends) or bool(leg_ends and not still_ringing)
        state = LegState.ENDED if over else LegState.ANSWERED
        outcome = Outcome.COMPLETED if over else None
        ended_at = (call_end or last_leg_end) if over else None
    elif answers:
        state, outcome = LegState.ENDED, Outcome.ANSWERED_ELSEWHERE
        ended_at = min(event.received_at for event in answers)
    elif leg_ends and not still_ringing:
        state, outcome, ended_at = LegState.ENDED, most_telling(leg_ends) or Outcome.MISSED, last_leg_end
    elif ends:
        state, outcome, ended_at = LegState.ENDED, most_telling(ends) or Outcome.UNKNOWN, call_end
        if outcome is Outcome.REJECTED and not alone:
            outcome = Outcome.MISSED  # somebody declined, but who is not told
    elif passed_on_at is not None:
        state, outcome, ended_at = LegState.ENDED, Outcome.MISSED, passed_on_at
    return Leg(
        employee_id=employee_id,
        state=state,
        outcome=outcome,
        rang_at=rang_at,
        answered_at=answered_at,
        ended_at=ended_at,
        rang_late=bool(rings) and all(_is_late(event) for event in rings),
    )


def _passed_on_at(employee_id: UUID, rings: list[Event], news: list[Event]) -> datetime | None:
    """When a hunt has gone on to other phones, as told by an operator that names all that ring and no more."""
    last = max((event.received_at for event in rings), default=None)
    if last is None:
        return None
    others = (event for event in news if event.kind is EventKind.RINGING and event.only_these)
    later = (event for event in others if event.received_at > last)
    return next((each.received_at for each in later if employee_id not in {a.employee_id for a in each.agents}), None)


def _is_late(event: Event) -> bool:
    return event.occurred_at is not None and event.received_at - event.occurred_at > FRESH
