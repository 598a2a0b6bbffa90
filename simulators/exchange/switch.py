"""The exchange itself: which line rings, who answered, why a call ended. No I/O; time is an argument.

Hang-up causes as sipgate defines them (https://developer.sipgate.io/push-api/api-reference/): ``noAnswer`` is a called
party that rejected, ``busy`` one that was busy, ``cancel`` a caller who gave up, ``congestion`` one that could not be
reached, ``normalClearing`` an ordinary end. Transfers and forwards are new calls
(https://developer.sipgate.io/push-api/faq/).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from simulators.exchange import hunting
from simulators.exchange.call import CAUSES, Call, Listener, RefusedError
from simulators.exchange.plan import NumberPlan
from simulators.exchange.world import ExchangeWorld, Group, Line, Queue

__all__ = ["CAUSES", "WHEN_BUSY", "Call", "Listener", "RefusedError", "Switch"]

KEPT = 1000
"""Ended calls remembered, the newest."""
WHEN_BUSY = ("refuse", "tell", "knock")


class Switch:
    def __init__(self, world: ExchangeWorld, tell: Listener) -> None:
        self.world = world
        self.plan = NumberPlan(world)
        self.busy_forwards = {line.number: line.busy_forward for line in world.lines}
        self._listeners = [tell]
        self._calls: dict[str, Call] = {}

    def listen(self, listener: Listener) -> None:
        """Another one to tell, after those that are there."""
        self._listeners.append(listener)

    def calls(self) -> list[Call]:
        """All that are remembered, the oldest first."""
        return list(self._calls.values())

    def show(self) -> list[dict[str, Any]]:
        return [call.show() for call in self._calls.values()]

    def find(self, call_id: str) -> Call:
        call = self._calls.get(call_id)
        if call is None:
            raise RefusedError(404, "no such call")
        return call

    def place(
        self, caller: str | None, to: str | None, queue: str | None, now: datetime, *, when_busy: str = "refuse"
    ) -> Call:
        """A call comes in, or a colleague makes one. A queue's ``to`` is a member who must ring (a hunt begins there).

        A busy line forwards when it has been told to; the forwarded call is what is returned. Otherwise ``when_busy``
        decides: ``refuse`` (nothing has happened), ``tell`` (the caller hears the tone, and the operator tells that)
        or ``knock`` (it rings beside the call that is there, as telephones with call waiting do).
        """
        number = self.plan.read_caller(caller)
        dialled_by = self.plan.find_line(number)
        line = self.plan.find_line(to)
        group = self.plan.find_group(queue or to or "")
        if queue and not isinstance(group, Queue):
            raise RefusedError(400, "queue: no such queue")
        if dialled_by is not None:
            self._need_free(dialled_by)
        given: dict[str, Any] = {"caller": number, "dialled_by": dialled_by, "started": now}
        if group is not None:
            return self._ring_group(group, self._first_of(group, to, line, queue), when_busy, given)
        if line is None:
            raise RefusedError(400, "to: no such line or queue")
        if line is dialled_by:
            raise RefusedError(400, "to: that line is calling")
        if when_busy == "knock" or self._is_free(line):
            return self._start(to=line.number, ringing=[line], **given)
        return self._meet_busy(line, when_busy, given)

    def answer(self, call: Call, by: str | None, now: datetime) -> None:
        """One takes it, the others stop ringing. ``by`` None: the operator does not know who (of several)."""
        self._need(call, "ringing")
        line = self._find_ringing(call, by) if by else None
        if line is None and len(call.ringing) == 1:
            line = call.ringing[0]
        call.state, call.answered_by, call.ringing, call.answered = "answered", line, [], now
        call.rings_until = None
        self._tell("answer", call)
        if call.parent is not None and call.parent.state == "answered":
            # A transfer is complete: the first call's hangup comes after the second one's answer.
            self._end(call.parent, "normalClearing", now)

    def reject(self, call: Call, by: str | None, now: datetime) -> None:
        """One declines. The operator says nothing about it as long as another still rings, or the next one does."""
        self._need(call, "ringing")
        line = self._find_ringing(call, by) if by else call.ringing[0]
        if not by and len(call.ringing) > 1:
            raise RefusedError(400, "by: needs the line that declines")
        call.ringing.remove(line)
        following = [] if call.ringing else self._following(call)
        if call.ringing or following:
            self._tell("reject", call)
            self._go_on(call, following, now)
        else:
            self._end(call, "noAnswer", now)

    def move_on(self, call: Call, now: datetime) -> None:
        """The ring time of a group is over: the next member, the next round, or the exchange gives up."""
        self._need(call, "ringing")
        if call.group is None:
            raise RefusedError(409, "no queue or shared number is ringing")
        call.ringing = []
        following = self._following(call)
        if following:
            self._tell("noReply", call)
            self._go_on(call, following, now)
        else:
            self._end(call, "congestion", now)

    def next_due(self) -> datetime | None:
        """When a ring time is over next."""
        return min((call.rings_until for call in self._calls.values() if call.rings_until), default=None)

    def advance(self, now: datetime) -> None:
        """Let every group whose ring time is over go on."""
        for call in self.calls():
            if call.rings_until is not None and call.rings_until <= now:
                self.move_on(call, now)

    def hang_up(self, call: Call, cause: str | None, now: datetime) -> None:
        """The call is over. Of a call that is being passed on the caller has gone: the second telephone stops too."""
        if call.state == "ended":
            raise RefusedError(409, "the call has ended")
        if cause is not None and cause not in CAUSES:
            raise RefusedError(400, f"cause: one of {', '.join(CAUSES)}")
        for other in self.calls():
            if other.parent is call and other.state == "ringing":
                self._end(other, "cancel", now)
        self._end(call, cause or ("cancel" if call.state == "ringing" else "normalClearing"), now)

    def forward(self, call: Call, to: str, now: datetime) -> Call:
        """Passed on before anybody answered: hangup with cause forwarded, then a new call."""
        self._need(call, "ringing")
        line = self.plan.read_line(to)
        diverted = call.ringing[0].number if len(call.ringing) == 1 else call.to
        self._need_free(line)
        self._end(call, "forwarded", now)
        return self._pass_on(call, line, diverted, now)

    def transfer(self, call: Call, to: str, now: datetime) -> Call:
        """Passed on blindly by the one who answered: a new call rings; the first ends when the new one is answered."""
        self._need(call, "answered")
        line = self.plan.read_line(to)
        self._need_free(line)
        self._need_alone(call)
        return self._pass_on(call, line, call.answered_by.number if call.answered_by else call.to, now)

    def take_back(self, call: Call, now: datetime) -> None:
        """Nobody picks up what was transferred: it stops ringing, and the first call goes on as it was."""
        self._need(call, "ringing")
        if call.parent is None or call.parent.state != "answered":
            raise RefusedError(409, "there is nobody to go back to")
        self._end(call, "cancel", now)

    def consult(self, call: Call, to: str, now: datetime) -> Call:
        """The one who answered asks a colleague first, in an internal call; the caller waits in the first one."""
        self._need(call, "answered")
        if call.answered_by is None:
            raise RefusedError(409, "the exchange does not know who answered")
        line = self.plan.read_line(to)
        self._need_free(line)
        self._need_alone(call)
        asker = call.answered_by
        return self._start(
            caller=asker.number, dialled_by=asker, to=line.number, ringing=[line], started=now, consults=call
        )

    def join(self, call: Call, now: datetime) -> Call:
        """A consultation becomes a transfer: a new call with the waiting caller, which the colleague is in at once.

        When the colleague has not picked up yet, the new call rings there, as after a blind transfer.
        """
        first = call.consults
        if first is None or first.state != "answered" or call.state == "ended" or call.dialled_by is None:
            raise RefusedError(409, "no consultation")
        line, asker, picked_up = self.plan.read_line(call.to), call.dialled_by, call.state == "answered"
        if not picked_up:
            self._end(call, "cancel", now)
        passed = self._pass_on(first, line, asker.number, now)
        if picked_up:
            self.answer(passed, line.number, now)
            self._end(call, "normalClearing", now)
        return passed

    def _meet_busy(self, line: Line, when_busy: str, given: dict[str, Any]) -> Call:
        now, further = given["started"], self.plan.find_line(self.busy_forwards[line.number])
        if further is not None and self._is_free(further) and further is not given["dialled_by"]:
            first = self._start(to=line.number, ringing=[line], **given)
            self._end(first, "forwarded", now)
            return self._pass_on(first, further, line.number, now)
        if when_busy != "tell":
            raise RefusedError(409, "busy")
        call = self._start(to=line.number, ringing=[line], **given)
        self._end(call, "busy", now)
        return call

    def _ring_group(self, group: Group, first: Line | None, when_busy: str, given: dict[str, Any]) -> Call:
        members = [line for line in self.plan.members(group) if line is not given["dialled_by"]]
        able = members if when_busy == "knock" else [line for line in members if self._is_free(line)]
        if not able or (first is not None and first not in able):
            raise RefusedError(409, "busy")
        ringing, skipped = hunting.begin(group, members, able, first)
        queue = group.name if isinstance(group, Queue) else None
        return self._start(to=group.number, queue=queue, group=group, ringing=ringing, tried=members[:skipped], **given)

    def _first_of(self, group: Group, to: str | None, line: Line | None, queue: str | None) -> Line | None:
        if queue and to and line is None and not self.plan.same(to, group.number):
            raise RefusedError(400, "to: no such line")
        if line is not None and line not in self.plan.members(group):
            raise RefusedError(400, "to: not a member of that queue")
        return line

    def _following(self, call: Call) -> list[Line]:
        return hunting.go_on(call, [line for line in self.plan.members(call.group) if self._is_free(line)])

    def _go_on(self, call: Call, following: list[Line], now: datetime) -> None:
        if following:
            call.ringing = list(following)
            self._ring(call, now)

    def _pass_on(self, call: Call, line: Line, diverted: str, now: datetime) -> Call:
        given = {"caller": call.caller, "dialled_by": call.dialled_by, "parent": call, "diversion": diverted}
        return self._start(to=line.number, ringing=[line], started=now, **given)

    def _start(self, **given: Any) -> Call:
        call = Call(id=uuid.uuid4().hex, xcid=uuid.uuid4().hex[:16], **given)
        self._calls[call.id] = call
        ended = [known for known in self._calls.values() if known.state == "ended"]
        for old in ended[: max(0, len(ended) - KEPT)]:
            del self._calls[old.id]
        self._ring(call, call.started)
        return call

    def _ring(self, call: Call, now: datetime) -> None:
        call.rang += [line for line in call.ringing if line not in call.rang]
        call.tried += call.ringing
        if call.group is not None and call.group.ring_seconds is not None:
            call.rings_until = now + timedelta(seconds=call.group.ring_seconds)
        self._tell("newCall", call)

    def _end(self, call: Call, cause: str, now: datetime) -> None:
        call.state, call.cause, call.ringing, call.ended = "ended", cause, [], now
        call.rings_until = None
        self._tell("hangup", call)

    def _tell(self, kind: str, call: Call) -> None:
        for listener in self._listeners:
            listener(kind, call)

    def _is_free(self, line: Line) -> bool:
        return not any(line in call.lines() for call in self._calls.values())

    def _need_free(self, line: Line) -> None:
        if not self._is_free(line):
            raise RefusedError(409, "busy")

    def _need(self, call: Call, state: str) -> None:
        if call.state != state:
            raise RefusedError(409, f"the call is not {state} but {call.state}")

    def _need_alone(self, call: Call) -> None:
        """A call that is being passed on already cannot be passed on once more."""
        if any((other.parent is call or other.consults is call) and other.state != "ended" for other in self.calls()):
            raise RefusedError(409, "the call is being passed on")

    def _find_ringing(self, call: Call, number: str) -> Line:
        line = self.plan.find_line(number)
        if line is None or line not in call.ringing:
            raise RefusedError(409, "by: that line is not ringing")
        return line
