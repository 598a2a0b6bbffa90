"""The packaged PostgreSQL: the same data after a stop, a crash, and a start that never got far."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from calls.store.postgres import PackagedPostgres, PostgresFailed
from tests.support.servers import FAST


@pytest.fixture
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="smartcall-tests-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


async def _ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_data_outlives_stop_crash_and_start(folder: Path) -> None:
    postgres = PackagedPostgres.at(folder, flags=FAST)
    try:
        await postgres.start()
        url = await postgres.create_database("kept")
        await _ask(url, "CREATE TABLE t AS SELECT 42 AS answer")
        await _ask(url, "CHECKPOINT")
        await postgres.start()
        assert await _ask(url, "SELECT answer FROM t") == 42, "started twice, it is used as it is"
        for mode in ("fast", "immediate"):
            await postgres.stop(mode)
            with pytest.raises((FileNotFoundError, ConnectionError)):
                await _ask(url, "SELECT 1")
            await postgres.start()
            assert await _ask(await postgres.create_database("kept"), "SELECT answer FROM t") == 42
        assert await _ask(await postgres.create_database("kept", anew=True), "SELECT to_regclass('t')") is None
    finally:
        await postgres.stop()
        await asyncio.to_thread(shutil.rmtree, postgres.socket_dir, ignore_errors=True)
    await postgres.stop()


async def test_a_first_start_that_was_killed_is_begun_again(folder: Path) -> None:
    postgres = PackagedPostgres.at(folder, flags=FAST)
    half = postgres.data_dir.with_name("postgres.new")
    half.mkdir(mode=0o700)
    (half / "PG_VERSION").write_text("18\n")
    try:
        await postgres.start()
        assert await _ask(postgres.url(), "SELECT 1") == 1
    finally:
        await postgres.stop()
        await asyncio.to_thread(shutil.rmtree, postgres.socket_dir, ignore_errors=True)


async def test_only_its_own_account_comes_through_to_it(folder: Path) -> None:
    postgres = PackagedPostgres.at(folder, flags=FAST)
    try:
        await postgres.start()
        assert postgres.data_dir.stat().st_mode & 0o077 == 0
        assert postgres.socket_dir.stat().st_mode & 0o077 == 0
        assert await _ask(postgres.url(), "SHOW listen_addresses") == ""
    finally:
        await postgres.stop()
        await asyncio.to_thread(shutil.rmtree, postgres.socket_dir, ignore_errors=True)


async def test_what_goes_wrong_is_said_in_the_servers_words(folder: Path) -> None:
    postgres = PackagedPostgres.at(folder, flags="-c no_such_setting_at_all=1")
    with pytest.raises(PostgresFailed, match="pg_ctl failed"):
        await postgres.start()
    await asyncio.to_thread(shutil.rmtree, postgres.socket_dir, ignore_errors=True)
