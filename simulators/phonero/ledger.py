"""What happened to every telephone of a call: the exchange itself remembers only what rings now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulators.exchange.call import Call
from simulators.exchange.world import Line

KEPT = 1000
"""Calls remembered, the newest."""

_WHY_STOPPED = {"reject": "Rejected", "noReply": "NoAnswer", "answer": "AnsweredElsewhere"}


@dataclass(kw_only=True, slots=True, eq=False)
class Ringing:
    """One ringing of one telephone."""

    line: Line
    attempt: int  # of this telephone in this call, counted from 1
    rang: datetime
    ended: datetime | None = None
    connected: bool = False
    result: str | None = None


class Ledger:
    """Told what the exchange tells, in the same order."""

    def __init__(self) -> None:
        self._calls: dict[str, list[Ringing]] = {}

    def of(self, call: Call) -> list[Ringing]:
        return self._calls.get(call.id, [])

    def note(self, kind: str, call: Call, now: datetime) -> None:
        rung = self._calls.setdefault(call.id, [])
        for known in rung:
            if known.ended is None and not known.connected:
                self._follow(known, kind, call, now)
            elif known.connected and call.state == "ended":
                known.connected, known.ended, known.result = False, now, "Answered"
        for line in call.ringing:
            if not any(known.line is line and known.ended is None for known in rung):
                attempt = 1 + sum(known.line is line for known in rung)
                rung.append(Ringing(line=line, attempt=attempt, rang=now))
        for old in list(self._calls)[: max(0, len(self._calls) - KEPT)]:
            del self._calls[old]

    def _follow(self, known: Ringing, kind: str, call: Call, now: datetime) -> None:
        if known.line in call.ringing:
            return
        if call.answered_by is known.line and call.state == "answered":
            known.connected = True
            return
        known.ended = now
        known.result = _WHY_STOPPED.get(kind)
        if kind == "answer" and call.answered_by is None:
            known.result = None  # it may have been this one
        if kind == "hangup" and call.cause == "noAnswer":
            known.result = "Rejected"
