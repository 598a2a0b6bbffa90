"""Calls folded from their events: by example, and against whatever order and repetition Hypothesis thinks of."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.model import Direction, Event, EventKind, Outcome, Party
from calls.reducer import (
    ANSWERED_PATIENCE,
    QUEUE_PATIENCE,
    RINGING_PATIENCE,
    Call,
    CallState,
    LegState,
    fold,
    patience_ends,
)
from tests.support.events import CALLER, HIDDEN, SALES, answer, at, employee, end, leg_end, phone, ring, stale

QUEUE_OF_FIVE = tuple(ring(phone(place), queue=SALES) for place in range(5))
ENDED = LegState.ENDED


def _outcomes(call: Call) -> list[Outcome | None]:
    return [leg.outcome for leg in call.legs]


def test_one_call_from_ring_to_end() -> None:
    call = fold([ring(phone(0)), answer(phone(0)), end()])
    assert (call.state, call.outcome, call.talk_seconds) == (CallState.ENDED, Outcome.COMPLETED, 60)
    assert call.legs[0].state is ENDED
    assert call.legs[0].outcome is Outcome.COMPLETED
    assert call.answered_by == phone(0)
    assert call.outside == CALLER
    assert (call.started_at, call.answered_at, call.ended_at) == (at(0), at(5), at(65))


def test_the_third_of_five_answers() -> None:
    call = fold([*QUEUE_OF_FIVE, answer(phone(2))])
    assert call.state is CallState.ANSWERED
    assert [leg.state for leg in call.legs] == [ENDED, ENDED, LegState.ANSWERED, ENDED, ENDED]
    elsewhere = Outcome.ANSWERED_ELSEWHERE
    assert _outcomes(call) == [elsewhere, elsewhere, None, elsewhere, elsewhere]


def test_nobody_answers_and_the_caller_leaves() -> None:
    call = fold([*QUEUE_OF_FIVE, end(Outcome.CALLER_CANCELLED)])
    assert call.outcome is Outcome.CALLER_CANCELLED
    assert _outcomes(call) == [Outcome.CALLER_CANCELLED] * 5
    assert call.talk_seconds is None


def test_a_member_declines_while_others_ring_on() -> None:
    call = fold([*QUEUE_OF_FIVE, leg_end(phone(1))])
    assert call.state is CallState.RINGING
    assert [leg.state for leg in call.legs].count(LegState.RINGING) == 4
    assert call.legs[1].outcome is Outcome.REJECTED
    over = fold([*QUEUE_OF_FIVE, leg_end(phone(1)), end(Outcome.CALLER_CANCELLED)])
    assert over.legs[1].outcome is Outcome.REJECTED
    assert over.legs[0].outcome is Outcome.CALLER_CANCELLED


def test_a_rejection_of_the_whole_is_pinned_on_nobody_when_many_rang() -> None:
    assert _outcomes(fold([ring(phone(0)), end(Outcome.REJECTED)])) == [Outcome.REJECTED]
    assert _outcomes(fold([*QUEUE_OF_FIVE, end(Outcome.REJECTED)])) == [Outcome.MISSED] * 5


def test_a_late_ring_does_not_ring_again() -> None:
    call = fold([answer(phone(0), seconds=1), ring(phone(0), seconds=2), ring(phone(1), seconds=3)])
    assert call.state is CallState.ANSWERED
    assert [leg.state for leg in call.legs] == [LegState.ANSWERED, ENDED]


def test_without_an_answer_told_a_conversation_is_over_and_has_no_length() -> None:
    call = fold([ring(phone(0)), end(Outcome.COMPLETED)])
    assert (call.state, call.outcome) == (CallState.ENDED, Outcome.COMPLETED)
    assert call.talk_seconds is None
    assert call.answered_by is None


def test_an_end_before_anything_else() -> None:
    first = fold([end(Outcome.CALLER_CANCELLED, seconds=0)])
    assert (first.state, first.legs) == (CallState.ENDED, ())
    call = fold([end(Outcome.CALLER_CANCELLED, seconds=0), ring(phone(0), seconds=1)])
    assert call.state is CallState.ENDED
    assert _outcomes(call) == [Outcome.CALLER_CANCELLED]


def test_an_answer_that_comes_after_the_end_gives_no_length() -> None:
    call = fold([ring(phone(0)), end(seconds=3), answer(phone(0), seconds=4)])
    assert call.state is CallState.ENDED
    assert call.outcome is Outcome.COMPLETED
    assert call.talk_seconds is None


def test_who_answered_is_plain_when_only_one_phone_rang() -> None:
    call = fold([ring(phone(0)), answer(None)])
    assert call.legs[0].state is LegState.ANSWERED
    many = fold([*QUEUE_OF_FIVE, answer(None)])
    assert many.answered_by is None
    assert _outcomes(many) == [Outcome.ANSWERED_ELSEWHERE] * 5


def test_an_answering_machine_is_nobody_of_ours() -> None:
    call = fold([ring(phone(0)), answer(Party(name="voicemail"))])
    assert _outcomes(call) == [Outcome.ANSWERED_ELSEWHERE]


def test_two_phones_of_one_employee_are_one_leg() -> None:
    mobile, desk = phone(0), phone(0, which=1)
    both = [ring(mobile), ring(desk)]
    assert len(fold(both).legs) == 1
    assert fold([*both, leg_end(desk)]).legs[0].state is LegState.RINGING
    assert fold([*both, leg_end(desk), leg_end(mobile)]).legs[0].state is ENDED
    talking = fold([*both, answer(mobile), leg_end(desk, Outcome.ANSWERED_ELSEWHERE, seconds=6)])
    assert talking.legs[0].state is LegState.ANSWERED


def test_what_two_phones_ended_with_does_not_depend_on_which_came_first() -> None:
    mobile, desk = phone(0), phone(0, which=1)
    for first, second in ((1, 2), (2, 1)):
        call = fold(
            [
                ring(mobile, seconds=first / 10),
                ring(desk, seconds=second / 10),
                leg_end(mobile, Outcome.REJECTED, seconds=first),
                leg_end(desk, Outcome.MISSED, seconds=second),
            ]
        )
        assert call.legs[0].outcome is Outcome.REJECTED


def test_rounds_of_a_queue_ring_again() -> None:
    first = [ring(phone(0), attempt="1"), leg_end(phone(0), Outcome.MISSED, attempt="1", seconds=20)]
    assert fold(first).state is CallState.ENDED
    again = fold([*first, ring(phone(0), attempt="2", seconds=25)])
    assert again.state is CallState.RINGING
    assert again.legs[0].state is LegState.RINGING
    assert again.legs[0].rang_at == at(0)
    late = fold([*first, ring(phone(0), attempt="1", seconds=25)])
    assert late.legs[0].state is ENDED


def test_the_call_is_over_when_the_phone_that_answered_has_hung_up() -> None:
    call = fold([ring(phone(0)), answer(phone(0)), leg_end(phone(0), Outcome.COMPLETED, seconds=30)])
    assert (call.state, call.outcome) == (CallState.ENDED, Outcome.COMPLETED)
    assert call.talk_seconds == 25
    assert patience_ends(call) is None


def test_hidden_callers_have_no_number() -> None:
    call = fold([ring(phone(0), caller=HIDDEN)])
    assert call.outside == HIDDEN


def test_colleagues_call_each_other() -> None:
    call = fold([ring(phone(1), caller=phone(0))])
    assert call.direction is Direction.INTERNAL
    out = fold([ring(phone(0), caller=phone(0), called=phone(1), direction=Direction.OUTBOUND)])
    assert out.direction is Direction.INTERNAL


def test_an_outbound_call_looks_at_whom_was_called() -> None:
    out = Direction.OUTBOUND
    call = fold([ring(phone(0), caller=phone(0), called=CALLER, direction=out), answer(None, direction=out)])
    assert call.direction is Direction.OUTBOUND
    assert call.outside == CALLER
    assert call.legs[0].state is LegState.ANSWERED


def test_the_ringing_says_the_direction_also_when_something_overtakes_it() -> None:
    out = ring(phone(0), caller=phone(0), called=CALLER, direction=Direction.OUTBOUND, seconds=1)
    assert fold([end(seconds=0), out]).direction is Direction.OUTBOUND


def test_silence_makes_stale_and_news_brings_back() -> None:
    ringing = [ring(phone(0)), stale(seconds=90)]
    assert fold(ringing).state is CallState.STALE
    assert patience_ends(fold(ringing)) is None
    assert fold([*ringing, answer(phone(0), seconds=95)]).state is CallState.ANSWERED
    assert fold([*ringing, end(seconds=95)]).state is CallState.ENDED
    assert fold([ring(phone(0)), end(seconds=65), stale(seconds=90)]).state is CallState.ENDED


def test_patience_depends_on_what_is_waited_for() -> None:
    assert patience_ends(fold([ring(phone(0))])) == at(0) + RINGING_PATIENCE
    assert patience_ends(fold([ring(phone(0), queue=SALES)])) == at(0) + QUEUE_PATIENCE
    assert patience_ends(fold([ring(phone(0)), answer(phone(0))])) == at(5) + ANSWERED_PATIENCE


def test_a_call_needs_news() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        fold([stale(seconds=1)])


# --- whatever the order -------------------------------------------------------------------------------------------


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
    return replace(event, event_id=f"{event.event_id} {seconds}")


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
        assert (leg.outcome is not None) == (leg.state is ENDED)
        assert (leg.ended_at is not None) == (leg.state is ENDED)
    assert [leg.employee_id for leg in call.legs] == sorted({leg.employee_id for leg in call.legs}, key=str)
    assert call.leg(employee(9)) is None
