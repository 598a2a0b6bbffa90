"""Reading a tenant: its settings, employees, lines and connections. What is written here is written by provisioning."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from calls.calling.call_requests import CallRoute
from calls.model import Connection, Event, Party
from calls.store.database import Database, Unit
from calls.store.sql_blocks import read_blocks
from calls.store.vault import Unsealable

log = logging.getLogger(__name__)
SQL = read_blocks(Path(__file__).with_name("tenants.sql"))
SECRETS: TypeAdapter[Mapping[str, tuple[str, ...]]] = TypeAdapter(Mapping[str, tuple[str, ...]])
_NOBODY: Sequence[UUID | None] = (None,)


class JournalMode(StrEnum):
    """When a call is written into the CRM."""

    ALWAYS = "always"
    ON_REQUEST = "on_request"  # when an employee presses for it, or saves what it came to
    NEVER = "never"


CallResult = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]


@checked_dataclass(frozen=True, kw_only=True)
class TenantSettings:
    """What a tenant decides about itself. Every field is an optional line of company.toml."""

    journal_answered: JournalMode = JournalMode.ALWAYS  # write answered calls into the CRM
    journal_missed: JournalMode = JournalMode.ALWAYS
    journal_outgoing: Literal["always", "never"] = "always"  # calls that employees make
    call_through: CallRoute = CallRoute.OPERATOR  # how employees' calls are made
    employees_choose_calling: bool = False  # they may choose call_through for themselves, in the chat
    company_number: str | None = None  # what is shown to whom a button calls; None: as the operator has it
    # What a call may have come to, to choose from when it is over. Empty: the words of bot/texts.
    call_results: Annotated[tuple[CallResult, ...], Field(max_length=20)] = ()
    popup_internal: bool = False  # show colleagues' calls to each other
    keep_calls_days: Annotated[int, Field(ge=1, le=3650, strict=True)] = (
        30  # then a call, its events and popups are deleted
    )
    # After the call; then what a directory answered is deleted.
    keep_directory_minutes: Annotated[int, Field(ge=0, le=10080, strict=True)] = 60


@checked_dataclass(frozen=True, kw_only=True)
class Preferences:
    """What an employee has chosen for themselves. None: the tenant's choice holds, also when it changes."""

    popup_direct: bool | None = None  # calls to their own number
    popup_queue: bool | None = None  # calls through a queue
    popup_internal: bool | None = None  # colleagues' calls
    journal_answered: JournalMode | None = None
    journal_missed: JournalMode | None = None
    journal_outgoing: Literal["always", "never"] | None = None
    call_through: CallRoute | None = None  # holds where the tenant lets them choose
    language: str | None = None


