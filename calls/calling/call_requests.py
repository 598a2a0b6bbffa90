"""A call that an employee has asked for: the states it goes through, which come after which, and what a card shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RequestState(StrEnum):
    """How far a request has come."""

    WANTED = "wanted"  # stored; the operator has not been asked
    ASKED = "asked"  # from just before the operator is asked; never asked again
    ACCEPTED = "accepted"
    RINGING_EMPLOYEE = "ringing_employee"
    EMPLOYEE_ANSWERED = "employee_answered"  # all that is known where an operator tells of their own phone alone
    RINGING_TARGET = "ringing_target"
    CONNECTED = "connected"
    ENDED = "ended"
    REFUSED = "refused"  # it was not placed, and the code says why
    UNKNOWN = "unknown"  # nobody can tell whether a telephone rings


# While one of these is true, the employee gets no second call. A conversation, or what may be one, is not among them:
# whether a phone in use may ring once more is for the operator to say, and an end that is never told must not lock
# anybody out.
UNDER_WAY = frozenset(
    {
        RequestState.WANTED,
        RequestState.ASKED,
        RequestState.ACCEPTED,
        RequestState.RINGING_EMPLOYEE,
        RequestState.RINGING_TARGET,
    }
)

UNANSWERED = UNDER_WAY - {RequestState.RINGING_TARGET}  # the employee has not picked up, as far as is known
TALKING = frozenset({RequestState.EMPLOYEE_ANSWERED, RequestState.CONNECTED})

# Codes beside those of :class:`calls.orders.CallRefusal` and :class:`calls.model.Outcome`.
NO_NEWS = "no_news"  # UNKNOWN: the operator took the order and has said nothing since
NOT_TAKEN = "not_taken"  # ENDED: the employee's own phone was not answered

_STEPS = (
    RequestState.WANTED,
    RequestState.ASKED,
    RequestState.UNKNOWN,  # what is heard afterwards tells more
    RequestState.ACCEPTED,
    RequestState.RINGING_EMPLOYEE,
    RequestState.EMPLOYEE_ANSWERED,
    RequestState.RINGING_TARGET,
    RequestState.CONNECTED,
    RequestState.ENDED,
    RequestState.REFUSED,
)


class CallRoute(StrEnum):
    """How a call is made for an employee."""

    OPERATOR = "operator"  # the operator rings their own phone first
    TEAMS = "teams"  # a link that their Teams opens


@dataclass(frozen=True, kw_only=True, slots=True)
class CallBack:
    """What a card says and offers about calling the number on it."""

    route: CallRoute | None  # what the button does; None: there is none
    made: int = 0  # how many calls were asked for here; part of the button, so that a double press is one press
    state: RequestState | None = None  # of the newest; None: none was asked for
    code: str | None = None
    talk_seconds: int | None = None  # of ENDED, when both ends of the conversation were told

    @property
    def going_on(self) -> bool:
        """Whether the newest is on its way or talked on: then there is no second one, and its end is yet to be told."""
        return self.state in UNDER_WAY or self.state in TALKING


def is_further(state: RequestState, code: str | None, *, than: RequestState, known: str | None) -> bool:
    """Whether news takes a request forward. News never takes it back: events and the operator's answer overtake each
    other. An end that says how it ended tells more than one that does not."""
    if state is than:
        return known is None and code is not None
    if state is RequestState.UNKNOWN:  # silence: whatever was believed is not known any more
        return than not in (RequestState.ENDED, RequestState.REFUSED)
    return _STEPS.index(state) > _STEPS.index(than)
