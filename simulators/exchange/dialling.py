"""Calls that the exchange sets up for an employee: their own phone first, and when they have picked up, the other side.

States and reasons are CAMARA Click to Dial's (https://github.com/camaraproject/ClickToDial). What the customer is told
of it as events is not part of that API: here the call to the employee's phone comes in like any other, and the call
to the other side goes out with a ``callId`` of its own; the world says which of the two are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from simulators.exchange.bodies import write_outgoing_form, write_outgoing_json
from simulators.exchange.courier import Event
from simulators.exchange.numbers import to_digits
from simulators.exchange.switch import Call, RefusedError, Switch
from simulators.exchange.world import Answering, ClickToDialWorld, ExchangeWorld, Line


@dataclass(kw_only=True, slots=True, eq=False)
class Session:
    """One order, from the first phone to the last."""

    id: str
    line: Line
    caller: str  # E.164, as ordered
    callee: str
    created: datetime
    state: str = "initiating"
    reason: str | None = None
    first: Call | None = None  # to the employee
    second: Call | None = None  # to the other side


class Dialling:
    """``post`` takes what the customer is told; ``changed`` is told of the first call when only the second moved."""

    def __init__(
        self,
        world: ExchangeWorld,
        switch: Switch,
        post: Callable[[Event], None],
        changed: Callable[[Call], None],
    ) -> None:
        self._world = world
        self._rules = world.click_to_dial or ClickToDialWorld(token="none")
        self._switch = switch
        self._post = post
        self._changed = changed
        self._starting: Session | None = None
        self._sessions: dict[str, Session] = {}
        self._timers: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[Call], None]] = []

    def listen(self, told: Callable[[Call], None]) -> None:
        """``told`` hears, with the call to the employee, when the other side has answered."""
        self._listeners.append(told)

    async def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)

    def line(self, number: str) -> Line | None:
        return next((line for line in self._world.lines if self._same(line.number, number)), None)

    def find(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def is_calling(self, line: Line, callee: str) -> bool:
        """Whether this pair is being connected already."""
        active = (each for each in self._sessions.values() if each.state not in {"disconnected", "failed"})
        return any(each.line is line and self._same(each.callee, callee) for each in active)

    def show(self, call: Call) -> dict[str, str | None] | None:
        """The same as the page wants it."""
        session = self.order_of(call)
        if session is None:
            return None
        return {"callee": session.callee, "state": session.state, "reason": session.reason}

    def order_of(self, call: Call) -> Session | None:
        """The order that has made this call to an employee's phone; None: somebody calls."""
        known = (each for each in (self._starting, *self._sessions.values()) if each is not None)
        return next((each for each in known if each.first is call), None)

    def start(self, line: Line, caller: str, callee: str) -> Session:
        """Ring the employee. Raises RefusedError 409 when their phone is busy."""
        if any(line in call.lines() for call in self._switch.calls()):
            raise RefusedError(409, "busy")  # not forwarded: the order names this telephone
        session = Session(id="", line=line, caller=caller, callee=callee, created=_now())
        self._starting = session
        try:
            first = self._switch.place(self._rules.rings_from or callee, line.number, None, _now())
        finally:
            self._starting = None
        session.id = first.id
        self._sessions[session.id] = session
        return session

    def stop(self, session: Session) -> None:
        if session.first is not None and session.first.state != "ended":
            self._switch.hang_up(session.first, None, _now())

    def follow(self, kind: str, call: Call) -> bool:
        """The switch did something; whether the customer is told of it."""
        if self._starting is not None and kind == "newCall":
            self._starting.first, self._starting.state = call, "callingCaller"
            return self._rules.echo != "outbound"
        session = next((each for each in self._sessions.values() if each.first is call), None)
        if session is None:
            return True
        if kind == "answer":
            self._call_the_other(session)
        elif kind == "hangup":
            self._hung_up(session, call)
        return self._rules.echo != "outbound"

    def other_does(self, session: Session, what: str) -> None:
        """The other side answers, is busy, does not answer, or hangs up. Raises RefusedError."""
        second = session.second
        if second is None or second.state == "ended" or (what == "hangup") != (second.state == "answered"):
            raise RefusedError(409, f"the other side cannot {what} now")
        if what == "answer":
            second.state, second.answered, session.state = "answered", _now(), "connected"
            self._tell(session, "answer", second)
            if session.first is not None:
                self._changed(session.first)
                for told in self._listeners:
                    told(session.first)
            return
        reasons = {"busy": "calleeBusy", "no_answer": "calleeNoAnswer", "hangup": "hangUp"}
        causes = {"busy": "busy", "no_answer": "cancel", "hangup": "normalClearing"}
        if what not in reasons:
            raise RefusedError(400, "does: answer, busy, no_answer or hangup")
        self._end(session, "disconnected", reasons[what])
        self._end_second(session, causes[what])
        self.stop(session)

    def _call_the_other(self, session: Session) -> None:
        session.state = "callingCallee"
        first = session.first
        same = self._rules.echo == "outbound"  # the one call the customer hears of is the one the API has named
        session.second = Call(
            id=session.id if same else uuid.uuid4().hex,
            xcid=uuid.uuid4().hex[:16],
            caller=session.line.number,
            to=session.callee,
            ringing=[],
            started=_now(),
            parent=None if same else first,
        )
        self._tell(session, "newCall", session.second)
        known = (each for each in self._rules.people if self._same(each.number, session.callee))
        who = next(known, Answering(number=session.callee))
        if who.does != "wait":
            self._later(who.after, lambda: self._act(session, who.does))

    async def _act(self, session: Session, what: str) -> None:
        with contextlib.suppress(RefusedError):  # the employee was faster
            self.other_does(session, what)

    def _hung_up(self, session: Session, first: Call) -> None:
        """The employee's phone is on the hook again."""
        if session.state not in {"disconnected", "failed"}:
            taken = first.answered is not None
            rejected = "callerNoAnswer" if first.cause == "noAnswer" else "callerAbandon"
            self._end(session, "disconnected" if taken else "failed", "hangUp" if taken else rejected)
        self._end_second(session, "normalClearing" if session.second and session.second.answered else "cancel")

    def _end(self, session: Session, state: str, reason: str) -> None:
        session.state, session.reason = state, reason

    def _end_second(self, session: Session, cause: str) -> None:
        second = session.second
        if second is not None and second.state != "ended":
            second.state, second.cause, second.ended = "ended", cause, _now()
            self._tell(session, "hangup", second)

    def _tell(self, session: Session, kind: str, call: Call) -> None:
        if self._rules.echo != "inbound":
            form, json = (write(kind, call, self._world, session.line) for write in _WRITERS)
            self._post(Event(call=call.id, kind=kind, form=form, json=json))

    def _later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            await act()

        timer = asyncio.create_task(wait())
        self._timers.add(timer)
        timer.add_done_callback(self._timers.discard)

    def _same(self, number: str, other: str) -> bool:
        code = self._world.country_code
        return to_digits(number, code) == to_digits(other, code)


_WRITERS = (write_outgoing_form, write_outgoing_json)


def _now() -> datetime:
    return datetime.now(UTC)
