"""The exchange itself: which line rings, who answered, why a call ended. No I/O; time is an argument.

Hang-up causes as sipgate defines them (https://developer.sipgate.io/push-api/api-reference/): ``noAnswer`` is a called
party that rejected, ``busy`` one that was busy, ``cancel`` a caller who gave up, ``normalClearing`` an ordinary end.
Transfers and forwards are new calls (https://developer.sipgate.io/push-api/faq/).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators.exchange.numbers import HIDDEN, to_digits
from simulators.exchange.world import ExchangeWorld, Line, Queue

CAUSES = ("normalClearing", "busy", "cancel", "noAnswer", "congestion", "notFound", "forwarded")
KEPT = 1000
"""Ended calls remembered, the newest."""


class RefusedError(Exception):
    """The exchange cannot do that; ``status`` is the HTTP status that says it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(kw_only=True, slots=True, eq=False)
class Call:
    """One call. Numbers are as the world writes them; events carry sipgate's form."""

    id: str
    xcid: str  # the operator's second id of the same call
    caller: str | None  # None: withheld
    to: str  # the number that was dialled: a line's or a queue's
    queue: str | None = None
    state: str = "ringing"  # then "answered", then "ended"
    ringing: list[Line]
    answered_by: Line | None = None
    cause: str | None = None
    started: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    parent: Call | None = field(default=None, repr=False)  # the call this one was transferred or forwarded from
    diversion: str | None = None  # the number that passed it on

    @property
    def original_id(self) -> str:
        return self.parent.original_id if self.parent else self.id

    def lines(self) -> list[Line]:
        """Lines that are not free because of this call."""
        return [*self.ringing, *([self.answered_by] if self.answered_by and self.state != "ended" else [])]

    def show(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "from": self.caller,
            "to": self.to,
            "queue": self.queue,
            "state": self.state,
            "ringing": [line.number for line in self.ringing],
            "answered_by": self.answered_by.number if self.answered_by else None,
            "cause": self.cause,
            "started": self.started.isoformat(),
            "answered": self.answered.isoformat() if self.answered else None,
            "ended": self.ended.isoformat() if self.ended else None,
            "parent": self.parent.id if self.parent else None,
        }


Listener = Callable[[str, Call], None]
"""Told "newCall", "answer", "reject" or "hangup" with the call, in the order things happen."""


