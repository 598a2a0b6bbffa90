"""How an employee's call is made: by a link that Teams opens, by the operator, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calls.calling.call_requests import CallBack, CallRoute
from calls.calling.dialling import refusal_of
from calls.model import OperatorAbilities
from calls.numbers import Number, NumberKind
from calls.popups.popup import Popup, PopupState
from calls.store.tenants import Employee, TenantSettings

# What may be called back: it is over, or nobody knows; and no colleague is talking to them. What was placed is over
# when its request is.
_OVER = frozenset(
    {PopupState.MISSED, PopupState.REJECTED, PopupState.BUSY, PopupState.ENDED, PopupState.STALE, PopupState.PLACED},
)


def calls_through(settings: TenantSettings, employee: Employee | None, line: CallRoute | None) -> CallRoute:
    """How an employee's calls are made: what says it most exactly holds. Their own choice, where the tenant lets them;
    else what the company file says of the line (``line``), of them, of everybody."""
    chosen = employee.preferences.call_through if employee and settings.employees_choose_calling else None
    said = employee.call_through if employee else None
    return chosen or line or said or settings.call_through


def route_call(number: Number, *, through: CallRoute, abilities: Sequence[OperatorAbilities]) -> CallRoute | None:
    """``through`` is from :func:`calls_through`; ``abilities`` are those of the tenant's operator connections.

    Where Teams is chosen the operator does not stand in: it would ring another phone than the employee expects. Teams
    takes E.164 alone (``4:`` in https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-workflow).
    """
    if refusal_of(number) is not None:
        return None
    if through is CallRoute.TEAMS:
        return CallRoute.TEAMS if number.e164 else None
    return CallRoute.OPERATOR if any(can_call(each, number) for each in abilities) else None


def can_call(abilities: OperatorAbilities, number: Number) -> bool:
    """Whether an operator places calls to such a number."""
    return abilities.click_to_call and (abilities.short_numbers or number.kind is NumberKind.E164)


def with_call_back(
    popup: Popup, last: CallBack | None, *, through: CallRoute, abilities: Sequence[OperatorAbilities]
) -> Popup:
    """The popup with what it says about calling back; ``last`` is the newest request made from it."""
    route = None
    if popup.number is not None and popup.state in _OVER:
        route = route_call(popup.number, through=through, abilities=abilities)
    if last is not None:
        return replace(popup, call_back=replace(last, route=None if last.going_on else route))
    return replace(popup, call_back=CallBack(route=route)) if route else popup
