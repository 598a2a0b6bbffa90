"""The steps from an empty database to this version's schema, as Alembic runs them.

Loaded only where a step is missing: Alembic and SQLAlchemy take half a second of every start that needs neither.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from calls.store.schema import NotMigrated

_ONE_AT_A_TIME = 0x5CA11  # advisory lock: two nodes that start together migrate one after the other


def run_steps(owner_url: str) -> None:
    """Run every missing step. Blocks. Raises NotMigrated."""
    try:
        _run(owner_url)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()
        raise NotMigrated(reason[0] if reason else "no reason given") from None


def newest_step() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _run(owner_url: str) -> None:
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


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
