"""A command that cannot go on says why in one line, and leaves nothing behind."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support.companies import TestCompany, company_text
from tests.support.live.processes import Done
from tests.support.programs import NEXT_KEY, run_smartcall, write
from tests.support.servers import TestServer


def refused(done: Done, *words: str) -> None:
    """Exit status 2, and a single line on standard error that holds these words."""
    assert done.code == 2, done
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("smartcall: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("command", ["serve", "doctor", "apply"])
async def test_a_key_that_opens_nothing_is_named(
    command: str, company: TestCompany, database_url: str, tmp_path: Path
) -> None:
    arguments = [command] if command != "apply" else [command, write(tmp_path, company_text())]
    done = await run_smartcall(*arguments, database=database_url, key=NEXT_KEY, SMARTCALL_PORT="0")
    refused(done, "SMARTCALL_ENCRYPTION_KEY: does not open what is stored")


async def test_a_key_of_another_database_does_not_seal_a_new_tenant_into_this_one(
    company: TestCompany, database_url: str, tmp_path: Path
) -> None:
    text = '[tenant]\nid = "22222222-2222-4333-8444-555555555555"\nname = "Nordlys AS"\n'
    refused(await run_smartcall("apply", write(tmp_path, text), database=database_url, key=NEXT_KEY), "ENCRYPTION_KEY")
    assert list(await company.database.tenant_ids()) == [company.tenant_id]


async def test_one_tenant_that_does_not_open_is_told_when_its_file_is_applied(
    company: TestCompany, database_url: str, tmp_path: Path
) -> None:
    """Its bot and its operator open; what its CRM is asked with was sealed with a key that is gone."""
    async with company.database.tenant(company.tenant_id) as unit:
        await unit.sql.execute(
            "UPDATE smartcall.connection SET secrets_sealed = '\\x01aaaaaaaa'::bytea || substr(secrets_sealed, 6)"
            " WHERE connection_id = $1",
            company.crm_id,
        )
    refused(
        await run_smartcall("apply", write(tmp_path, company_text()), database=database_url), "SMARTCALL_ENCRYPTION_KEY"
    )


@pytest.mark.usefixtures("company")
async def test_a_taken_port(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused(await run_smartcall("serve", "--port", port, database=database_url), f"SMARTCALL_PORT: {port} is taken")


async def test_serve_without_a_bot_or_without_a_schema(database_url: str, server: TestServer) -> None:
    refused(await run_smartcall("serve", database=database_url, SMARTCALL_PORT="0"), "there is no bot identity")
    empty = await server.postgres.create_database("never_served")
    try:
        refused(await run_smartcall("serve", database=empty, SMARTCALL_PORT="0"), "run `smartcall migrate`")
    finally:
        await server.drop(empty)
