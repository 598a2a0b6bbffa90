"""The connections of a company file: each checked by its own type before anything of it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from bot.problems import BadCompanyFile
from bot.provision.company_file import Company, ConnectionPart, SecretRef
from bot.provision.differences import SQL, Differences, Earlier
from calls.model import Connection, SourceRole
from calls.ports import Token
from calls.store.database import Database
from calls.store.tenants import SECRETS
from crm_connectors import CONNECTORS
from operators import OPERATORS

_TOKEN: TypeAdapter[Token] = TypeAdapter(Token)


async def read_providers(database: Database, earlier: Earlier, company: Company) -> Mapping[UUID, Connection]:
    """The other tenants' connections that the file names. Raises BadCompanyFile."""
    providers: dict[UUID, Connection] = {}
    for part in company.connections:
        if part.provided_by is not None:
            provider = await earlier.connection(database, part.provided_by)
            if provider is None:
                raise BadCompanyFile(f"connection {part.name}: provided_by names no connection; apply its file first")
            if not _may_lend(provider, part):
                raise BadCompanyFile(f"connection {part.name}: provided_by wants a directory of the same type")
            providers[part.provided_by] = provider
    return providers


async def apply_connections(
    differences: Differences,
    database: Database,
    company: Company,
    providers: Mapping[UUID, Connection],
    secret: Callable[[SecretRef], str],
) -> list[Connection]:
    """The connections as they are from now on. What is gone is switched off first, and its secrets are forgotten."""
    unit = differences.unit
    kept = [part.connection_id(unit.tenant_id) for part in company.connections]
    nothing = unit.seal_value("connection secrets", SECRETS, {})
    gone = await unit.sql.fetch(SQL["switch_off_connections"], kept, nothing)
    connections = []
    for rank, part in enumerate(company.connections):
        connection = _read(unit.tenant_id, part, providers, secret)
        connections.append(connection)
        await _apply(differences, database, part, connection, rank)
    for row in gone:
        differences.tell_gone(f"{row['kind']} {row['name']}")
    return connections


async def _apply(
    differences: Differences, database: Database, part: ConnectionPart, connection: Connection, rank: int
) -> None:
    unit, what = differences.unit, f"{part.kind} {part.name} ({part.type})"
    row = await unit.sql.fetchrow(SQL["read_connection"], connection.connection_id)
    if row is None and await database.tenant_of_connection(connection.connection_id) is not None:
        raise BadCompanyFile(f"connection {part.name}: its id is that of another tenant's connection; give it another")
    # One that was switched off has no secrets to compare.
    enabled = row is not None and row["enabled"]
    secrets = unit.open_value("connection secrets", SECRETS, row["secrets_sealed"]) if enabled else None
    reached = (part.type, dict(connection.settings), connection.provider_tenant_id)
    # A new secret makes a stored token worthless; a new address makes it dangerous.
    same = enabled and (row["type"], row["settings"], row["provider_tenant_id"]) == reached
    same = same and secrets == connection.secrets
    changed = not same or (row["kind"], row["name"], row["rank"]) != (part.kind, part.name, rank)
    token = row["token_sealed"] if same else None
    stale = enabled and differences.is_stale(row["secrets_sealed"], token)
    if differences.tell(what, new=row is None, changed=changed, stale=stale):
        sealed = unit.seal_value("connection secrets", SECRETS, connection.secrets)
        if token is not None:
            token = unit.seal_value("token", _TOKEN, unit.open_value("token", _TOKEN, token))
        await unit.sql.execute(
            SQL["write_connection"],
            unit.tenant_id,
            connection.connection_id,
            part.kind,
            part.type,
            part.name,
            rank,
            dict(connection.settings),
            connection.provider_tenant_id,
            sealed,
            token,
        )


def _read(
    tenant_id: UUID,
    part: ConnectionPart,
    providers: Mapping[UUID, Connection],
    secret: Callable[[SecretRef], str],
) -> Connection:
    """The connection as it will be, checked by its own type."""
    settings = dict(part.settings)
    if part.provided_by is not None:
        settings["provider_connection_id"] = str(part.provided_by)
    connection = Connection(
        tenant_id=tenant_id,
        connection_id=part.connection_id(tenant_id),
        type=part.type,
        name=part.name,
        settings=settings,
        provider_tenant_id=providers[part.provided_by].tenant_id if part.provided_by else None,
        secrets={name: tuple(map(secret, refs)) for name, refs in part.secrets.items()},
    )
    kinds: Mapping[str, Any] = OPERATORS if part.kind == "operator" else CONNECTORS
    if part.type not in kinds:
        raise BadCompanyFile(f"connection {part.name}: type is one of {', '.join(kinds)}, not {part.type!r}")
    try:
        lent = providers[part.provided_by].secrets if part.provided_by else connection.secrets
        kinds[part.type].check_settings(replace(connection, secrets=lent))
    except ValueError as error:
        raise BadCompanyFile(f"connection {part.name}: {error}") from None
    return connection


def _may_lend(provider: Connection, part: ConnectionPart) -> bool:
    """Directories alone are shared: a CRM's secrets would open one customer's records to another."""
    kind = CONNECTORS.get(provider.type)
    same = part.kind == "connector" and part.type == provider.type
    return same and kind is not None and kind.spec.role is SourceRole.DIRECTORY
