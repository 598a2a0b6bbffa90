"""Two customers who are alike in everything an accident could mix up, and one whose rows are broken."""

from __future__ import annotations

import json
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid5

import pytest

from bot.problems import BadCompanyFile
from bot.provision.apply import apply_company
from bot.provision.company_file import Company
from calls.jobs.queue import Bell
from calls.jobs.sweep import Sweep
from calls.store.vault import Unsealable
from tests.hostile.product import Product, until
from tests.hostile.towns import CUSTOMER, FJORDVIK, KARI, LISTED, NABO, SECRETS, TOWNS, Town, town_text

_TENANT_TABLES = (
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'smartcall' AND column_name = 'tenant_id'"
)


async def rows_of(product: Product, town: Town) -> dict[str, int]:
    names = [row["table_name"] for row in await product.sql(_TENANT_TABLES)]
    counted = {}
    for name in names:
        found = await product.sql(f"SELECT count(*) AS n FROM smartcall.{name} WHERE tenant_id = $1", town.tenant)
        counted[name] = found[0]["n"]
    return counted


async def play(product: Product, town: Town, call: str, **fields: str) -> None:
    """One call from beginning to end."""
    given = {"callId": call, "userId": "w0", **fields}
    assert await product.tell(town, **given) == 200
    assert await product.tell(town, event="answer", **given) == 200
    assert await product.tell(town, event="hangup", cause="normalClearing", **given) == 200
    await product.quiet()


async def journals(product: Product) -> list[str]:
    """The keys of what the one CRM was told."""
    entries = await product.asked(FJORDVIK, "hubspot")
    written = [
        entry["body"] for entry in entries if entry["path"].endswith("/calls/batch/upsert") and entry["status"] < 300
    ]
    return [each["id"] for body in written for each in body["inputs"]]


async def test_the_same_call_in_two_towns_is_two_calls(staffed: Product) -> None:
    for number, town in enumerate(TOWNS):
        other = TOWNS[1 - number]
        before, screens = await rows_of(staffed, other), await staffed.messages(other)
        await play(staffed, town, "the same id", **{"from": f"47{CUSTOMER}"})
        assert len(await staffed.messages(town)) == 1
        assert await staffed.messages(other) == screens
        assert await rows_of(staffed, other) == before
    keys = await journals(staffed)
    assert len(set(keys)) == 2, "one journal for each, in the CRM they share"


async def test_what_is_used_up_by_one_is_there_for_the_other(staffed: Product) -> None:
    """Quotas of the shared directory, and rates."""
    await play(staffed, FJORDVIK, "listed", **{"from": f"47{LISTED}"})
    used = await staffed.sql("SELECT tenant_id, used FROM smartcall.quota")
    assert {row["tenant_id"]: row["used"] for row in used} == {FJORDVIK.tenant: 1}
    rates = await staffed.sql("SELECT tenant_id, scope FROM smartcall.rate")
    assert {row["tenant_id"] for row in rates} <= {town.tenant for town in TOWNS}
    text = json.dumps([row["scope"] for row in rates])
    assert not [number for number in (CUSTOMER, LISTED, "90000001") if number in text]


async def test_the_same_secret_looks_different_in_each_town(staffed: Product) -> None:
    """Hashes and sealed values are bound to their tenant: equal numbers cannot be found out by comparing rows."""
    for column in ("number_hash", "number_sealed", "alias_hash"):
        rows = await staffed.sql(f"SELECT tenant_id, {column} AS value FROM smartcall.line")
        per_town = {town: {row["value"] for row in rows if row["tenant_id"] == town.tenant} for town in TOWNS}
        assert per_town[FJORDVIK]
        assert not per_town[FJORDVIK] & per_town[NABO]


@pytest.mark.parametrize("table", ["line", "employee", "connection"])
async def test_a_sealed_value_moved_next_door_does_not_open(staffed: Product, table: str) -> None:
    column = {"line": "number_sealed", "employee": "name_sealed", "connection": "secrets_sealed"}[table]
    rows = await staffed.sql(f"SELECT {column} AS value FROM smartcall.{table} WHERE tenant_id = $1", FJORDVIK.tenant)
    purpose = {"line": "line number", "employee": "employee name", "connection": "connection secrets"}[table]
    vault = staffed.service.database.vault
    assert vault.open(FJORDVIK.tenant, purpose, rows[0]["value"])
    with pytest.raises(Unsealable):
        vault.open(NABO.tenant, purpose, rows[0]["value"])


async def test_row_security_hides_the_other_town_from_the_services_role(staffed: Product) -> None:
    """Whatever our SQL forgets, PostgreSQL does not: without a tenant there is nothing, with one only its own."""
    database = staffed.service.database
    names = [row["table_name"] for row in await staffed.sql(_TENANT_TABLES)]
    for name in names:
        assert await database.pool.fetchval(f"SELECT count(*) FROM smartcall.{name}") == 0
        async with database.tenant(NABO.tenant) as unit:
            found = await unit.sql.fetch(f"SELECT DISTINCT tenant_id FROM smartcall.{name}")
        assert {row["tenant_id"] for row in found} <= {NABO.tenant}


@pytest.mark.parametrize("table", ["call", "chat", "quota"])
async def test_nobody_writes_into_the_other_town(staffed: Product, table: str) -> None:
    async with staffed.service.database.tenant(NABO.tenant) as unit:
        done = await unit.sql.execute(f"DELETE FROM smartcall.{table} WHERE tenant_id = $1", FJORDVIK.tenant)
    assert done == "DELETE 0"


