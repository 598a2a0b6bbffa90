"""Whose rows are whose, and what can be read in them: every table there is, found by the tests themselves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from bot.seen import RowSeen
from calls.callers.choices import remember
from calls.callers.creating import Errand, ask
from calls.callers.identify import CardsJob
from calls.callers.sources import Sources
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell, Task
from calls.journal.journaling import JournalJob
from calls.model import Details, Draft, OpenItem, OpenItemKind
from calls.numbers import Number, NumberKind
from calls.popups.cards import Cards
from calls.popups.limits import RowLimiter, RowQuotas
from calls.ports import Bucket, Parsed, Proof, Token
from calls.store.credentials import RowCredentials
from calls.store.database import Database, DatabaseUnfit
from calls.store.vault import Vault
from tests.support.calling import Desk
from tests.support.clock import Clock
from tests.support.companies import NAMES, SECRETS, TestCompany
from tests.support.connectors import FakeSources, Texts
from tests.support.events import SALES, answer, end, line, ring
from tests.support.screen import Screen

CALLER = Number(kind=NumberKind.E164, digits="4722334455")
OTHER_TENANT = UUID("99999999-2222-4333-8444-555555555555")
EXEMPT_SCHEMAS, EXEMPT = {"queue"}, {"smartcall.alembic_version"}  # without a tenant; the queue holds ids alone
DETAILS = Details(company="Havnelageret AS", open_items=(OpenItem(kind=OpenItemKind.TICKET, title="Feil levert"),))


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def after_a_call(company: TestCompany, database: Database, now: Clock) -> TestCompany:
    """A company that has been through everything: each table of ours holds a row of it."""
    await company.install_all(now)
    sources, screen = FakeSources(company.crm_id, company.directory_id), Screen()
    sources.crm.knows, sources.crm.details_given = "Nora Lie", DETAILS
    opened, bell = Sources(database, sources.connect), Bell()
    job = CardsJob(database, opened, Cards(database, screen, now), now)
    events = (
        ring(line(0), line(1), queue=SALES, called=line(2)),
        answer(replace(line(0), name="Kari Hansen")),
        end(),
    )
    for place, event in enumerate(events):
        told = replace(event, received_at=now(), cause_raw="normalClearing", parent_ref="earlier call 4711")
        proof = Proof(method="signature", delivery_id=f"delivery-{place}")
        await take_in(database, bell, await company.operator(), proof, Parsed(events=(told,)), now())
    async with database.tenant(company.tenant_id) as unit:
        call_id = await unit.sql.fetchval("SELECT call_id FROM smartcall.call")
    task = Task(tenant_id=company.tenant_id, call_id=call_id, job_id="1")
    await job(task)
    await JournalJob(database, bell, opened, Texts(), now)(task)
    assert sources.crm.entries and screen.cards  # noqa: PT018

    async def refresh(_: str | None) -> Token:
        return Token(access="access-token-1", expires_at=now() + timedelta(hours=1), refresh="refresh-token-1")

    async with database.tenant(company.tenant_id) as unit:
        connection = (await opened.every(company.tenant_id))[0].connection
        assert unit.tenant_id == connection.tenant_id
        await remember(unit, CALLER, None, sources.crm.match(), now())
        await ask(unit, call_id, company.crm_id, Errand(number=CALLER, new=Draft(number=CALLER)), now())
    await RowCredentials(database, now).token(connection, refresh)
    await RowLimiter(database, now).take(company.tenant_id, Bucket(scope="teams", rate=1, burst=5))
    await RowQuotas(database, now).take(company.tenant_id, company.directory_id, per_day=10)
    await Desk(company, database, now, screen).ask_and_place("call of Kari Hansen to Nora Lie")
    seen = RowSeen(database, now)
    await seen.first_time(str(company.tenant_id), "invoke of Kari Hansen")
    await seen.store_reply(str(company.tenant_id), "invoke of Kari Hansen", b'{"name": "Nora Lie"}')
    async with database.tenant(company.tenant_id) as unit:
        listened_to = (
            "INSERT INTO smartcall.stream (tenant_id, connection_id, owner) VALUES ($1, $2, 'node 1 0a1b2c3d')"
        )
        await unit.sql.execute(listened_to, company.tenant_id, company.operator_id)
    return company


async def _tables(owner: asyncpg.Connection) -> list[str]:
    rows = await owner.fetch(
        "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    return [row["name"] for row in rows]


async def _ours(owner: asyncpg.Connection) -> list[str]:
    names = [name for name in await _tables(owner) if name not in EXEMPT]
    return [name for name in names if name.partition(".")[0] not in EXEMPT_SCHEMAS]


async def test_every_table_forces_row_level_security_on_everybody(owner: asyncpg.Connection) -> None:
    ours = await _ours(owner)
    assert len(ours) >= 14
    for name in ours:
        row = await owner.fetchrow(
            "SELECT relrowsecurity, relforcerowsecurity, relkind FROM pg_class WHERE oid = $1::text::regclass", name
        )
        assert (row["relrowsecurity"], row["relforcerowsecurity"]) == (True, True), name
        policies = await owner.fetch(
            "SELECT polname, polcmd, polroles::regrole[]::text AS roles FROM pg_policy"
            " WHERE polrelid = $1::text::regclass",
            name,
        )
        for policy in policies:
            if policy["polname"] == "own_tenant":
                continue
            assert (policy["polname"], policy["polcmd"], policy["roles"]) == ("resolver", b"r", "{smartcall_resolver}")
        assert "own_tenant" in {policy["polname"] for policy in policies}, name


async def test_rows_of_one_tenant_do_not_exist_for_another(
    after_a_call: TestCompany, database: Database, owner: asyncpg.Connection
) -> None:
    for name in await _ours(owner):
        record = await owner.fetchval(f"SELECT row_to_json(t)::text FROM {name} t LIMIT 1")
        assert record is not None, f"this test brings no row of {name}"
        async with database.tenant(after_a_call.tenant_id) as unit:
            assert await unit.sql.fetchval(f"SELECT count(*) FROM {name}") > 0
        for tenant in (OTHER_TENANT, None):
            await _sees_nothing(database, name, tenant)
            await _writes_nothing(database, name, tenant, record)
        async with database.tenant(after_a_call.tenant_id) as unit:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await unit.sql.execute(f"UPDATE {name} SET tenant_id = $1", OTHER_TENANT)


async def _enter(connection: asyncpg.Connection, tenant: UUID | None) -> None:
    if tenant is not None:
        await connection.execute("SELECT set_config('smartcall.tenant', $1, true)", str(tenant))


async def _sees_nothing(database: Database, name: str, tenant: UUID | None) -> None:
    async with database.pool.acquire() as connection, connection.transaction():
        await _enter(connection, tenant)
        assert await connection.fetchval(f"SELECT count(*) FROM {name}") == 0, name
        assert await connection.execute(f"UPDATE {name} SET tenant_id = tenant_id") == "UPDATE 0"
        assert await connection.execute(f"DELETE FROM {name}") == "DELETE 0"


async def _writes_nothing(database: Database, name: str, tenant: UUID | None, record: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await _insert(database, name, tenant, record)


async def _insert(database: Database, name: str, tenant: UUID | None, record: str) -> None:
    insert = f"INSERT INTO {name} SELECT * FROM json_populate_record(NULL::{name}, $1::text::json)"
    async with database.pool.acquire() as connection, connection.transaction():
        await _enter(connection, tenant)
        await connection.execute(insert, record)


async def test_a_tenant_left_behind_does_not_reach_the_next_unit(
    after_a_call: TestCompany, database_url: str, vault: Vault
) -> None:
    database = await Database.open(database_url, vault, size=2)
    try:
        async with database.tenant(after_a_call.tenant_id) as unit:
            assert await unit.sql.fetchval("SELECT count(*) FROM smartcall.call") == 1
        with pytest.raises(ZeroDivisionError):
            async with database.tenant(after_a_call.tenant_id):
                raise ZeroDivisionError
        for _ in range(4):
            assert await database.pool.fetchval("SELECT count(*) FROM smartcall.call") == 0
            async with database.tenant(OTHER_TENANT) as unit:
                assert await unit.sql.fetchval("SELECT count(*) FROM smartcall.call") == 0
        await RowLimiter(database, Clock()).take(after_a_call.tenant_id, Bucket(scope="x", rate=1, burst=1))
        assert await database.pool.fetchval("SELECT count(*) FROM smartcall.call") == 0
    finally:
        await database.close()


async def test_the_service_is_neither_owner_nor_superuser(owner: asyncpg.Connection, database: Database) -> None:
    assert await database.pool.fetchval("SELECT current_user") == "smartcall_service"
    for role in ("smartcall_service", "smartcall_resolver"):
        row = await owner.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = $1", role
        )
        assert tuple(row) == (False, False, False, False)
    owned = "SELECT count(*) FROM pg_class WHERE relowner = 'smartcall_service'::regrole"
    assert await owner.fetchval(owned) == 0
    memberships = (
        "SELECT count(*) FROM pg_auth_members WHERE member IN"
        " ('smartcall_service'::regrole, 'smartcall_resolver'::regrole)"
    )
    assert await owner.fetchval(memberships) == 0
    for forbidden in (
        "CREATE TABLE smartcall.mine (id int)",
        "ALTER TABLE smartcall.call DISABLE ROW LEVEL SECURITY",
        "UPDATE smartcall.alembic_version SET version_num = 'x'",
        "CREATE FUNCTION smartcall.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE smartcall_resolver",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _as_service(owner, forbidden)


async def _as_service(owner: asyncpg.Connection, statement: str) -> None:
    async with owner.transaction():
        await owner.execute("SET LOCAL SESSION AUTHORIZATION smartcall_service")
        await owner.execute(statement)


async def test_a_role_that_may_go_round_security_is_refused(
    owner: asyncpg.Connection, database_url: str, vault: Vault
) -> None:
    await owner.execute("ALTER ROLE smartcall_service BYPASSRLS")
    try:
        with pytest.raises(DatabaseUnfit, match="row-level security"):
            await Database.open(database_url, vault)
    finally:
        await owner.execute("ALTER ROLE smartcall_service NOBYPASSRLS")


async def test_what_is_answered_before_a_tenant_is_known_is_ids_alone(owner: asyncpg.Connection) -> None:
    functions = await owner.fetch(
        "SELECT p.oid::regproc::text AS name, pg_get_function_result(p.oid) AS result,"
        " proowner::regrole::text AS owner, proconfig FROM pg_proc p"
        " WHERE prosecdef AND pronamespace::regnamespace::text"
        " NOT IN ('pg_catalog', 'information_schema')"
    )
    assert {row["name"]: row["result"] for row in functions} == {
        "smartcall.resolve": "uuid",
        "smartcall.open_work": "TABLE(kind text, tenant_id uuid, call_id uuid)",
        **dict.fromkeys(("smartcall.bot_ids", "smartcall.tenant_ids"), "SETOF uuid"),
        "smartcall.free_streams": "TABLE(tenant_id uuid, connection_id uuid)",
    }
    assert {row["owner"] for row in functions} == {"smartcall_resolver"}
    assert all(row["proconfig"] == ["search_path=pg_catalog"] for row in functions)
    granted = await owner.fetch(
        "SELECT DISTINCT column_name, privilege_type FROM information_schema.column_privileges"
        " WHERE grantee = 'smartcall_resolver'"
    )
    assert {row["privilege_type"] for row in granted} == {"SELECT"}
    times = {"stale_at", "ended_at", "due_at", "lookup_state", "lookup_lease_until"}
    times |= {"lease_until", "kind", "type", "enabled"}  # which operators are to be listened to, and are
    ids = {"tenant_id", "connection_id", "app_id", "call_id", "request_id"}
    assert {row["column_name"] for row in granted} <= times | ids


async def test_the_door_before_the_tenant_tells_nothing_else(after_a_call: TestCompany, database: Database) -> None:
    assert await database.tenant_of_connection(after_a_call.operator_id) == after_a_call.tenant_id
    assert await database.tenant_of_bot(after_a_call.bot_app_id) == after_a_call.tenant_id
    assert await database.tenant_of_connection(after_a_call.bot_app_id) is None
    assert await database.tenant_of_bot(after_a_call.operator_id) is None


NEEDLES = (
    *NAMES,
    "Nora Lie",
    "Havnelageret",
    "Feil levert",
    "22334455",
    *(f"9000000{place}" for place in range(1, 7)),
    "fjordvik.example",
    "access-token-1",
    "refresh-token-1",
    "earlier call 4711",
    "normalClearing",
    "delivery-",
    "Salg",
    "invoke of",
    "entry of",
    *SECRETS.values(),
)


async def test_nothing_can_be_read_in_any_column_of_any_table(
    after_a_call: TestCompany, owner: asyncpg.Connection
) -> None:
    tables = await _tables(owner)
    assert any(name.startswith("queue.") for name in tables)
    dump = ""
    for name in tables:
        rows = await owner.fetch(f"SELECT t::text AS row FROM {name} t")
        dump += "".join(f"{name} {row['row']}\n" for row in rows)
    assert "Fjordvik AS" in dump, "what is not sealed can be read here: the company's own name"
    assert re.search(r"queue\.\S+ .*cards", dump), "the queue was used"
    for needle in NEEDLES:
        assert needle.lower() not in dump.lower()
        assert needle.encode().hex() not in dump.lower()
        assert "".join(f"\\{sign:03o}" for sign in needle.encode()) not in dump
