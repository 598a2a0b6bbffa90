"""Bringing a database to this version's schema, and telling whether it is there."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

_ONE_AT_A_TIME = 0x5CA11  # advisory lock: two nodes that start together migrate one after the other


async def migrate(owner_url: str) -> None:
    """Run every missing step as the owner of the tables. Safe to run again, and from several nodes at once."""
    await asyncio.to_thread(_migrate, owner_url)


async def is_current(connection: asyncpg.Connection) -> bool:
    """Whether the database is at the step this version was built for."""
    if await connection.fetchval("SELECT to_regclass('smartcall.alembic_version')") is None:
        return False
    found: str | None = await connection.fetchval("SELECT version_num FROM smartcall.alembic_version")
    return found == _newest()


@cache
def _newest() -> str | None:
    """Read from the disk once: health checks ask often, and from the event loop."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _migrate(owner_url: str) -> None:
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ONE_AT_A_TIME})")
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS smartcall")
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    engine.dispose()
