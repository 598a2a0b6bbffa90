"""The job behind a request to call: the operator is asked once, and whatever comes of it is stored.

A request is marked as asked before the operator is. Whoever dies in between leaves it so, and the sweep says after a
while that nobody knows; asking again could ring two telephones.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from calls import telemetry
from calls.calling.call_requests import NO_NEWS, RequestState, is_further
from calls.calling.request_rows import NUMBER, PHONE, SQL, note
from calls.errors import NeedsSignIn, OutsideError, Refused, Throttled, Transient
from calls.intake.settling import settle_again
from calls.jobs.queue import Bell, Task
from calls.model import Connection
from calls.numbers import parse_number
from calls.orders import Accepted, CallOrder, CallRefusal
from calls.ports import CallPlacer, Operator, Tools
from calls.store.database import DATABASE_AWAY, Database, Unit
from calls.store.tenants import read_connection, read_tenant
from calls.store.vault import Unsealable

log = logging.getLogger(__name__)

_TOO_LATE = timedelta(seconds=20)  # then nobody sits by the phone any more
_ASK_SECONDS = 8.0
_AGAIN_SECONDS = 0.5  # before the one more try of an order that certainly was not carried out; at most:
_LONGEST_WAIT = 3.0
_BELIEVED = timedelta(seconds=30)  # an operator that was asked and never answered
_NEWS = timedelta(seconds=120)  # an operator that took the order, and tells nothing of the call


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ready:
    """A request that is ours to place."""

    order: CallOrder
    connection: Connection
    placer: CallPlacer


class PlacingJob:
    """Places the call of one request, or says that it was never placed or that nobody knows."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        operators: Mapping[str, Operator],
        tools: Tools,
        now: Callable[[], datetime],
        *,
        ask_seconds: float = _ASK_SECONDS,
    ) -> None:
        self._database = database
        self._bell = bell
        self._operators = operators
        self._tools = tools
        self._now = now
        self._ask_seconds = ask_seconds

    async def __call__(self, task: Task) -> None:
        """``task.call_id`` is the request's id."""
        # Counted from before it is marked as asked: who stood still meanwhile and was given up rings no phone any more.
        until = asyncio.get_running_loop().time() + self._ask_seconds
        ready = await self._take(task)
        if ready is None:
            return
        state, code, ref = RequestState.UNKNOWN, None, None
        try:
            ref = (await self._place(ready, until)).call_ref
            state = RequestState.ACCEPTED
        except Refused as problem:
            state, code = RequestState.REFUSED, _known(problem.code)
        except NeedsSignIn:
            state, code = RequestState.REFUSED, CallRefusal.NOT_AUTHORISED.value
        except Throttled:
            state, code = RequestState.REFUSED, CallRefusal.RATE_LIMITED.value
        except Transient:
            state, code = RequestState.REFUSED, CallRefusal.OPERATOR_ERROR.value
        except (OutsideError, TimeoutError) as problem:
            log.warning("request %s: nobody knows what came of it (%s)", task.call_id, type(problem).__name__)
        except DATABASE_AWAY:
            raise
        except Exception as problem:
            log.error("request %s: %s in our own code", task.call_id, type(problem).__name__)  # noqa: TRY400
        telemetry.placed.add(1, {"outcome": code or state.value})
        await self._note_answer(task, ready.connection, state, code, ref)

    async def _place(self, ready: _Ready, until: float) -> Accepted:
        """Ask; once more after a moment when the first order certainly came to nothing."""
        try:
            return await self._ask(ready, until)
        except (Transient, Throttled) as problem:
            wait = problem.retry_after if isinstance(problem, Throttled) else None
            wait = _AGAIN_SECONDS if wait is None else wait
            if wait > _LONGEST_WAIT:
                raise
            await asyncio.sleep(wait)
            return await self._ask(ready, until + wait + self._ask_seconds)

    async def _ask(self, ready: _Ready, until: float) -> Accepted:
        now = asyncio.get_running_loop().time()
        if now >= until:
            raise Transient("no time left to ask")
        deadline = min(now + self._ask_seconds, until)
        async with asyncio.timeout_at(deadline + 0.5):  # one that keeps its deadline says itself what it knows
            return await ready.placer.place_call(ready.order, ready.connection, self._tools, deadline=deadline)

    async def _take(self, task: Task) -> _Ready | None:
        """Mark the request as asked, when it is still to be; else put an end to what has been waited for too long."""
        now = self._now()
        async with self._database.tenant(task.tenant_id) as unit:
            row = await unit.sql.fetchrow(SQL["lock_request"], task.call_id)
            if row is None:
                return None
            state, due = RequestState(row["state"]), row["due_at"] is not None and row["due_at"] <= now
            if state is not RequestState.WANTED:
                if due:
                    code = NO_NEWS if state is RequestState.ACCEPTED else None
                    await note(unit, self._bell, row, RequestState.UNKNOWN, code, now)
                return None
            if now - row["created_at"] > _TOO_LATE:
                await note(unit, self._bell, row, RequestState.REFUSED, CallRefusal.TOO_LATE.value, now)
                return None
            ready = await self._ready(unit, row)
            if ready is None:
                await note(unit, self._bell, row, RequestState.REFUSED, CallRefusal.NOT_SUPPORTED.value, now)
                return None
            await note(unit, self._bell, row, RequestState.ASKED, None, now, due=now + _BELIEVED)
            return ready

    async def _ready(self, unit: Unit, row: Any) -> _Ready | None:
        """None: the operator was switched off since, or its secrets do not open any more."""
        try:
            connection = await read_connection(unit, row["connection_id"])
        except Unsealable:
            return None
        operator = self._operators.get(connection.type) if connection else None
        tenant = await read_tenant(unit)
        if connection is None or operator is None or operator.call_placer is None or tenant is None:
            return None
        number, alias = unit.open_value("call line", PHONE, row["line_sealed"])
        shown = tenant.settings.company_number
        order = CallOrder(
            request_id=row["request_id"],
            employee_number=number,
            employee_alias=alias,
            target=unit.open_value("call target", NUMBER, row["target_sealed"]),
            shown_number=parse_number(shown, tenant.region) if shown else None,
        )
        return _Ready(order=order, connection=connection, placer=operator.call_placer)

    async def _note_answer(
        self, task: Task, connection: Connection, state: RequestState, code: str | None, ref: str | None
    ) -> None:
        """Store the operator's answer; its events may have told more by now."""
        now = self._now()
        async with self._database.tenant(task.tenant_id) as unit:
            refs = unit.hashes("call ref", ref) if ref else []
            known: UUID | None = None
            if refs:  # locked first, as an event locks
                known = await unit.sql.fetchval(SQL["lock_call_of_ref"], connection.connection_id, refs)
            row = await unit.sql.fetchrow(SQL["lock_request"], task.call_id)
            if row is None:
                return
            if refs:
                await unit.sql.execute(SQL["keep_ref"], task.call_id, refs[0])
            was = RequestState(row["state"])
            # Only what is not known better: an event says more than an answer that was lost, or a refusal after it.
            if was is RequestState.ASKED or (ref and is_further(state, code, than=was, known=row["code"])):
                due = now + _NEWS if state is RequestState.ACCEPTED else None
                await note(unit, self._bell, row, state, code, now, due=due)
            if known is not None:
                await settle_again(unit, self._bell, connection.connection_id, known, now)


def _known(code: str) -> str:
    """An operator's adapter speaks in our codes; anything else is its error."""
    return code if code in set(CallRefusal) else CallRefusal.OPERATOR_ERROR.value
