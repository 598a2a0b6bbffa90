"""What must be true in the end, worked out from what was delivered, without the service's own reducer.

Written from the words of docs/call-flow.md: who was rung, who answered, how it ended. Deliberately small.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from calls.model import Direction, Event, EventKind, Outcome, Party, Presentation
from calls.numbers import Number
from calls.popups.popup import Identity, PopupState

_NOT_TAKEN = {
    Outcome.CALLER_CANCELLED: PopupState.MISSED,
    Outcome.MISSED: PopupState.MISSED,
    Outcome.UNREACHABLE: PopupState.MISSED,
    Outcome.REJECTED: PopupState.REJECTED,
    Outcome.BUSY: PopupState.BUSY,
    Outcome.COMPLETED: PopupState.ENDED,
    Outcome.UNKNOWN: PopupState.ENDED,  # nobody knows how it ended
}
_FRESH = timedelta(seconds=20)  # what began to ring longer ago by the operator's time is no news


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What a call comes to when everything that was told of it is known, and the operator says nothing more."""

    direction: Direction
    states: dict[int, PopupState]  # by the employee's place
    rang: frozenset[int]  # when it was told
    late: frozenset[int]  # long before it was told, and before anything else was
    over: bool
    answered: bool
    number: Number | None  # of who is outside
    identity: Identity | None  # None: it depends on the sources

    @property
    def journaled(self) -> bool:
        """Whether it is a call that a CRM should hold, if one knows who is outside."""
        told = self.over or self.answered  # a conversation whose end was never told was one all the same
        return self.direction is not Direction.INTERNAL and told and bool(self.states) and self.number is not None


def place_of(party: Party | None) -> int | None:
    """Whose phone it is: aliases are w0, w1, …"""
    alias = (party.alias or "") if party else ""
    return int(alias[1:]) if alias[:1] == "w" else None


def expect(events: Iterable[Event]) -> Expected:
    told = list(events)
    rings = [event for event in told if event.kind is EventKind.RINGING]
    answers = [event for event in told if event.kind is EventKind.ANSWERED]
    ends = [event for event in told if event.kind is EventKind.ENDED]
    ends = [event for event in ends if not event.concluded] or ends
    leg_ends = {
        place: event.outcome
        for event in told
        if event.kind is EventKind.LEG_ENDED
        for agent in event.agents
        if (place := place_of(agent)) is not None
    }
    rang = {place for event in rings for agent in event.agents if (place := place_of(agent)) is not None}
    fresh = {
        place
        for event in rings
        if event.occurred_at is None or event.received_at - event.occurred_at <= _FRESH
        for agent in event.agents
        if (place := place_of(agent)) is not None
    }
    takers = {place for event in answers if (place := place_of(event.answered_by)) is not None}
    touched = rang | set(leg_ends) | takers
    nobody_said = not any(event.answered_by for event in answers)
    if answers and nobody_said and len(touched) == 1:
        takers = set(touched)
    # Whoever took it by what was told before their ringing was: that is news, and is shown.
    answered_at = min((event.received_at for event in answers), default=None)
    rung_before = {
        place
        for event in rings
        if answered_at is not None and event.received_at < answered_at
        for agent in event.agents
        if (place := place_of(agent)) is not None
    }
    shown_taken = takers - rung_before
    caller = next((event.caller for event in rings if event.caller), None)
    called = next((event.called for event in rings if event.called), None)
    direction = told[0].direction
    outside = called if direction is Direction.OUTBOUND else caller
    if direction is Direction.INBOUND and place_of(caller) is not None:
        direction = Direction.INTERNAL
    over = bool(ends)
    if not over and answers:
        over = bool(takers & set(leg_ends))
    elif not over:
        over = bool(touched) and touched == set(leg_ends)
    states = {}
    for place in touched:
        if answers and place in takers:
            states[place] = PopupState.ENDED if ends or place in leg_ends else PopupState.STALE
        elif answers:
            states[place] = PopupState.ANSWERED_ELSEWHERE
        elif place in leg_ends:
            states[place] = _NOT_TAKEN[leg_ends[place] or Outcome.MISSED]
        elif ends:
            states[place] = _NOT_TAKEN[ends[0].outcome or Outcome.MISSED]
            if states[place] is PopupState.REJECTED and len(touched) > 1:
                states[place] = PopupState.MISSED
        else:
            states[place] = PopupState.STALE
    return Expected(
        direction=direction,
        states=states,
        rang=frozenset(fresh),
        late=frozenset(rang - fresh - shown_taken),
        over=over,
        answered=bool(answers) or any(event.outcome is Outcome.COMPLETED for event in ends),
        number=outside.number if outside else None,
        identity=_identity(direction, caller),
    )


def _identity(direction: Direction, caller: Party | None) -> Identity | None:
    if direction is Direction.INTERNAL:
        return Identity.COLLEAGUE
    if caller is None or caller.number is None:
        hidden = caller is not None and caller.presentation is Presentation.WITHHELD
        return Identity.WITHHELD if hidden else Identity.UNAVAILABLE
    return None
