"""A transaction is one tenant's, to its end."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from calls.store.database import Database
from tests.support.companies import TestCompany

OTHER_TENANT = UUID("5e1d2c3b-0a98-4b76-8c54-3d2e1f0a9b88")
_ENTERING = """
SELECT p.proname AS name, p.prosrc AS source, p.proargnames[1] AS first, (
    SELECT array_agg(format_type(t, NULL) ORDER BY place) FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, place)
) AS types
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'smartcall'
"""


async def test_no_function_leaves_the_tenant_that_its_transaction_is_in(
    company: TestCompany, database: Database
) -> None:
    functions = await database.pool.fetch(_ENTERING)
    connection_id = company.operator_id
    assert [each["name"] for each in functions if "set_config('smartcall.tenant'" in each["source"]] == ["enter"]
    entering = [each for each in functions if "smartcall.enter(" in each["source"] or each["name"] == "enter"]
    assert len(entering) > 9
    for each in entering:
        first = connection_id if each["first"] == "id" else company.tenant_id
        rest = "".join(f", NULL::{kind}" for kind in each["types"][1:])
        statement = f"SELECT * FROM smartcall.{each['name']}($1{rest})"
        with pytest.raises(asyncpg.RaiseError, match="another tenant"):
            async with database.tenant(OTHER_TENANT) as unit:
                await unit.sql.fetch(statement, first)


async def test_nobody_asks_about_another_tenant_by_the_way(company: TestCompany, database: Database) -> None:
    outlived: list[asyncio.Task[None]] = []
    over = asyncio.Event()

    async def later() -> None:
        await over.wait()
        database.at_once(OTHER_TENANT)

    async with database.tenant(company.tenant_id):
        database.at_once(company.tenant_id)
        with pytest.raises(RuntimeError, match="another tenant"):
            database.at_once(OTHER_TENANT)
        async with database.tenant(OTHER_TENANT):  # openly, and in a transaction of its own
            database.at_once(OTHER_TENANT)
            with pytest.raises(RuntimeError, match="another tenant"):
                database.at_once(company.tenant_id)
        with pytest.raises(RuntimeError, match="another tenant"):
            database.at_once(OTHER_TENANT)
        outlived.append(asyncio.create_task(later()))
    database.at_once(OTHER_TENANT)
    over.set()
    await asyncio.gather(*outlived)
