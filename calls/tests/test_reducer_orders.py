"""Calls folded from their events, against whatever order and repetition Hypothesis thinks of."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from calls.model import Event, EventKind, Outcome, Party
from calls.reducer import (
    Call,
    CallState,
    LegState,
    fold,
)
from tests.support.events import CALLER, HIDDEN, SALES, answer, at, employee, end, leg_end, phone, ring, stale


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """What a truthful operator tells of one call: a queue of up to five, who declines, who answers, how it ends."""
    members = draw(st.integers(1, 5))
    queue = SALES if members > 1 else None
    events = [ring(phone(place), queue=queue, seconds=place * 0.1) for place in range(members)]
    with_two = draw(st.sets(st.integers(0, members - 1)))
    events += [ring(phone(place, which=1), queue=queue, seconds=1 + place * 0.1) for place in sorted(with_two)]
    decliners = draw(st.sets(st.integers(0, members - 1), max_size=members - 1))
    events += [leg_end(phone(place), seconds=3 + place * 0.1) for place in sorted(decliners)]
    able = [place for place in range(members) if place not in decliners]
    answered = draw(st.sampled_from([None, *able]))
    if answered is not None:
        events.append(answer(phone(answered)))
    if draw(st.booleans()):
        events.append(end(Outcome.COMPLETED if answered is not None else Outcome.CALLER_CANCELLED))
    if draw(st.booleans()):
        events = [event for event in events if event.kind is not EventKind.RINGING or draw(st.booleans())] or events
    return events


def _timeless(call: Call) -> Call:
    """The call without anything that depends on when we were told."""
    legs = tuple(replace(leg, rang_at=None, answered_at=None, ended_at=None) for leg in call.legs)
    now = at(0)
    return replace(call, legs=legs, started_at=now, answered_at=None, ended_at=None, last_event_at=now)


@given(stories(), st.data())
@settings(max_examples=100, deadline=None)
def test_order_and_repetition_of_receipt_change_nothing_but_times(story: list[Event], data: st.DataObject) -> None:
    repeated = story + data.draw(st.lists(st.sampled_from(story), max_size=5))
    shuffled = data.draw(st.permutations(repeated))
    received = [replace(event, received_at=at(place)) for place, event in enumerate(shuffled)]
    assert _timeless(fold(received)) == _timeless(fold(story))


PHONES = [phone(place, which) for place in range(3) for which in range(2)]
OUTCOMES = st.sampled_from([None, *Outcome])
ATTEMPTS = st.sampled_from([None, "1", "2"])


@st.composite
def anything(draw: st.DrawFn) -> Event:
    """Any event at all, truthful or not."""
    seconds = draw(st.integers(0, 100))
    kind = draw(st.sampled_from(EventKind))
    agent = draw(st.sampled_from(PHONES))
    if kind is EventKind.RINGING:
        caller = draw(st.sampled_from([CALLER, HIDDEN, None, phone(2)]))
        event = ring(agent, seconds=seconds, attempt=draw(ATTEMPTS), caller=caller)
    elif kind is EventKind.ANSWERED:
        event = answer(draw(st.sampled_from([None, agent, Party(name="voicemail")])), seconds=seconds)
    elif kind is EventKind.LEG_ENDED:
        event = leg_end(agent, draw(OUTCOMES), seconds=seconds, attempt=draw(ATTEMPTS))
    elif kind is EventKind.ENDED:
        event = end(draw(OUTCOMES), seconds=seconds)
    else:
        event = stale(seconds=seconds)
    return replace(event, event_id=repr(event))  # one id is one event, whatever is in it


soups = st.lists(anything(), min_size=1, max_size=10).filter(
    lambda events: any(event.kind is not EventKind.STALE for event in events)
)


@given(soups, st.data())
@settings(max_examples=150, deadline=None)
def test_the_order_in_which_events_are_read_is_of_no_account(soup: list[Event], data: st.DataObject) -> None:
    again = data.draw(st.permutations(soup + data.draw(st.lists(st.sampled_from(soup), max_size=5))))
    assert fold(again) == fold(soup)


RANK = {CallState.RINGING: 0, CallState.ANSWERED: 1, CallState.ENDED: 2}
LEG_RANK = {LegState.RINGING: 0, LegState.ANSWERED: 1, LegState.ENDED: 2}


def _attempts(events: list[Event]) -> set[tuple[object, ...]]:
    rings = (event for event in events if event.kind is not EventKind.STALE)
    return {(agent.employee_id, agent.number, event.attempt_ref) for event in rings for agent in event.agents}


@given(soups)
@settings(max_examples=150, deadline=None)
def test_no_state_goes_back_unless_a_phone_rings_anew_or_is_picked_up(soup: list[Event]) -> None:
    told = [event for event in soup if event.kind is not EventKind.STALE]
    steps = itertools.pairwise([*itertools.accumulate([[event] for event in told])])
    for earlier, later in steps:
        before, after = fold(earlier), fold(later)
        anew = _attempts(later) - _attempts(earlier) or later[-1].kind is EventKind.ANSWERED
        if not anew or any(event.kind is EventKind.ENDED for event in earlier):
            assert RANK[after.state] >= RANK[before.state]
        if before.state is CallState.ANSWERED:
            assert after.state is not CallState.RINGING
        for leg in before.legs:
            now = after.leg(leg.employee_id)
            assert now is not None, "an employee the call has touched stays touched"
            if not anew:
                assert LEG_RANK[now.state] >= LEG_RANK[leg.state]


@given(soups)
@settings(max_examples=150, deadline=None)
def test_times_are_in_order_and_outcomes_belong_to_endings(soup: list[Event]) -> None:
    call = fold(soup)
    assert call.started_at <= call.last_event_at
    assert (call.outcome is not None) == (call.state is CallState.ENDED)
    assert (call.ended_at is not None) or call.state is not CallState.ENDED
    assert call.talk_seconds is None or call.talk_seconds >= 0
    assert sum(leg.answered_at is not None for leg in call.legs) <= 1
    for leg in call.legs:
        assert (leg.outcome is not None) == (leg.state is LegState.ENDED)
        assert (leg.ended_at is not None) == (leg.state is LegState.ENDED)
    assert [leg.employee_id for leg in call.legs] == sorted({leg.employee_id for leg in call.legs}, key=str)
    assert call.leg(employee(9)) is None