NO_PREFERENCES = Preferences()
PREFERENCES: TypeAdapter[Preferences] = TypeAdapter(Preferences)
TENANT_SETTINGS: TypeAdapter[TenantSettings] = TypeAdapter(TenantSettings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tenant:
    """A customer company."""

    tenant_id: UUID
    name: str
    language: str
    region: str
    bot_app_id: UUID | None
    bot_tenant_id: UUID | None
    settings: TenantSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Employee:
    employee_id: UUID
    entra_object_id: UUID
    name: str
    email: str | None
    language: str | None  # what they have chosen, else what the company file says; None: the tenant's
    preferences: Preferences = NO_PREFERENCES
    call_through: CallRoute | None = None  # what the company file says of them; None: nothing


async def read_tenant(unit: Unit) -> Tenant | None:
    row = await unit.sql.fetchrow(SQL["read_tenant"])
    return tenant_from(unit, row) if row else None


def tenant_from(unit: Unit, row: Any) -> Tenant:
    """The tenant in a row that holds its columns, perhaps among others."""
    return Tenant(
        tenant_id=unit.tenant_id,
        name=row["name"],
        language=row["language"],
        region=row["region"],
        bot_app_id=row["bot_app_id"],
        bot_tenant_id=row["bot_tenant_id"],
        settings=TENANT_SETTINGS.validate_python(row["settings"]),
    )


def settings_from(unit: Unit, stored: Any) -> TenantSettings:
    """A tenant's settings, where nothing may be lost and nothing kept for ever because one of them cannot be read: then
    what is usual holds in its place."""
    try:
        return TENANT_SETTINGS.validate_python(stored)
    except ValidationError as problem:
        broken = {str(error["loc"][0]) for error in problem.errors(include_input=False) if error["loc"]}
        log.error("settings of tenant %s cannot be read: %s", unit.tenant_id, ", ".join(sorted(broken)) or "all")  # noqa: TRY400
        readable = stored if isinstance(stored, dict) else {}
        return TENANT_SETTINGS.validate_python({name: value for name, value in readable.items() if name not in broken})


async def read_employee(unit: Unit, employee_id: UUID) -> Employee | None:
    row = await unit.sql.fetchrow(SQL["read_employee"], employee_id)
    return employee_from(unit, row) if row else None


async def employee_of(unit: Unit, entra_object_id: UUID) -> Employee | None:
    row = await unit.sql.fetchrow(SQL["employee_of"], entra_object_id)
    return employee_from(unit, row) if row else None


async def read_connection(unit: Unit, connection_id: UUID) -> Connection | None:
    """An enabled connection with its secrets opened."""
    row = await unit.sql.fetchrow(SQL["read_connection"], connection_id)
    return _connection(unit, row) if row else None


async def find_connection(database: Database, connection_id: UUID) -> Connection | None:
    """An enabled connection of whichever tenant; its caller has not proved anything yet."""
    row = await database.pool.fetchrow(SQL["find_connection"], connection_id)
    if row is None:
        return None
    return replace(_connection(database.at_once(row["tenant_id"]), row), version=row["version"])


async def read_operators(unit: Unit) -> Sequence[Connection]:
    """The tenant's enabled operators, in its order, without their secrets."""
    return [_without_secrets(unit, row) for row in await unit.sql.fetch(SQL["read_operators"])]


async def read_connectors(unit: Unit) -> Sequence[Any]:
    """The rows of the tenant's enabled sources, in the order it wants them shown."""
    return list(await unit.sql.fetch(SQL["read_connectors"], unit.tenant_id))


def line_hashes(unit: Unit, events: Iterable[Event]) -> Mapping[bytes, str]:
    """What the lines are found by that these events speak of: each hash, under every key in force, and its text."""
    parties = [party for event in events for party in _parties(event)]
    numbers = {party.number.key for party in parties if party.number}
    aliases = {party.alias for party in parties if party.alias}
    return {
        hashed: text
        for purpose, texts in (("line", numbers), ("alias", aliases))
        for text in texts
        for hashed in unit.hashes(purpose, text)
    }


def place(events: Sequence[Event], owners: Mapping[str, list[UUID]]) -> Sequence[Event]:
    """The same events with every party that is a line of the tenant's marked with its employee; ``owners`` by number or
    alias. A number that several employees share becomes one agent for each of them.
    """
    return [_placed(event, owners) for event in events]


def _parties(event: Event) -> list[Party]:
    named = (event.caller, event.called, event.answered_by, event.diverted_from, *event.agents)
    return [party for party in named if party is not None]


def _placed(event: Event, owners: Mapping[str, list[UUID]]) -> Event:
    def found(party: Party) -> list[UUID]:
        return (owners.get(party.number.key) if party.number else None) or (owners.get(party.alias or "")) or []

    def one(party: Party | None) -> Party | None:
        ids = found(party) if party else []
        return replace(party, employee_id=ids[0]) if party and len(ids) == 1 else party

    agents = tuple(
        replace(agent, employee_id=employee_id) for agent in event.agents for employee_id in (found(agent) or _NOBODY)
    )
    return replace(
        event,
        agents=agents,
        caller=one(event.caller),
        called=one(event.called),
        answered_by=one(event.answered_by),
        diverted_from=one(event.diverted_from),
    )


def employee_from(unit: Unit, row: Any) -> Employee:
    """The employee in a row that holds its columns, perhaps among others."""
    email: bytes | None = row["email_sealed"]
    preferences = PREFERENCES.validate_python(row["preferences"] or {})
    return Employee(
        employee_id=row["employee_id"],
        entra_object_id=row["entra_object_id"],
        name=unit.open_text("employee name", row["name_sealed"]),
        email=unit.open_text("employee email", email) if email else None,
        language=preferences.language or row["language"],
        preferences=preferences,
        call_through=CallRoute(row["call_through"]) if row["call_through"] else None,
    )


def connector_from(unit: Unit, row: Any) -> Connection:
    """A source in its row. One whose secrets do not open has none."""
    try:
        return _connection(unit, row)
    except Unsealable as problem:
        log.error("connection %s: %s", row["connection_id"], problem)  # noqa: TRY400
        return _without_secrets(unit, row)


def _connection(unit: Unit, row: Any) -> Connection:
    secrets = unit.open_value("connection secrets", SECRETS, row["secrets_sealed"])
    return replace(_without_secrets(unit, row), secrets=secrets)


def _without_secrets(unit: Unit, row: Any) -> Connection:
    return Connection(
        tenant_id=unit.tenant_id,
        connection_id=row["connection_id"],
        type=row["type"],
        name=row["name"],
        settings=row["settings"],
        provider_tenant_id=row["provider_tenant_id"],
    )
