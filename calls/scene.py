"""Everything that a call's popups are made of, read in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydantic import TypeAdapter

from calls.chats import ChatAddress, read_chats
from calls.database import Unit
from calls.ingest import read_events
from calls.lookup import Lookup
from calls.popup import JournalState, Popup, popup_for
from calls.reducer import Call, fold
from calls.sql_blocks import read_blocks
from calls.tenants import Employee, Tenant, read_employees, read_tenant

SQL = read_blocks(Path(__file__).parent / "sql" / "scene.sql")
LOOKUP: TypeAdapter[Lookup] = TypeAdapter(Lookup)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One call with its surroundings, as they are at one moment."""

    tenant: Tenant
    call: Call
    lookup: Lookup
    employees: Mapping[UUID, Employee]  # everybody the call has touched
    chats: Mapping[UUID, ChatAddress]  # by employee id; missing: the app is not installed there
    journal: JournalState | None
    journal_in: str | None

    def popup(self, employee_id: UUID, popup_id: UUID) -> Popup | None:
        return popup_for(
            self.call,
            employee_id,
            popup_id=popup_id,
            lookup=self.lookup,
            names={employee.employee_id: employee.name for employee in self.employees.values()},
            journal=self.journal,
            journal_in=self.journal_in,
        )

    def language(self, employee_id: UUID) -> str:
        employee = self.employees.get(employee_id)
        return (employee.language if employee else None) or self.tenant.language


async def read_scene(unit: Unit, call_id: UUID) -> Scene | None:
    """None when the call or its tenant is gone."""
    row = await unit.sql.fetchrow(SQL["read_call"], call_id)
    tenant = await read_tenant(unit)
    events = await read_events(unit, call_id)
    if row is None or tenant is None or not events:
        return None
    call = fold(events)
    outside = [party.employee_id for party in (call.caller, call.answered_by) if party and party.employee_id]
    employees = await read_employees(unit, {leg.employee_id for leg in call.legs} | set(outside))
    chats: dict[UUID, ChatAddress] = {}
    if tenant.bot_app_id is not None:
        by_object = {employee.entra_object_id: employee.employee_id for employee in employees.values()}
        found = await read_chats(unit, tenant.bot_app_id, list(by_object))
        chats = {by_object[object_id]: chat for object_id, chat in found.items()}
    return Scene(
        tenant=tenant,
        call=call,
        lookup=unit.open_value("lookup", LOOKUP, row["lookup_sealed"]) if row["lookup_sealed"] else Lookup(),
        employees=employees,
        chats=chats,
        journal=_journal_state(row),
        journal_in=row["journal_in"],
    )


def _journal_state(row: Mapping[str, object]) -> JournalState | None:
    if row["journal_in"] is None:
        return None
    if row["journal_parked"] is not None:
        return JournalState.PARKED
    return JournalState.WRITTEN if row["journal_written"] else JournalState.PENDING


async def lock_lookup(unit: Unit, call_id: UUID) -> Lookup:
    """What the sources have said so far, held until the transaction ends."""
    sealed = await unit.sql.fetchval(SQL["lock_lookup"], call_id)
    return unit.open_value("lookup", LOOKUP, sealed) if sealed else Lookup()
