"""Whom nobody is connected to, and how a call is made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.calling.call_requests import CallRoute, RequestState, is_further
from calls.calling.dialling import refusal_of
from calls.calling.routing import route_call
from calls.model import OperatorAbilities
from calls.numbers import Number, NumberKind, parse_number
from calls.orders import CallRefusal

CAN = OperatorAbilities(click_to_call=True)
CANNOT = OperatorAbilities()


def number(text: str) -> Number:
    found = parse_number(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text", ["110", "112", "113", "1412", "911", "999", "118", "119", "+47 112", "0047 113", "tel:112", "1 1 2"]
)
def test_emergency_numbers_are_for_the_telephone(text: str) -> None:
    assert refusal_of(number(text)) is CallRefusal.EMERGENCY_NUMBER


@pytest.mark.parametrize("text", ["82012345", "829 12 345", "+4782912345", "+44 9098790000", "+46 900 1234567"])
def test_numbers_that_cost_extra_are_refused(text: str) -> None:
    assert refusal_of(number(text)) is CallRefusal.PREMIUM_NUMBER


@pytest.mark.parametrize(
    "text", ["22334455", "912 34 567", "02800", "04240", "116117", "800 12 345", "815 00 000", "+4621234567", "4711"]
)
def test_all_others_may_be_called(text: str) -> None:
    assert refusal_of(number(text)) is None


def test_digits_that_are_no_number_are_not_dialled() -> None:
    assert refusal_of(Number(kind=NumberKind.OTHER, digits="581234567890")) is CallRefusal.INVALID_NUMBER


@pytest.mark.parametrize(
    ("text", "through", "abilities", "route"),
    [
        ("22334455", "operator", [CAN], CallRoute.OPERATOR),
        ("22334455", "operator", [CANNOT, CAN], CallRoute.OPERATOR),
        ("22334455", "operator", [CANNOT], None),
        ("22334455", "operator", [], None),
        ("22334455", "teams", [], CallRoute.TEAMS),
        ("22334455", "teams", [CAN], CallRoute.TEAMS),
        ("02800", "teams", [CAN], None),
        ("02800", "operator", [CAN], None),
        ("02800", "operator", [replace(CAN, short_numbers=True)], CallRoute.OPERATOR),
        ("4711", "operator", [replace(CAN, short_numbers=True)], CallRoute.OPERATOR),
        ("112", "operator", [replace(CAN, short_numbers=True)], None),
        ("82012345", "operator", [CAN], None),
        ("82012345", "teams", [CAN], None),
    ],
)
def test_the_route(text: str, through: str, abilities: list[OperatorAbilities], route: CallRoute | None) -> None:
    assert route_call(number(text), through=CallRoute(through), abilities=abilities) is route


@given(st.lists(st.sampled_from(RequestState), max_size=8))
def test_news_never_takes_a_request_back(news: list[RequestState]) -> None:
    order = list(RequestState)
    known = RequestState.ASKED
    for state in news:
        before = known
        known = state if is_further(state, None, than=known, known=None) else known
        if known is not RequestState.UNKNOWN and before is not RequestState.UNKNOWN:
            assert order.index(known) >= order.index(before)
    if RequestState.REFUSED in news:
        assert known is RequestState.REFUSED


def test_an_end_that_says_more_is_kept() -> None:
    ended = RequestState.ENDED
    assert is_further(ended, "busy", than=ended, known=None)
    assert not is_further(ended, "completed", than=ended, known="busy")
    assert not is_further(ended, None, than=ended, known="busy")
