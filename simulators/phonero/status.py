"""The body of a ``callStatus`` message: INVENTED, because no public source shows one (README.md).

Numbers of eight digits and zone-less Norwegian times with the year 1 for "not yet" are what other interfaces of the
platform are seen to use; every name but those of the envelope's subscription is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulators.exchange.call import Call
from simulators.exchange.numbers import to_digits
from simulators.phonero.ledger import Ringing

NEVER = "0001-01-01T00:00:00"
_OSLO = ZoneInfo("Europe/Oslo")
_STATES = {"ringing": "RINGING", "answered": "ANSWERED", "ended": "ENDED"}
_RESULTS = {
    "busy": "Busy",
    "cancel": "Cancelled",
    "noAnswer": "Rejected",
    "congestion": "NoAnswer",
    "notFound": "Unreachable",
    "forwarded": "Forwarded",
}


def write_number(number: str, country_code: str) -> str:
    digits = to_digits(number, country_code)
    if digits.startswith(country_code) and len(digits) == len(country_code) + 8:
        return digits[len(country_code) :]
    return digits if len(digits) <= 8 else f"00{digits}"


def write_time(at: datetime | None) -> str:
    return NEVER if at is None else at.astimezone(_OSLO).replace(tzinfo=None).isoformat(timespec="milliseconds")


def write_call(call: Call, rung: Sequence[Ringing], country_code: str, *, passed_on: bool) -> dict[str, Any]:
    """``passed_on``: another call has taken this one's caller over."""
    diverted = write_number(call.diversion, country_code) if call.diversion else None
    forwarded = call.parent is not None and call.parent.cause == "forwarded"
    queue = call.group if call.queue else None
    by = call.answered_by
    return {
        "callId": call.id,
        "linkedCallId": call.parent.id if call.parent else None,
        "direction": "IN" if call.dialled_by is None else "INTERNAL",
        "status": _STATES[call.state],
        "callingParty": write_number(call.caller, country_code) if call.caller else None,
        "callingPartyHidden": call.caller is None,
        "calledParty": write_number(call.to, country_code),
        "queueId": int(to_digits(queue.number, country_code)[-4:]) if queue else None,
        "queueName": queue.name if queue else None,
        "queueNumber": write_number(queue.number, country_code) if queue else None,
        "divertedBy": diverted if forwarded else None,
        "transferredBy": None if forwarded else diverted,
        "startDate": write_time(call.started),
        "answerDate": write_time(call.answered),
        "endDate": write_time(call.ended),
        "answeredBy": {"number": write_number(by.number, country_code), "user": by.alias} if by else None,
        "callResult": _result(call, passed_on=passed_on),
        "phones": [write_phone(each, country_code) for each in rung],
    }


def write_phone(ringing: Ringing, country_code: str) -> dict[str, Any]:
    return {
        "number": write_number(ringing.line.number, country_code),
        "user": ringing.line.alias,
        "name": ringing.line.name,
        "status": "CONNECTED" if ringing.connected else "ENDED" if ringing.ended else "RINGING",
        "attempt": ringing.attempt,
        "ringDate": write_time(ringing.rang),
        "endDate": write_time(ringing.ended),
        "callResult": ringing.result,
    }


def _result(call: Call, *, passed_on: bool) -> str | None:
    if call.state != "ended":
        return None
    if call.answered is not None:
        return "Transferred" if passed_on else "Answered"
    return _RESULTS.get(call.cause or "", "Failed")
