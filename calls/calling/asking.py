"""Taking in an employee's wish to call somebody: checked, stored, and rung for. The operator is asked by a job.

Every request has a card that says how far it has come. One that is asked for on a call's card is told there. Any other
gets a card of its own, and therefore a call of its own: the one that we have placed (CallState.PLACED).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from calls.callers.lookup import Lookup
from calls.calling.call_requests import UNDER_WAY, CallRoute
from calls.calling.dialling import refusal_of
from calls.calling.own_calls import open_placed
from calls.calling.phones import Phone, phones_touched, pick_phone, read_phones
from calls.calling.placed import placed_event
from calls.calling.request_rows import NUMBER, PHONE, SQL
from calls.calling.routing import calls_through, can_call
from calls.intake.events import read_events
from calls.jobs.queue import Bell
from calls.model import Connection
from calls.numbers import Number
from calls.orders import CallRefusal
from calls.popups.scene import read_scene
from calls.popups.wishes import CallGone, Granted, Press, adopt, answer, own_popup
from calls.ports import Operator
from calls.store.database import Database, Unit
from calls.store.tenants import Employee, Tenant, read_employee, read_operators, read_tenant

_REPEATED = timedelta(seconds=5)  # the same number again within this is a slip of the finger
_SWEEP_AFTER = timedelta(seconds=3)


class NotPlaced(Exception):
    """The wish is not granted, and nothing was stored."""

    def __init__(self, code: CallRefusal) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """Who wants to call whom. Their row is locked: one wish of an employee after another."""

    unit: Unit
    tenant: Tenant
    employee: Employee
    target: Number
    now: datetime
    touched: frozenset[str] = frozenset()  # the employee's phones that the call they answer to has touched
    known: Lookup | None = None  # what a former call has found out about the number
    forgotten: bool = False  # that call's names are


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """How a wish is granted: by an operator, from a phone of theirs."""

    connection: Connection
    phone: Phone


class Calling:
    """Stores what employees ask for. ``operators`` are the kinds of operators there are, by type."""

    def __init__(
        self, database: Database, bell: Bell, operators: Mapping[str, Operator], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._bell = bell
        self._operators = operators
        self._now = now

    async def call_back(self, press: Press, made: int) -> Granted:
        """Call the number on a card. ``made`` is what its button carried: how many calls had been asked for there.

        A press that comes twice (Teams repeats an invoke, a finger is quick) finds the request made and changes
        nothing. Raises CallGone, NotYours and NotPlaced.
        """
        async with self._database.tenant(press.tenant_id) as unit:
            wish = await self._wish_of(unit, press)
            so_far = await unit.sql.fetchval(SQL["requests_made"], press.popup_id)
            # A card whose names are forgotten is not drawn anew, and its button goes on carrying the old count.
            this = so_far if wish.forgotten else max(0, min(made, so_far))
            request_id = uuid5(press.popup_id, f"call back {this}")
            if not await unit.sql.fetchval(SQL["is_known"], request_id):
                await self._store(wish, await self._through_operator(wish), request_id, "card", press.popup_id)
            await adopt(unit, press, wish.now)
            call_id = await unit.sql.fetchval(SQL["want_shown"], press.popup_id, wish.now + _SWEEP_AFTER)
            await self._bell.ring_cards(unit, call_id)
            popup, scene = await answer(unit, press, wish.now, self._operators)
            language = scene.language(wish.employee.employee_id)
            return Granted(popup=popup, language=language, as_of=wish.now, drawn=not scene.forgotten)

    async def call_listed(self, press: Press, drawing: UUID) -> None:
        """Call the number of a call in a list. ``drawing`` names the list as it was drawn: a press that comes twice is
        one request. How far it comes is told on a card of its own. Raises CallGone, NotYours and NotPlaced."""
        async with self._database.tenant(press.tenant_id) as unit:
            wish = await self._wish_of(unit, press)
            request_id = uuid5(press.popup_id, f"listed {drawing}")
            if not await unit.sql.fetchval(SQL["is_known"], request_id):
                await self._open(wish, await self._through_operator(wish), request_id, "list")

    async def call(self, tenant_id: UUID, employee_id: UUID, number: Number) -> CallRoute:
        """Call a number that an employee has named, from the first of their own phones, or say that it is their Teams
        that calls it: also where no operator can, for whoever asks in words gets more of an answer than a card has room
        for. How far it comes is told on a card of its own. Raises NotPlaced."""
        async with self._database.tenant(tenant_id) as unit:
            employee, tenant = await _locked(unit, employee_id), await read_tenant(unit)
            if tenant is None:
                raise NotPlaced(CallRefusal.NOT_SUPPORTED)
            wish = _Wish(unit=unit, tenant=tenant, employee=employee, target=number, now=self._now())
            try:
                way = await self._find_way(wish)
            except NotPlaced as problem:
                if problem.code is not CallRefusal.NOT_SUPPORTED or number.e164 is None:
                    raise
                way = None
            if way is None:
                return CallRoute.TEAMS
            await self._open(wish, way, uuid4(), "message")
            return CallRoute.OPERATOR

    async def _wish_of(self, unit: Unit, press: Press) -> _Wish:
        """The wish to call the number of a popup. Raises CallGone, NotYours, and NotPlaced where there is no number."""
        row = await own_popup(unit, press)
        employee_id, call_id = row["employee_id"], row["call_id"]
        scene = await read_scene(unit, call_id, self._operators)
        popup = scene.popup(employee_id, press.popup_id) if scene else None
        if scene is None or popup is None:
            raise CallGone
        if popup.number is None:
            raise NotPlaced(CallRefusal.INVALID_NUMBER)
        return _Wish(
            unit=unit,
            tenant=scene.tenant,
            employee=await _locked(unit, employee_id),
            target=popup.number,
            now=self._now(),
            touched=phones_touched(employee_id, await read_events(unit, call_id)),
            known=scene.lookup if scene.lookup.done and scene.lookup.matches else None,
            forgotten=scene.forgotten,
        )

    async def _through_operator(self, wish: _Wish) -> _Way:
        """Where a button of ours was pressed: an old one, when calls go through Teams by now."""
        way = await self._find_way(wish)
        if way is None:
            raise NotPlaced(CallRefusal.NOT_SUPPORTED)
        return way

    async def _find_way(self, wish: _Wish) -> _Way | None:
        """Who places the call, and which phone rings first; None: it is for the employee's Teams to call."""
        if (refusal := refusal_of(wish.target)) is not None:
            raise NotPlaced(refusal)
        phones = await read_phones(wish.unit, wish.employee.employee_id, wish.tenant.region)
        phone = pick_phone(phones, wish.touched)
        through = calls_through(wish.tenant.settings, wish.employee, phone.call_through if phone else None)
        if through is CallRoute.TEAMS:
            if wish.target.e164 is None:
                raise NotPlaced(CallRefusal.NOT_SUPPORTED)
            return None
        connection = await self._placer_of(wish)
        if phone is None:
            raise NotPlaced(CallRefusal.NO_LINE)
        if phone.number.key == wish.target.key:
            raise NotPlaced(CallRefusal.SAME_NUMBER)
        return _Way(connection=connection, phone=phone)

    async def _placer_of(self, wish: _Wish) -> Connection:
        """The first connection that can call such a number."""
        for connection in await read_operators(wish.unit):
            operator = self._operators.get(connection.type)
            if operator and operator.call_placer and can_call(operator.abilities_of(connection), wish.target):
                return connection
        raise NotPlaced(CallRefusal.NOT_SUPPORTED)

    async def _open(self, wish: _Wish, way: _Way, request_id: UUID, origin: str) -> None:
        """A request with a card, and so a call, of its own."""
        popup_id = uuid4()
        await self._store(wish, way, request_id, origin, popup_id)
        call_id = await open_placed(
            wish.unit,
            way.connection.connection_id,
            placed_event(
                request_id,
                wish.employee.employee_id,
                way.phone.number,
                wish.target,
                call_ref=str(request_id),
                now=wish.now,
            ),
            popup_id=popup_id,
            employee_id=wish.employee.employee_id,
            known=wish.known,
        )
        await self._bell.ring_cards(wish.unit, call_id)

    async def _store(self, wish: _Wish, way: _Way, request_id: UUID, origin: str, popup_id: UUID) -> None:
        """One new request, and its job. Raises NotPlaced when another is in its way."""
        unit, now = wish.unit, wish.now
        states = [state.value for state in UNDER_WAY]
        hashes = unit.hashes("call target", wish.target.key)
        row = await unit.sql.fetchrow(SQL["in_the_way"], wish.employee.employee_id, states, hashes, now - _REPEATED)
        if row["repeated"]:
            raise NotPlaced(CallRefusal.REPEATED)
        if row["under_way"]:
            raise NotPlaced(CallRefusal.CALL_IN_PROGRESS)
        await unit.sql.execute(
            SQL["add_request"],
            unit.tenant_id,
            request_id,
            wish.employee.employee_id,
            way.connection.connection_id,
            unit.seal_value("call line", PHONE, (way.phone.number, way.phone.alias)),
            unit.seal_value("call target", NUMBER, wish.target),
            unit.hash("call target", wish.target.key),
            origin,
            popup_id,
            now,
            now + _SWEEP_AFTER,
        )
        await self._bell.ring_calling(unit, request_id)


async def _locked(unit: Unit, employee_id: UUID) -> Employee:
    """The employee, their row locked. Raises NotPlaced for one who has left."""
    await unit.sql.fetchval(SQL["lock_employee"], employee_id)
    employee = await read_employee(unit, employee_id)
    if employee is None:
        raise NotPlaced(CallRefusal.NO_LINE)
    return employee
