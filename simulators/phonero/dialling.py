"""Calls by click-to-dial: the employee's own telephone rings first, and when they have picked up, the number does.

In the exchange it is a call to the employee's telephone; the customer is told of one call outwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulators.exchange.call import Call, RefusedError
from simulators.exchange.switch import Switch
from simulators.phonero.ledger import Ringing
from simulators.phonero.status import write_call, write_number, write_time

RESULTS = {
    "hangUp": "Answered",
    "calleeBusy": "Busy",
    "calleeNoAnswer": "NoAnswer",
    "callerAbandon": "Cancelled",
    "callerNoAnswer": "Rejected",
}
"""How an order ended that came through another door, in the words of this interface."""


@dataclass(kw_only=True, slots=True, eq=False)
class Dialled:
    """One call outwards."""

    call: Call  # to the employee's telephone
    target: str  # as ordered
    shown: str  # the callerId, as ordered
    answered: datetime | None = None  # by the number
    result: str | None = None


class Dialling:
    def __init__(self, switch: Switch, tell: Callable[[Call], None], answers_after: float | None) -> None:
        self._switch = switch
        self._tell = tell
        self._answers_after = answers_after
        self._dialled: dict[str, Dialled] = {}
        self._starting: tuple[str, str] | None = None
        self._timers: set[asyncio.TimerHandle] = set()

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def start(self, line: str, target: str, shown: str, now: datetime) -> Dialled:
        """Ring the employee. Raises RefusedError (409) when their telephone is busy."""
        self._starting = (target, shown)
        try:
            call = self._switch.place(target, line, None, now)
        finally:
            self._starting = None
        return self._dialled[call.id]

    def find(self, call: Call) -> Dialled | None:
        """The order that this call of the exchange belongs to."""
        return self._dialled.get(call.id)

    def note(self, kind: str, call: Call) -> None:
        """What the exchange tells: the employee picks up, or hangs up."""
        if self._starting is not None and kind == "newCall":
            target, shown = self._starting
            self._dialled[call.id] = Dialled(call=call, target=target, shown=shown)
        dialled = self._dialled.get(call.id)
        if dialled is None:
            return
        if kind == "answer" and self._answers_after is not None:
            loop = asyncio.get_running_loop()
            self._timers.add(loop.call_later(self._answers_after, self._answer_by_itself, dialled))
        if kind == "hangup" and dialled.result is None:
            dialled.result = "Answered" if dialled.answered else "Cancelled" if call.answered else None

    def target_does(self, call_id: str, what: str, now: datetime) -> None:
        """The number answers, is busy, or hangs up. Raises RefusedError."""
        dialled = self._dialled.get(call_id)
        if dialled is None:
            raise RefusedError(404, "no such call")
        if dialled.call.state != "answered" or (what == "answer" and dialled.answered):
            raise RefusedError(409, "the number does not ring")
        if what == "answer":
            dialled.answered = now
            self._tell(dialled.call)
        elif what in {"busy", "hangup"}:
            dialled.result = "Busy" if what == "busy" else "Answered" if dialled.answered else "Rejected"
            self._switch.hang_up(dialled.call, None, now)
        else:
            raise RefusedError(400, "does: answer, busy or hangup")

    def write(self, dialled: Dialled, rung: list[Ringing], country_code: str) -> dict[str, Any]:
        """The status as the customer gets it: the call is the employee's, and answered when the number has."""
        call = dialled.call
        body = write_call(call, rung, country_code, passed_on=False)
        own = write_number(call.to, country_code)
        state = "ENDED" if call.state == "ended" else "ANSWERED" if dialled.answered else "RINGING"
        return body | {
            "direction": "OUT",
            "callingParty": own,
            "callingPartyHidden": False,
            "calledParty": dialled.target,
            "status": state,
            "answerDate": write_time(dialled.answered),
            "answeredBy": None,
            "callResult": (dialled.result or body["callResult"]) if state == "ENDED" else None,
        }

    def _answer_by_itself(self, dialled: Dialled) -> None:
        if dialled.call.state == "answered" and dialled.answered is None:
            self.target_does(dialled.call.id, "answer", datetime.now(UTC))
