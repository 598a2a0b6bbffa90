"""Calls folded from their events, by example."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from calls.calling.placed import placed_event
from calls.model import Direction, Event, Outcome, Party
from calls.reducer import (
    ANSWERED_PATIENCE,
    NOBODY_PATIENCE,
    QUEUE_PATIENCE,
    RINGING_PATIENCE,
    Call,
    CallState,
    LegState,
    fold,
    patience_ends,
)
from tests.support.events import CALLER, HIDDEN, SALES, answer, at, end, leg_end, phone, ring, stale

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


def _hunt(*places: int) -> list[Event]:
    """A queue that rings one phone after the other, told as operators do that say nothing of a phone that stops."""
    steps = enumerate(places)
    return [
        replace(ring(phone(place), queue=SALES, seconds=10.0 * step), event_id=str(step), only_these=True)
        for step, place in steps
    ]


def test_a_hunt_goes_from_phone_to_phone() -> None:
    call = fold(_hunt(0, 1))
    assert [leg.state for leg in call.legs] == [ENDED, LegState.RINGING]
    assert (call.state, call.legs[0].ended_at) == (CallState.RINGING, at(10))
    assert [leg.state for leg in fold(_hunt(0, 1, 0)).legs] == [LegState.RINGING, ENDED], "round again"
    answered = fold([*_hunt(0, 1), answer(phone(0), seconds=30)])
    assert _outcomes(answered) == [None, Outcome.ANSWERED_ELSEWHERE]
    assert _outcomes(fold([*_hunt(0, 1), end(Outcome.CALLER_CANCELLED)])) == [Outcome.CALLER_CANCELLED] * 2


def test_a_queue_goes_on_when_no_phone_of_ours_rings() -> None:
    told = [ring(phone(0), queue=SALES), leg_end(phone(0), Outcome.MISSED, seconds=20)]
    waiting = fold(told)
    assert (waiting.state, patience_ends(waiting)) == (CallState.RINGING, at(20) + NOBODY_PATIENCE)
    assert fold([*told, ring(phone(1), queue=SALES, seconds=25)]).legs[1].state is LegState.RINGING
    over = fold([*told, stale(seconds=80)])
    assert (over.state, over.outcome, over.ended_at) == (CallState.ENDED, Outcome.MISSED, at(20))
    assert fold([ring(phone(0)), leg_end(phone(0), Outcome.MISSED)]).state is CallState.ENDED, "without a queue"


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


def test_a_call_that_only_we_know_of_is_placed_and_waits_for_nobody() -> None:
    """What an employee has asked for: how far it is, its request says, and whose timers run."""
    line, target, employee_id = phone(0).number, CALLER.number, phone(0).employee_id
    assert line is not None
    assert target is not None
    assert employee_id is not None
    event = placed_event(UUID(int=1), employee_id, line, target, call_ref="call", now=at(0))
    call = fold([event])
    assert (call.state, call.direction, patience_ends(call)) == (CallState.PLACED, Direction.OUTBOUND, None)
    assert (call.outside, [leg.employee_id for leg in call.legs]) == (event.called, [employee_id])
    colleague = replace(event, called=phone(1))
    assert fold([colleague]).direction is Direction.INTERNAL
    told = fold([event, ring(phone(0), caller=phone(0), called=CALLER, direction=Direction.OUTBOUND)])
    assert told.state is CallState.RINGING


def test_a_call_needs_news() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        fold([stale(seconds=1)])
