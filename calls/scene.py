"""Everything that a call's popups are made of, read in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydantic import TypeAdapter

from calls.chats import ChatAddress
from calls.database import Unit
from calls.ingest import open_events
from calls.lookup import Lookup
from calls.popup import JournalState, Popup, popup_for
from calls.reducer import Call, fold
from calls.sql_blocks import read_blocks
from calls.tenants import Employee, Tenant, employee_from, tenant_from

SQL = read_blocks(Path(__file__).parent / "sql" / "scene.sql")
LOOKUP: TypeAdapter[Lookup] = TypeAdapter(Lookup)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One call with its surroundings, as they are at one moment."""

    tenant: Tenant
    call: Call
    lookup: Lookup
    asking: bool  # the sources have not all answered yet, or nobody has asked them
    forgotten: bool  # what the sources said has been deleted since: the card on the screen knows more than we do
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
            asking=self.asking,
            journal=self.journal,
            journal_in=self.journal_in,
        )

    def language(self, employee_id: UUID) -> str:
        employee = self.employees.get(employee_id)
        return (employee.language if employee else None) or self.tenant.language


async def read_scene(unit: Unit, call_id: UUID) -> Scene | None:
    """None when the call is gone. The call first, then its people: both as they are at one moment or a later one."""
    row = await unit.sql.fetchrow(SQL["read_call"], unit.tenant_id, call_id)
    if row is None or not row["bodies"]:
        return None
    tenant, call = tenant_from(unit, row), fold(open_events(unit, row["bodies"]))
    people = {leg.employee_id for leg in call.legs}
    people |= {party.employee_id for party in (call.caller, call.answered_by) if party and party.employee_id}
    rows = await unit.sql.fetch(SQL["read_people"], unit.tenant_id, tenant.bot_app_id, list(people)) if people else []
    return Scene(
        tenant=tenant,
        call=call,
        lookup=unit.open_value("lookup", LOOKUP, row["lookup_sealed"]) if row["lookup_sealed"] else Lookup(),
        asking=row["lookup_state"] == "wanted",
        forgotten=row["lookup_state"] == "done" and row["lookup_sealed"] is None,
        employees={person["employee_id"]: employee_from(unit, person) for person in rows},
        chats={
            person["employee_id"]: ChatAddress(
                tenant_id=unit.tenant_id,
                bot_app_id=tenant.bot_app_id,
                entra_object_id=person["entra_object_id"],
                conversation_id=person["conversation_id"],
                member_id=person["member_id"],
                service_url=person["service_url"],
            )
            for person in rows
            if tenant.bot_app_id is not None and person["conversation_id"] is not None
        },
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
