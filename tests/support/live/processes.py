"""Real processes for tests: started, watched, killed, and gone when the test run is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.live.waiting import until

ROOT = Path(__file__).parents[3]
_START_SECONDS = 90.0  # on a machine that has other things to do; a test has 120
FULL = Path("/dev/full")  # a device on which there is no space left, ever
# A shell that outlives us: it is told every process id, and kills what is left when our end of the pipe closes.
_GUARD = 'while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill -9 $pids 2>/dev/null'


class Nursery:
    """Everything a test run has started."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.children: list[Child] = []
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD], stdin=subprocess.PIPE, start_new_session=True, stderr=subprocess.DEVNULL
        )

    async def start(self, name: str, arguments: Sequence[str], env: Mapping[str, str], *, ready: str | None) -> Child:
        """Run a program and wait for the line that says it is ready; the rest of that line is ``Child.said``. Without
        such a line the disk for all that it writes is full."""
        number = len(self.children)
        out, err = (self.logs / f"{number:02d}-{name}.{kind}" for kind in ("out", "err"))
        for file in (out, err):
            file.touch()
        to_out, to_err = (out, err) if ready is not None else (FULL, FULL)
        with to_out.open("wb") as output, to_err.open("wb") as errors:
            process = subprocess.Popen(  # noqa: ASYNC220 - a few milliseconds, and no test measures time
                arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=ROOT, env=dict(env)
            )
        assert self._guard.stdin is not None
        self._guard.stdin.write(f"{process.pid}\n".encode())
        self._guard.stdin.flush()
        child = Child(name=name, process=process, out=out, err=err)
        self.children.append(child)
        if ready is not None:
            child.said = await child.wait_for(ready)
        return child

    async def close(self) -> None:
        for child in self.children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGCONT)
                child.process.terminate()
        for child in self.children:
            try:
                await child.ended(12)
            except TimeoutError:
                child.process.kill()
                await child.ended(5)
        self._guard.kill()  # everything is gone; the guard must not act on numbers that others may get
        self._guard.wait()
        if self._guard.stdin is not None:
            self._guard.stdin.close()

    def written(self) -> dict[str, str]:
        """What every process has said so far, by file name."""
        files = [file for child in self.children for file in (child.out, child.err)]
        return {file.name: file.read_text(encoding="utf-8", errors="replace") for file in files}


@dataclass(kw_only=True, slots=True, eq=False)
class Child:
    """One process."""

    name: str
    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    said: str = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def family(self) -> list[psutil.Process]:
        """The process and everything it has started."""
        try:
            me = psutil.Process(self.pid)
            return [me, *me.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    async def ended(self, seconds: float) -> int:
        """Its exit code. Raises TimeoutError."""

        async def gone() -> bool:
            return not self.alive

        await until(gone, seconds)
        return int(self.process.returncode)

    async def wait_for(self, beginning: str) -> str:
        """Wait until its output has a line that begins so; returns the rest of that line."""

        async def said() -> str | None:
            for line in self.out.read_text(encoding="utf-8").splitlines(keepends=True):
                if line.startswith(beginning) and line.endswith("\n"):
                    return line.removeprefix(beginning).strip()
            assert self.alive, f"{self.name} ended with {self.process.poll()}: {self.err.read_text()}"
            return None

        return await until(said, _START_SECONDS) or ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A program that has run to its end."""

    code: int
    out: str
    err: str


async def run_program(arguments: Sequence[str], env: Mapping[str, str]) -> Done:
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=dict(env),
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            out, err = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return Done(code=process.returncode or 0, out=out.decode(), err=err.decode())


def smartcall(*arguments: str) -> list[str]:
    """The program's command line, without needing it on the PATH."""
    return [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())", *arguments]


def clean_environment(**settings: str) -> dict[str, str]:
    """This process's environment without any setting of ours, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SMARTCALL_")}
    return {**kept, "PYTHONUNBUFFERED": "1", **settings}
