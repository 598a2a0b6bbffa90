#!/usr/bin/env python3
"""Sets a machine up for one use of the project: `python3 scripts/setup.py run|dev|test|playground|python|pages`.

Does only what is not done yet: each step leaves a stamp that names what it was made from, beside what it made. A second
run costs a fraction of a second and prints nothing. Runs on any Python 3.8 (see machine.py) and needs nothing but it.
`python` and `pages` are the two halves of `test` that may be set up at the same time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from machine import BIN, ROOT, VENV, SetupError, find_node, find_python, tool_environment

if TYPE_CHECKING:
    from collections.abc import Callable


class Step(NamedTuple):
    name: str  # shown while it runs
    stamp: Path  # remembers what the result was made from
    made_from: str  # changes when the step must run again
    result: Path  # must exist as well
    run: Callable[[], None]


PYTHON, PAGES = ROOT / "scripts" / "machine.py", Path(__file__)  # whoever works on a half has its file locked
USES = {
    "run": ("packages", "page"),
    "dev": ("packages", "page packages"),
    "test": ("packages", "page", "playground", "chromium"),
    "playground": ("packages", "playground"),
    "python": ("packages",),
    "pages": ("page", "playground"),
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in USES:
        print(f"usage: python3 scripts/setup.py {'|'.join(USES)}", file=sys.stderr)
        return 2
    try:
        prepare(arguments[0])
    except SetupError as error:
        print(f"\nSet-up stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted; the next run goes on from here.", file=sys.stderr)
        return 130
    return 0


def prepare(use: str) -> None:
    """Runs the steps of a use that are not done. Raises SetupError."""
    halves = plan(use)
    total = sum(len(steps) for _, steps in halves)
    done = 0
    for half, steps in halves:
        with half.open() as lock:
            _wait_for(lock.fileno())
            for number, step in enumerate(steps, done + 1):
                _take(step, f"[{number}/{total}] {step.name}")
        done += len(steps)


def _take(step: Step, shown: str) -> None:
    if step.result.exists() and _read(step.stamp) == step.made_from:
        return
    print(f"{shown} ...", flush=True)
    begun = time.monotonic()
    step.run()
    step.stamp.parent.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(step.made_from)
    print(f"{shown}: done in {time.monotonic() - begun:.0f} s", flush=True)


def plan(use: str) -> list[tuple[Path, list[Step]]]:
    """The steps of each half, and what is locked meanwhile. The pages need Python only where it brings their Node."""
    wanted = USES[use]
    halves = []
    if "packages" in wanted or find_node() is None:
        halves.append(
            (PYTHON, _python_steps(dev=use in ("dev", "test", "python", "pages") or (VENV / ".dev").exists()))
        )
    pages = _page_steps(wanted)
    if pages:
        halves.append((PAGES, pages))
    if "chromium" in wanted:
        halves.append((PYTHON, [_chromium_step()]))
    return halves


def _page_steps(wanted: tuple[str, ...]) -> list[Step]:
    page = ROOT / "web"
    steps = []
    if "page" in wanted or "page packages" in wanted:
        steps.append(_npm_step("Page packages", page))
    if "page" in wanted:
        steps.append(
            Step(
                "Page: build",
                page / "node_modules" / ".built-from",
                _digest(_sources(page)),
                page / "dist" / "index.html",
                lambda: _call(["npm", "run", "--silent", "build", "--", "--logLevel=warn"], cwd=page),
            )
        )
    if "playground" in wanted:
        steps.append(_npm_step("Microsoft 365 Agents Playground", ROOT / "playground"))
    return steps


def _chromium_step() -> Step:
    finder = [str(BIN / "python"), str(ROOT / "scripts" / "chromium.py"), "--install"]
    named = os.environ.get("SMARTCALL_CHROMIUM", "")
    found = Path(_read(VENV / ".chromium") or "/nowhere")
    return Step("Chromium", VENV / ".chromium-asked", f"named: {named}", found, lambda: _call(finder))


def _python_steps(*, dev: bool) -> list[Step]:
    made = BIN / "python"
    node = find_node()
    wheel = [] if node else ["node.txt"]
    bootstrap, *locks = [
        ROOT / "requirements" / name for name in ["bootstrap.txt", "dev.txt" if dev else "run.txt", *wheel]
    ]

    def create() -> None:
        python = find_python()
        print(f"      Python {python.version} ({python.path})", flush=True)
        _call([python.path, "-m", "venv", "--clear", str(VENV)])

    def install() -> None:
        print("      the first time this fetches some hundred MB" + ("" if node else ", Node among it"), flush=True)
        python, uv = str(made), str(BIN / "uv")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _call([*pip, "--require-hashes", "--requirement", str(bootstrap)])
        everything = map(str, [bootstrap, *locks])
        _call([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", *everything])
        ours = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
        _call([uv, "pip", "install", "--quiet", "--python", python, *ours])
        if dev:
            (VENV / ".dev").touch()

    inputs = _digest([bootstrap, *locks, ROOT / "pyproject.toml"])
    return [
        Step("Python environment", VENV / ".made-for", str(ROOT), made, create),
        Step("Python packages", VENV / ".made-from", inputs, BIN / "smartcall", install),
    ]


def _npm_step(name: str, folder: Path) -> Step:
    lock = folder / "package-lock.json"
    modules = folder / "node_modules"
    # No package's own install script runs: nothing we use needs one.
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    return Step(
        name, modules / ".made-from", _digest([lock, folder / "package.json"]), modules, lambda: _call(command, folder)
    )


def _call(command: list[str], cwd: Path | None = None) -> None:
    """Runs a program to its end; what it prints is seen. Raises SetupError when it fails or is missing."""
    try:
        done = subprocess.run(
            command, cwd=str(cwd or ROOT), env=tool_environment(), stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        raise SetupError(f"cannot start {command[0]}: {error.strerror}") from None
    if done.returncode:
        shown = " ".join(os.path.relpath(part, str(ROOT)) if part.startswith(str(ROOT)) else part for part in command)
        raise SetupError(f"this failed, see above: {shown}")


def _sources(folder: Path) -> list[Path]:
    found = []
    for place, folders, files in os.walk(str(folder)):
        folders[:] = [name for name in folders if name not in ("node_modules", "dist")]
        found += [Path(place) / name for name in files]
    return sorted(found)


def _digest(files: list[Path]) -> str:
    whole = hashlib.sha256(str(ROOT).encode())
    for file in files:
        whole.update(str(file).encode() + b"\0" + (file.read_bytes() if file.exists() else b"") + b"\0")
    return whole.hexdigest()


def _read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


def _wait_for(lock: int) -> None:
    """One set-up of a half at a time in this folder; the lock goes with the process."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("Another set-up is running here; waiting for it ...", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
