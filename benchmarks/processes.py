"""The processes of a run: started, waited for, stopped; and gone when the run is killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from calls.store.postgres import PackagedPostgres
from calls.store.schema import migrate

ROOT = Path(__file__).parents[1]
_READY_SECONDS, _STOP_SECONDS = 60.0, 15.0
# A shell that outlives us and reads from a pipe of ours; when that closes, it cleans up.
_KILL = 'while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill -9 $pids 2>/dev/null'
_REMOVE = 'read -r _; "$1" -D "$2" -m immediate stop; rm -rf "$2" "$3"'


@dataclass(kw_only=True, slots=True)
class Child:
    """One running program."""

    process: subprocess.Popen[bytes]
    out: Path
    address: str = ""

    async def stop(self) -> None:
        self.process.terminate()
        try:
            await asyncio.to_thread(self.process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(kw_only=True, slots=True)
class Family:
    """Everything that a run has started. What programs say on standard error is kept in ``folder``."""

    folder: Path
    children: list[Child] = field(default_factory=list)
    _guard: subprocess.Popen[bytes] = field(
        default_factory=lambda: subprocess.Popen(
            ["/bin/sh", "-c", _KILL], stdin=subprocess.PIPE, start_new_session=True, stderr=subprocess.DEVNULL
        )
    )

    async def start(self, words: Sequence[str], ready: str, **settings: str) -> Child:
        """Run a program until it says ``ready`` and its address."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SMARTCALL_")}
        path = self.folder / f"{len(self.children):02d}"
        with path.with_suffix(".out").open("wb") as out, path.with_suffix(".err").open("wb") as err:
            env = {**kept, "PYTHONUNBUFFERED": "1", **settings}
            process = subprocess.Popen(  # noqa: ASYNC220 - a few milliseconds, before anything is measured
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT, env=env
            )
        assert self._guard.stdin is not None
        self._guard.stdin.write(f"{process.pid}\n".encode())
        self._guard.stdin.flush()
        child = Child(process=process, out=path.with_suffix(".out"))
        self.children.append(child)
        async with asyncio.timeout(_READY_SECONDS):
            while not child.address:
                for line in child.out.read_text(encoding="utf-8").splitlines(keepends=True):
                    if line.startswith(ready) and line.endswith("\n"):
                        child.address = line.removeprefix(ready).strip()
                if process.poll() is not None:
                    raise RuntimeError(f"{words}: {path.with_suffix('.err').read_text(encoding='utf-8')}")
                await asyncio.sleep(0.05)
        return child

    async def stop(self) -> None:
        await asyncio.gather(*(child.stop() for child in self.children if child.process.poll() is None))
        self._guard.kill()
        self._guard.wait()

    def complaints(self) -> list[str]:
        """The lines that programs have written to standard error."""
        return [line for path in sorted(self.folder.glob("*.err")) for line in path.read_text("utf-8").splitlines()]


def module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


@asynccontextmanager
async def running_postgres(flags: str) -> AsyncIterator[tuple[PackagedPostgres, str]]:
    """A server on a folder of its own, and the owner's URL of a migrated database."""
    folder = Path(tempfile.mkdtemp(prefix="smartcall-bench-"))
    folder.chmod(0o755)  # noqa: ASYNC240 - as root, the server runs as another account
    postgres = PackagedPostgres.at(folder, flags=flags)
    words = map(str, (postgres.bin_dir / "pg_ctl", postgres.data_dir, postgres.socket_dir))
    guard = subprocess.Popen(  # noqa: ASYNC220
        ["/bin/sh", "-c", _REMOVE, "guard", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        user=postgres.account,
        cwd="/",
    )
    try:
        await postgres.start()
        url = await postgres.create_database("bench")
        await migrate(url)
        yield postgres, url
    finally:
        await postgres.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(postgres.socket_dir, ignore_errors=True)
        await asyncio.to_thread(guard.communicate)
