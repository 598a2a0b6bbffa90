"""`smartcall serve` begins with what it needs, or ends at once with one line that says what to mend."""

from __future__ import annotations

import base64
import os
import socket

import asyncpg
import pytest

from tests.support.live.processes import Done, clean_environment, run_program, smartcall
from tests.support.live.stack import Stack
from tests.support.servers import TestServer

pytestmark = pytest.mark.processes


async def serve(environment: dict[str, str], *words: str) -> Done:
    return await run_program(smartcall("serve", *words), environment)


def one_line(done: Done) -> str:
    """What it said; and that it said nothing else, and ended as it should."""
    lines = done.err.strip().splitlines()
    assert (done.code, done.out, len(lines)) == (2, "", 1), done
    assert lines[0].startswith("smartcall: ")
    return lines[0]


def without(environment: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in names}


async def test_without_a_database(stack: Stack) -> None:
    names = ("SMARTCALL_DATABASE_URL", "SMARTCALL_DATABASE_OWNER_URL")
    said = one_line(await serve(without(stack.environment(), *names)))
    assert "SMARTCALL_DATABASE_URL" in said
    assert "postgresql://" in said


async def test_without_an_encryption_key(stack: Stack) -> None:
    assert "SMARTCALL_ENCRYPTION_KEY" in one_line(await serve(without(stack.environment(), "SMARTCALL_ENCRYPTION_KEY")))


@pytest.mark.parametrize("key", ["too short", base64.b64encode(b"x" * 31).decode(), "æøå"])
async def test_with_a_key_that_is_none(stack: Stack, key: str) -> None:
    said = one_line(await serve(stack.environment(SMARTCALL_ENCRYPTION_KEY=key)))
    assert "SMARTCALL_ENCRYPTION_KEY" in said
    assert key not in said


async def test_with_another_databases_key(stack: Stack) -> None:
    other = base64.b64encode(os.urandom(32)).decode()
    said = one_line(await serve(stack.environment(SMARTCALL_ENCRYPTION_KEY=other)))
    assert "SMARTCALL_ENCRYPTION_KEY" in said
    assert other not in said


async def test_with_a_database_that_is_not_there(stack: Stack) -> None:
    url = "postgresql://nobody:pass-word@127.0.0.1:1/nothing"
    said = one_line(await serve(stack.environment(SMARTCALL_DATABASE_URL=url)))
    assert "SMARTCALL_DATABASE_URL" in said
    assert "pass-word" not in said


async def test_with_a_database_that_was_never_migrated(stack: Stack, server: TestServer) -> None:
    url = await server.postgres.create_database("never_migrated")
    try:
        assert "migrate" in one_line(await serve(stack.environment(SMARTCALL_DATABASE_URL=url)))
    finally:
        await server.drop(url)


async def test_with_a_database_of_another_version(stack: Stack, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE smartcall.alembic_version SET version_num = '9999'")
    await connection.close()
    assert "migrate" in one_line(await serve(stack.environment(SMARTCALL_DATABASE_URL=database_url)))


async def test_without_a_bot_identity(stack: Stack, database_url: str) -> None:
    said = one_line(await serve(stack.environment(SMARTCALL_DATABASE_URL=database_url)))
    assert "bot identity" in said
    assert "smartcall apply" in said


async def test_on_a_port_that_is_taken(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = one_line(await serve(stack.environment(SMARTCALL_PORT=str(port))))
    assert "SMARTCALL_PORT" in said
    assert str(port) in said


async def test_with_nothing_set_at_all() -> None:
    assert "SMARTCALL_DATABASE_URL" in one_line(await serve(clean_environment()))
