"""Calls that employees ask for: what an operator is told, and how it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from calls.numbers import Number


class CallRefusal(StrEnum):
    """Why a call was not placed: codes of ``Refused`` from :class:`calls.ports.CallPlacer`, and our own."""

    INVALID_NUMBER = "invalid_number"
    SAME_NUMBER = "same_number"
    EMPLOYEE_UNAVAILABLE = "employee_unavailable"
    TARGET_UNAVAILABLE = "target_unavailable"
    CALL_IN_PROGRESS = "call_in_progress"
    SHOWN_NUMBER_NOT_ALLOWED = "shown_number_not_allowed"
    NOT_SUPPORTED = "not_supported"
    NOT_AUTHORISED = "not_authorised"
    RATE_LIMITED = "rate_limited"
    OPERATOR_ERROR = "operator_error"
    EMERGENCY_NUMBER = "emergency_number"  # this and the rest are ours, never an operator's
    PREMIUM_NUMBER = "premium_number"
    NO_LINE = "no_line"  # the employee has no telephone that could ring
    REPEATED = "repeated"  # the same number again, seconds later
    TOO_LATE = "too_late"  # nobody got round to it in time; a call out of the blue helps nobody


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOrder:
    """A call that an employee has asked for, ready for their operator."""

    request_id: UUID  # ours; goes along where an operator takes a reference, and may come back as Event.request_ref
    employee_number: Number  # rings first
    employee_alias: str | None = None  # the operator's own name of that phone
    target: Number  # is called when the employee has answered
    shown_number: Number | None = None  # what the target sees; None: the operator's default


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The operator is placing the call."""

    call_ref: str | None = None  # the operator's id of the call, when it gives one
