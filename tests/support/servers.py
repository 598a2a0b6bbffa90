"""A packaged PostgreSQL for tests: one server, a migrated template, and a fresh database as fast as a copy.

The server goes with the test run whatever ends it: beside it waits a shell that reads from a pipe of ours. When this
process dies, the pipe closes, and the shell takes the server down and its data away.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from calls.store.postgres import PackagedPostgres
from calls.store.schema import migrate

FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB"
_TEMPLATE = "migrated"
_GUARD = 'read -r _; "$1" -D "$2" -m immediate stop; rm -rf "$2" "$3"'


@dataclass(kw_only=True, slots=True)
class TestServer:
    """A running server with a migrated template database."""

    __test__ = False  # not a test, whatever its name says to pytest

    postgres: PackagedPostgres
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def create(self) -> str:
        """The owner's URL of a new, migrated, empty database."""
        name = f"test_{next(self._numbers)}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{_TEMPLATE}" STRATEGY file_copy')
        return self.postgres.url(name)

    async def drop(self, url: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        name = url.partition("?")[0].rpartition("/")[2]
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.postgres.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def running_server(flags: str = FAST) -> AsyncIterator[TestServer]:
    """Start a server on a folder of its own; stop it and delete the folder in the end."""
    folder = _open_folder()
    postgres = PackagedPostgres.at(folder, flags=flags)
    guard = _guard(postgres)
    try:
        await postgres.start()
        await migrate(await postgres.create_database(_TEMPLATE))
        yield TestServer(postgres=postgres)
    finally:
        await postgres.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(postgres.socket_dir, ignore_errors=True)
        await asyncio.to_thread(guard.communicate)


def _open_folder() -> Path:
    """A new folder. As root, the server runs as another account, which must come through."""
    folder = Path(tempfile.mkdtemp(prefix="smartcall-tests-"))
    folder.chmod(0o755)
    return folder


def _guard(postgres: PackagedPostgres) -> subprocess.Popen[bytes]:
    words = (postgres.bin_dir / "pg_ctl", postgres.data_dir, postgres.socket_dir)
    return subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "guard", *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        user=postgres.account,  # pg_ctl refuses to run as root
        cwd="/",
    )
