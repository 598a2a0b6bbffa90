"""Migrations: run again, run by two nodes at once, and told apart from a database that is behind."""

from __future__ import annotations

import asyncio

import asyncpg

from calls.store.database import Database
from calls.store.schema import NEWEST, is_current, migrate
from calls.store.steps import newest_step
from calls.store.vault import Vault
from tests.support.companies import TestCompany
from tests.support.servers import TestServer


async def _empty(server: TestServer, name: str) -> str:
    return await server.postgres.create_database(name)


async def test_running_again_changes_nothing(server: TestServer, database_url: str) -> None:
    await migrate(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        assert await is_current(connection)
    finally:
        await connection.close()


def test_the_newest_step_is_the_one_that_is_asked_for() -> None:
    assert newest_step() == NEWEST


async def test_an_empty_database_is_not_current(server: TestServer) -> None:
    url = await _empty(server, "never_migrated")
    connection = await asyncpg.connect(url)
    try:
        assert not await is_current(connection)
    finally:
        await connection.close()
        await server.drop(url)


async def test_nodes_that_start_together_migrate_one_after_the_other(server: TestServer, vault: Vault) -> None:
    url = await _empty(server, "migrated_by_three")
    try:
        await asyncio.gather(*(migrate(url) for _ in range(3)))
        connection = await asyncpg.connect(url)
        assert await is_current(connection)
        await connection.close()
        database = await Database.open(url, vault)
        assert list(await database.tenant_ids()) == []
        await database.close()
    finally:
        await server.drop(url)


async def test_a_company_survives_a_second_migration(database_url: str, company: TestCompany) -> None:
    await migrate(database_url)
    assert list(await company.database.tenant_ids()) == [company.tenant_id]
