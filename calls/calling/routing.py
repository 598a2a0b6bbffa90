"""How an employee's call is made: by a link that Teams opens, by the operator, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calls.calling.call_requests import UNDER_WAY, CallBack, CallRoute, RequestState
from calls.calling.dialling import refusal_of
from calls.model import OperatorAbilities
from calls.numbers import Number, NumberKind
from calls.popups.popup import Popup, PopupState

# What may be called back: it is over, or nobody knows; and no colleague is talking to them.
_OVER = frozenset(
    {PopupState.MISSED, PopupState.REJECTED, PopupState.BUSY, PopupState.ENDED, PopupState.STALE},
)


def route_call(number: Number, *, through: str, abilities: Sequence[OperatorAbilities]) -> CallRoute | None:
    """``through`` is the tenant's setting ``call_through``; ``abilities`` are those of its operator connections.

    Where Teams is chosen the operator does not stand in: it would ring another phone than the employee expects. Teams
    takes E.164 alone (``4:`` in https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-workflow).
    """
    if refusal_of(number) is not None:
        return None
    if through == CallRoute.TEAMS:
        return CallRoute.TEAMS if number.e164 else None
    return CallRoute.OPERATOR if any(can_call(each, number) for each in abilities) else None


def can_call(abilities: OperatorAbilities, number: Number) -> bool:
    """Whether an operator places calls to such a number."""
    return abilities.click_to_call and (abilities.short_numbers or number.kind is NumberKind.E164)


def with_call_back(
    popup: Popup, last: CallBack | None, *, through: str, abilities: Sequence[OperatorAbilities]
) -> Popup:
    """The popup with what it says about calling back; ``last`` is the newest request made from it."""
    route = None
    if popup.number is not None and popup.state in _OVER:
        route = route_call(popup.number, through=through, abilities=abilities)
    if last is not None:
        talking = last.state in UNDER_WAY or last.state is RequestState.CONNECTED
        return replace(popup, call_back=replace(last, route=None if talking else route))
    return replace(popup, call_back=CallBack(route=route)) if route else popup
