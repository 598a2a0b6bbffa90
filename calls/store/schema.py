"""Bringing a database to this version's schema, and telling whether it is there."""

from __future__ import annotations

import asyncio

import asyncpg

NEWEST = "0001"  # the last step of calls/migrations/versions, by its `revision`


class NotMigrated(Exception):
    """A step could not be run; says why, in the database's words."""


async def migrate(owner_url: str) -> None:
    """Run every missing step as the owner of the tables. Safe to run again, and from several nodes at once. Raises
    NotMigrated."""
    if not await _is_there(owner_url):
        await asyncio.to_thread(_run_steps, owner_url)


async def is_current(connection: asyncpg.Connection) -> bool:
    """Whether the database is at the step this version was built for."""
    if await connection.fetchval("SELECT to_regclass('smartcall.alembic_version')") is None:
        return False
    found: str | None = await connection.fetchval("SELECT version_num FROM smartcall.alembic_version")
    return found == NEWEST


async def _is_there(owner_url: str) -> bool:
    try:
        connection = await asyncpg.connect(owner_url)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False  # the steps say what is wrong, in one voice
    try:
        return await is_current(connection)
    except asyncpg.PostgresError:
        return False
    finally:
        await connection.close()


def _run_steps(owner_url: str) -> None:
    from calls.store.steps import run_steps  # dear to load, and seldom needed

    run_steps(owner_url)