class Switch:
    def __init__(self, world: ExchangeWorld, tell: Listener) -> None:
        self.world = world
        self._tell = tell
        self._calls: dict[str, Call] = {}

    def show(self) -> list[dict[str, Any]]:
        return [call.show() for call in self._calls.values()]

    def find(self, call_id: str) -> Call:
        call = self._calls.get(call_id)
        if call is None:
            raise RefusedError(404, "no such call")
        return call

    def place(self, caller: str | None, to: str | None, queue: str | None, now: datetime) -> Call:
        """A call comes in. A queue rings every free member at once; ``to`` is then one that must be among them."""
        number = self._read_caller(caller)
        line = self._find_line(to) if to else None
        target = self._find_queue(queue or to or "")
        if queue and target is None:
            raise RefusedError(400, "queue: no such queue")
        if target is not None:
            rung = self._free(target)
            if queue and to and line is None and not self._same(to, target.number):
                raise RefusedError(400, "to: no such line")
            if line is not None and line.number not in target.members:
                raise RefusedError(400, "to: not a member of that queue")
            if not rung or (line is not None and line not in rung):
                raise RefusedError(409, "busy")
            return self._start(caller=number, to=target.number, queue=target.name, ringing=rung, started=now)
        if line is None:
            raise RefusedError(400, "to: no such line or queue")
        self._need_free(line)
        return self._start(caller=number, to=line.number, ringing=[line], started=now)

    def answer(self, call: Call, by: str | None, now: datetime) -> None:
        """One takes it, the others stop ringing. ``by`` None: the operator does not know who (of several)."""
        self._need(call, "ringing")
        line = self._find_ringing(call, by) if by else None
        if line is None and len(call.ringing) == 1:
            line = call.ringing[0]
        call.state, call.answered_by, call.ringing, call.answered = "answered", line, [], now
        self._tell("answer", call)
        if call.parent is not None and call.parent.state == "answered":
            # A transfer is complete: the first call's hangup comes after the second one's answer.
            self._end(call.parent, "normalClearing", now)

    def reject(self, call: Call, by: str | None, now: datetime) -> None:
        """One declines. The operator says nothing about it as long as another still rings."""
        self._need(call, "ringing")
        line = self._find_ringing(call, by) if by else call.ringing[0]
        if not by and len(call.ringing) > 1:
            raise RefusedError(400, "by: needs the line that declines")
        call.ringing.remove(line)
        if call.ringing:
            self._tell("reject", call)
        else:
            self._end(call, "noAnswer", now)

    def hang_up(self, call: Call, cause: str | None, now: datetime) -> None:
        if call.state == "ended":
            raise RefusedError(409, "the call has ended")
        if cause is not None and cause not in CAUSES:
            raise RefusedError(400, f"cause: one of {', '.join(CAUSES)}")
        self._end(call, cause or ("cancel" if call.state == "ringing" else "normalClearing"), now)

    def forward(self, call: Call, to: str, now: datetime) -> Call:
        """Passed on before anybody answered: hangup with cause forwarded, then a new call."""
        self._need(call, "ringing")
        line, diverted = self._read_line(to), call.to
        self._need_free(line)
        self._end(call, "forwarded", now)
        return self._pass_on(call, line, diverted, now)

    def transfer(self, call: Call, to: str, now: datetime) -> Call:
        """Passed on by the one who answered: a new call rings; the first ends when the new one is answered."""
        self._need(call, "answered")
        line = self._read_line(to)
        self._need_free(line)
        return self._pass_on(call, line, call.answered_by.number if call.answered_by else call.to, now)

    def _pass_on(self, call: Call, line: Line, diverted: str, now: datetime) -> Call:
        return self._start(
            caller=call.caller, to=line.number, ringing=[line], started=now, parent=call, diversion=diverted
        )

    def _start(self, **given: Any) -> Call:
        call = Call(id=uuid.uuid4().hex, xcid=uuid.uuid4().hex[:16], **given)
        self._calls[call.id] = call
        ended = [known for known in self._calls.values() if known.state == "ended"]
        for old in ended[: max(0, len(ended) - KEPT)]:
            del self._calls[old.id]
        self._tell("newCall", call)
        return call

    def _end(self, call: Call, cause: str, now: datetime) -> None:
        call.state, call.cause, call.ringing, call.ended = "ended", cause, [], now
        self._tell("hangup", call)

    def _free(self, queue: Queue) -> list[Line]:
        taken = self._taken()
        return [line for line in self.world.lines if line.number in queue.members and line.number not in taken]

    def _taken(self) -> set[str]:
        return {line.number for call in self._calls.values() for line in call.lines()}

    def _need_free(self, line: Line) -> None:
        if line.number in self._taken():
            raise RefusedError(409, "busy")

    def _need(self, call: Call, state: str) -> None:
        if call.state != state:
            raise RefusedError(409, f"the call is not {state} but {call.state}")

    def _read_caller(self, caller: str | None) -> str | None:
        if caller is None or caller == HIDDEN:
            return None
        try:
            to_digits(caller, self.world.country_code)
        except ValueError:
            raise RefusedError(400, "from: not a telephone number") from None
        return caller

    def _read_line(self, number: str) -> Line:
        line = self._find_line(number)
        if line is None:
            raise RefusedError(400, "to: no such line")
        return line

    def _find_line(self, number: str) -> Line | None:
        return next((line for line in self.world.lines if self._same(number, line.number)), None)

    def _find_ringing(self, call: Call, number: str) -> Line:
        line = self._find_line(number)
        if line is None or line not in call.ringing:
            raise RefusedError(409, "by: that line is not ringing")
        return line

    def _find_queue(self, name: str) -> Queue | None:
        queues = self.world.queues
        return next((q for q in queues if q.name.casefold() == name.casefold() or self._same(name, q.number)), None)

    def _same(self, number: str, other: str) -> bool:
        code = self.world.country_code
        try:
            return to_digits(number, code) == to_digits(other, code)
        except ValueError:
            return False