BROKEN = {
    "the operator's secrets": ("connection", "connection_id", "secrets_sealed", "kind = 'operator'"),
    "the CRM's secrets": ("connection", "connection_id", "secrets_sealed", "type = 'hubspot'"),
    "the CRM's type": ("connection", "connection_id", "type", "type = 'hubspot'"),
    "the CRM's settings": ("connection", "connection_id", "settings", "type = 'hubspot'"),
    "the directory's settings": ("connection", "connection_id", "settings", "type = 'opplysningen_1881'"),
    "the bot's secret": ("bot_identity", "app_id", "secret_sealed", "true"),
    "the employees' names": ("employee", "employee_id", "name_sealed", "true"),
    "the tenant's settings": ("tenant", "tenant_id", "settings", "true"),
}
_NONSENSE = {"type": "'gone'", "settings": """'{"keep_calls_days": "x", "base_url": "ftp://x"}'"""}


@asynccontextmanager
async def broken(product: Product, town: Town, what: str) -> AsyncIterator[None]:
    """Sealed with a key that is gone, or written by another version."""
    table, key, column, which = BROKEN[what]
    rows = await product.sql(
        f"SELECT {key} AS key, {column} AS value FROM smartcall.{table} WHERE tenant_id = $1 AND {which}", town.tenant
    )
    assert rows
    value = _NONSENSE.get(column, "decode('01' || repeat('ab', 60), 'hex')")
    keys = [row["key"] for row in rows]
    await product.sql(f"UPDATE smartcall.{table} SET {column} = {value} WHERE {key} = ANY($1::uuid[])", keys)
    product.service._identities._remembered.clear()
    try:
        yield
    finally:
        for row in rows:
            await product.sql(f"UPDATE smartcall.{table} SET {column} = $2 WHERE {key} = $1", row["key"], row["value"])
        product.service._identities._remembered.clear()


@pytest.mark.parametrize("what", BROKEN)
async def test_one_towns_broken_row_is_its_own_trouble(staffed: Product, what: str) -> None:
    """Its calls fail, or do with less; the other's go on, and so do the sweep, the start and the health check."""
    async with broken(staffed, NABO, what):
        given = {"callId": f"broken {what}", "userId": "w0", "from": f"47{CUSTOMER}"}
        assert await staffed.tell(NABO, **given) in (200, 503)
        assert (await staffed.send(staffed.activity(NABO, who=KARI), await staffed.forge(NABO)))[0] in (200, 500, 503)
        before = len(await staffed.messages(FJORDVIK))
        assert await staffed.tell(FJORDVIK, **given) == 200

        async def shown() -> bool:
            return len(await staffed.messages(FJORDVIK)) > before

        await until(shown)
        sweep = Sweep(staffed.service.database, Bell(), lambda: datetime.now(UTC))
        await sweep.find_open_work()
        await sweep.delete_old()
        assert str(FJORDVIK.bot) in await staffed.service.bots()
        async with staffed.http.get(f"{staffed.address}/readyz") as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "what", ["the CRM's secrets", "the CRM's type", "the CRM's settings", "the directory's settings"]
)
async def test_a_source_that_cannot_be_opened_costs_no_popup(staffed: Product, what: str) -> None:
    async with broken(staffed, NABO, what):
        before = len(await staffed.messages(NABO))
        assert await staffed.tell(NABO, callId=f"no popup {what}", userId="w0", **{"from": f"47{CUSTOMER}"}) == 200

        async def shown() -> bool:
            return len(await staffed.messages(NABO)) > before

        await until(shown)


async def test_a_thousand_open_things_of_one_town_crowd_out_nobody(staffed: Product) -> None:
    """Work that can never be done stays open: the sweep still comes round to the others."""
    insert = (
        "INSERT INTO smartcall.call (tenant_id, call_id, connection_id, ref_hash, started_at, toast_at, stale_at) "
        "SELECT $1, gen_random_uuid(), $2, n::text::bytea, $3, $3, $3 FROM generate_series(1, $4) AS n"
    )
    await staffed.sql(insert, NABO.tenant, NABO.operator, datetime(2020, 1, 1, tzinfo=UTC), 1000)
    await staffed.sql(insert, FJORDVIK.tenant, FJORDVIK.operator, datetime(2020, 2, 1, tzinfo=UTC), 1)
    try:
        found = await staffed.service.database.open_work(datetime(2020, 2, 2, tzinfo=UTC), 5)
        assert len(found) == 5
        assert FJORDVIK.tenant in {item.tenant_id for item in found}
    finally:
        await staffed.sql("DELETE FROM smartcall.call WHERE started_at < '2020-03-01'")


async def test_lent_secrets_go_where_the_lender_sends_them(staffed: Product) -> None:
    """A customer who types another address into a lent directory does not get the provider's key there."""
    change = (
        "UPDATE smartcall.connection SET settings = settings || $2::jsonb WHERE tenant_id = $1 AND type LIKE 'opp%'"
    )
    evil = json.dumps({"base_url": f"{staffed.twins[NABO]}/1881"})
    await staffed.sql(change, NABO.tenant, evil)
    before = len(await staffed.asked(FJORDVIK, "1881"))
    await play(staffed, NABO, "lent", **{"from": "4798765432"})
    assert await staffed.asked(NABO, "1881") == []
    assert len(await staffed.asked(FJORDVIK, "1881")) > before


async def test_only_directories_are_lent(staffed: Product) -> None:
    crm = uuid5(FJORDVIK.tenant, "connector HubSpot")
    text = town_text(NABO, staffed.twins[FJORDVIK])
    text = text.replace('secrets = { service_key = { env = "HOSTILE_HUBSPOT_KEY" } }', f'provided_by = "{crm}"')
    company = Company.model_validate(tomllib.loads(text))
    with pytest.raises(BadCompanyFile, match="directory"):
        await apply_company(staffed.service.database, company, SECRETS, Path())
