"""Taking in an employee's wish to call somebody: checked, stored, and rung for. The operator is asked by a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from calls.calling.call_requests import UNDER_WAY
from calls.calling.dialling import refusal_of
from calls.calling.request_rows import NUMBER, PHONE, SQL
from calls.calling.routing import can_call
from calls.intake.events import read_events
from calls.jobs.queue import Bell
from calls.model import Connection, Event
from calls.numbers import Number, parse_number
from calls.orders import CallRefusal
from calls.popups.scene import read_scene
from calls.popups.wishes import CallGone, Granted, Press, adopt, answer, owner_of
from calls.ports import Operator
from calls.store.database import Database, Unit
from calls.store.tenants import Tenant, read_operators, read_tenant

_REPEATED = timedelta(seconds=5)  # the same number again within this is a slip of the finger
_SWEEP_AFTER = timedelta(seconds=3)


class NotPlaced(Exception):
    """The wish is not granted, and nothing was stored."""

    def __init__(self, code: CallRefusal) -> None:
        super().__init__(code.value)
        self.code = code


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
        now = self._now()
        async with self._database.tenant(press.tenant_id) as unit:
            owner = await owner_of(unit, press)
            scene = await read_scene(unit, owner.call_id, self._operators)
            popup = scene.popup(owner.employee_id, press.popup_id) if scene else None
            if scene is None or popup is None:
                raise CallGone
            await unit.sql.fetchval(SQL["lock_employee"], owner.employee_id)
            so_far = await unit.sql.fetchval(SQL["requests_made"], press.popup_id)
            # A card whose names are forgotten is not drawn anew, and its button goes on carrying the old count.
            this = so_far if scene.forgotten else max(0, min(made, so_far))
            request_id = uuid5(press.popup_id, f"call back {this}")
            if not await unit.sql.fetchval(SQL["is_known"], request_id):
                if popup.number is None:
                    raise NotPlaced(CallRefusal.INVALID_NUMBER)
                phones = _phones_of(owner.employee_id, await read_events(unit, owner.call_id))
                line = await _line(unit, owner.employee_id, scene.tenant, phones)
                await self._store(
                    unit, request_id, owner.employee_id, scene.tenant, line, popup.number, "card", press.popup_id, now
                )
            await adopt(unit, press, now)
            await unit.sql.execute(SQL["want_shown"], press.popup_id, now + _SWEEP_AFTER)
            await self._bell.ring_cards(unit, owner.call_id)
            popup, scene = await answer(unit, press, now, self._operators)
            return Granted(popup=popup, language=scene.language(owner.employee_id), drawn=not scene.forgotten)

    async def call(self, tenant_id: UUID, employee_id: UUID, number: Number, origin: str) -> None:
        """Call a number that an employee has named, from the first of their own phones. Raises NotPlaced."""
        async with self._database.tenant(tenant_id) as unit:
            await unit.sql.fetchval(SQL["lock_employee"], employee_id)
            tenant = await read_tenant(unit)
            if tenant is None:
                raise NotPlaced(CallRefusal.NOT_SUPPORTED)
            line = await _line(unit, employee_id, tenant)
            await self._store(unit, uuid4(), employee_id, tenant, line, number, origin, None, self._now())

    async def _store(
        self,
        unit: Unit,
        request_id: UUID,
        employee_id: UUID,
        tenant: Tenant,
        line: tuple[Number, str | None] | None,
        target: Number,
        origin: str,
        popup_id: UUID | None,
        now: datetime,
    ) -> None:
        """One new request, and its job; the employee's row is locked. Raises NotPlaced."""
        connection = self._operator(tenant, await read_operators(unit), target)
        if line is None:
            raise NotPlaced(CallRefusal.NO_LINE)
        if line[0].key == target.key:
            raise NotPlaced(CallRefusal.SAME_NUMBER)
        states = [state.value for state in UNDER_WAY]
        hashes = unit.hashes("call target", target.key)
        row = await unit.sql.fetchrow(SQL["in_the_way"], employee_id, states, hashes, now - _REPEATED)
        if row["repeated"]:
            raise NotPlaced(CallRefusal.REPEATED)
        if row["under_way"]:
            raise NotPlaced(CallRefusal.CALL_IN_PROGRESS)
        await unit.sql.execute(
            SQL["add_request"],
            unit.tenant_id,
            request_id,
            employee_id,
            connection.connection_id,
            unit.seal_value("call line", PHONE, line),
            unit.seal_value("call target", NUMBER, target),
            unit.hash("call target", target.key),
            origin,
            popup_id,
            now,
            now + _SWEEP_AFTER,
        )
        await self._bell.ring_calling(unit, request_id)

    def _operator(self, tenant: Tenant, connections: Sequence[Connection], target: Number) -> Connection:
        """The connection that places this call: the first that can. Where calls go through Teams, none does."""
        if (refusal := refusal_of(target)) is not None:
            raise NotPlaced(refusal)
        if tenant.settings.call_through == "operator":
            for connection in connections:
                operator = self._operators.get(connection.type)
                if operator and operator.call_placer and can_call(operator.abilities_of(connection), target):
                    return connection
        raise NotPlaced(CallRefusal.NOT_SUPPORTED)


async def _line(
    unit: Unit, employee_id: UUID, tenant: Tenant, phones: frozenset[str] = frozenset()
) -> tuple[Number, str | None] | None:
    """The employee's own phone: the one the call came to, else their first; never one that a client names."""
    lines: list[tuple[Number, str | None]] = []
    for row in await unit.sql.fetch(SQL["phones_of"], employee_id):
        number = parse_number(unit.open_text("line number", row["number_sealed"]), tenant.region)
        alias = unit.open_text("line alias", row["alias_sealed"]) if row["alias_sealed"] else None
        if number is not None:
            lines.append((number, alias))
    return next((line for line in lines if line[0].key in phones or line[1] in phones), next(iter(lines), None))


def _phones_of(employee_id: UUID, events: Iterable[Event]) -> frozenset[str]:
    """The employee's phones that a call has touched, by number and by the operator's own name."""
    parties = (
        party
        for event in events
        for party in (*event.agents, event.called)
        if party and party.employee_id == employee_id
    )
    return frozenset(name for party in parties for name in (party.number and party.number.key, party.alias) if name)
