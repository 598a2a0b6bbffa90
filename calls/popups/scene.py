"""Everything that a call's popups are made of, read in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from calls.callers.lookup import Lookup
from calls.calling.call_requests import UNDER_WAY, CallBack, CallRoute, RequestState
from calls.calling.phones import open_phones, phones_touched, pick_phone
from calls.calling.routing import calls_through, with_call_back
from calls.intake.events import open_events
from calls.journal.journal_modes import journal_mode
from calls.model import Connection, Event, OperatorAbilities
from calls.popups.chats import ChatAddress
from calls.popups.forms import NO_FORM, Form
from calls.popups.notes import AfterCall, CallNote, open_note
from calls.popups.popup import JournalState, Popup, popup_for
from calls.ports import Operator
from calls.reducer import Call, fold
from calls.store.database import Unit
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import Employee, JournalMode, Tenant, employee_from, tenant_from

SQL = read_blocks(Path(__file__).with_name("scene.sql"))
LOOKUP: TypeAdapter[Lookup] = TypeAdapter(Lookup)
NO_OPERATORS: Mapping[str, Operator] = MappingProxyType({})  # for whoever draws no cards


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
    abilities: tuple[OperatorAbilities, ...] = ()  # of the tenant's operator connections
    call_backs: Mapping[UUID, CallBack] = field(default_factory=dict)  # by popup id: the newest call asked for there
    line_ways: Mapping[UUID, CallRoute] = field(default_factory=dict)  # by employee: of the line the call came to
    journal_waiting: bool = False  # for its first try
    journal_requested: bool = False
    note: CallNote | None = None

    @property
    def journal_mode(self) -> JournalMode:
        return journal_mode(self.tenant.settings, self.employees, self.call)

    def popup(self, employee_id: UUID, popup_id: UUID, form: Form = NO_FORM) -> Popup | None:
        last = self.call_backs.get(popup_id)
        popup = popup_for(
            self.call,
            employee_id,
            popup_id=popup_id,
            lookup=self.lookup,
            names={employee.employee_id: employee.name for employee in self.employees.values()},
            asking=self.asking,
            journal=self.journal,
            journal_in=self.journal_in,
            after=AfterCall(
                mode=self.journal_mode,
                requested=self.journal_requested,
                waiting=self.journal_waiting,
                note=self.note,
                calling=last is not None and last.state in UNDER_WAY,
                results=self.tenant.settings.call_results,
            ),
            form=form,
        )
        if popup is None:
            return None
        employee = self.employees.get(employee_id)
        through = calls_through(self.tenant.settings, employee, self.line_ways.get(employee_id))
        return with_call_back(popup, last, through=through, abilities=self.abilities)

    def language(self, employee_id: UUID) -> str:
        employee = self.employees.get(employee_id)
        return (employee.language if employee else None) or self.tenant.language


async def read_scene(unit: Unit, call_id: UUID, operators: Mapping[str, Operator] = NO_OPERATORS) -> Scene | None:
    """None when the call is gone. ``operators`` are the kinds there are, by type: what they can do decides what a card
    offers."""
    row = await unit.sql.fetchrow(SQL["read_call"], unit.tenant_id, call_id)
    return scene_from(unit, row, operators)


def scene_from(unit: Unit, row: Any, operators: Mapping[str, Operator]) -> Scene | None:
    """The scene in a row of the database's type of that name."""
    if row is None or not row["bodies"]:
        return None
    events = open_events(unit, row["bodies"])
    tenant, call, rows = tenant_from(unit, row), fold(events), row["people"]
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
        abilities=tuple(_abilities(unit, row["operators"] or (), operators)),
        call_backs={UUID(each["popup_id"]): _call_back(each) for each in row["requests"] or ()},
        line_ways=_line_ways(unit, rows, events, tenant.region),
        journal_waiting=bool(row["journal_open"]),
        journal_requested=bool(row["journal_requested"]),
        note=open_note(unit, row["note_sealed"]),
    )


def _line_ways(unit: Unit, people: Sequence[Any], events: Sequence[Event], region: str) -> Mapping[UUID, CallRoute]:
    """Where an employee's lines differ in how they call: as the one the call came to does."""
    ways = {}
    for person in people:
        if person["phones"]:
            phones = open_phones(unit, person["phones"], region)
            phone = pick_phone(phones, phones_touched(person["employee_id"], events))
            if phone is not None and phone.call_through is not None:
                ways[person["employee_id"]] = phone.call_through
    return ways


def _abilities(
    unit: Unit, rows: Sequence[Mapping[str, object]], operators: Mapping[str, Operator]
) -> Iterable[OperatorAbilities]:
    for row in rows:
        operator = operators.get(str(row["type"]))
        if operator is not None and operator.call_placer is not None:
            yield operator.abilities_of(
                Connection(
                    tenant_id=unit.tenant_id,
                    connection_id=UUID(str(row["connection_id"])),
                    type=operator.type,
                    name="",
                    settings=row["settings"],  # type: ignore[arg-type]
                )
            )


def _call_back(row: Mapping[str, object]) -> CallBack:
    code, talked = row["code"], row["talk_seconds"]
    return CallBack(
        route=None,
        made=int(str(row["made"])),
        state=RequestState(str(row["state"])),
        code=str(code) if code is not None else None,
        talk_seconds=int(str(talked)) if talked is not None else None,
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
