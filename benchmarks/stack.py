"""What a run stands on: a durable PostgreSQL, the stand-ins, and nodes of the real program, each a process."""

from __future__ import annotations

import base64
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from benchmarks.company import settle_in
from benchmarks.processes import Child, Family, module, running_postgres
from calls.store.postgres import PackagedPostgres

TENANTS = 200
SERVE = (sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())", "serve")
DURABLE = "-c shared_buffers=256MB"  # everything else as PostgreSQL comes: fsync and synchronous_commit on


@dataclass(kw_only=True, slots=True)
class Stack:
    """The running parts."""

    postgres: PackagedPostgres
    family: Family
    http: aiohttp.ClientSession
    twins: Child
    database_url: str
    key: str
    nodes: list[Child] = field(default_factory=list)
    _owner: Any = None

    @property
    def addresses(self) -> list[str]:
        return [node.address for node in self.nodes]

    async def run_nodes(self, wanted: int, *, program: Sequence[str] = SERVE, **more: str) -> None:
        """Exactly so many fresh nodes of the service."""
        await self.stop_nodes()
        for _ in range(wanted):
            self.nodes.append(await self.family.start(program, "SmartCall is serving:", **self.settings(), **more))

    async def stop_nodes(self) -> None:
        for node in self.nodes:
            await node.stop()
        self.nodes = []

    def settings(self) -> dict[str, str]:
        twins = self.twins.address
        return {
            "SMARTCALL_PORT": "0",
            "SMARTCALL_DATABASE_URL": self.database_url,
            "SMARTCALL_ENCRYPTION_KEY": self.key,
            "SMARTCALL_LOGIN_URL": f"{twins}/login",
            "SMARTCALL_OPENID_METADATA_URL": f"{twins}/keys/openid",
            "SMARTCALL_ALLOW_LOOPBACK": "true",
            "SMARTCALL_LOG_LEVEL": "WARNING",
        }

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """A question to the stand-ins."""
        async with self.http.request(method, f"{self.twins.address}/{path}", json=body) as answer:
            return await answer.json()

    async def sql(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """A question to the database, as its owner; always on the same connection, which costs the server little."""
        if self._owner is None:
            self._owner = await asyncpg.connect(self.database_url)
        return list(await self._owner.fetch(statement, *arguments))

    def cpu(self) -> dict[str, float]:
        """CPU seconds spent so far, by part."""
        return {
            "nodes": sum(spent(node) for node in self.nodes),
            "postgresql": sum(_spent(each.pid) for each in self._postgres()),
            "stand-ins": spent(self.twins),
            "load": _spent(os.getpid()),
        }

    def _postgres(self) -> list[psutil.Process]:
        lines = (self.postgres.data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        postmaster = psutil.Process(int(lines[0]))
        return [postmaster, *postmaster.children()]


def spent(child: Child) -> float:
    """CPU seconds of a program so far."""
    return _spent(child.process.pid)


def _spent(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


@asynccontextmanager
async def running_stack() -> AsyncIterator[Stack]:
    """PostgreSQL and stand-ins up, everybody provisioned, no node yet."""
    raw = os.urandom(32)
    with tempfile.TemporaryDirectory(prefix="smartcall-bench-logs-") as logs:
        family = Family(folder=Path(logs))
        connector = aiohttp.TCPConnector(limit=0)
        async with running_postgres(DURABLE) as (postgres, url), aiohttp.ClientSession(connector=connector) as http:
            try:
                twins = await family.start(module("benchmarks.twins"), "twins ready:")
                await settle_in(url, raw, twins.address, datetime.now(UTC), tenants=TENANTS)
                key = base64.b64encode(raw).decode()
                yield Stack(postgres=postgres, family=family, http=http, twins=twins, database_url=url, key=key)
            finally:
                await family.stop()
                for line in family.complaints()[:20]:
                    print(line, file=sys.stderr)
