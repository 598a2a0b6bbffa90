"""What this machine already has: a Python and a Node that are new enough.

Runs on any Python 3.8, so that an old one can say what is missing instead of failing to parse.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"

_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3")
_PROBE = """
import sys
print("%d.%d.%d" % sys.version_info[:3])
try:
    import ensurepip, venv
    print("venv")
except ImportError:
    print("no venv")
"""


class SetupError(Exception):
    """Something only a person can mend; the message says how."""


class Python(NamedTuple):
    path: str  # as found on PATH
    version: str  # "3.11.7"


class Node(NamedTuple):
    folder: Path  # holds node and npm
    version: str  # "v20.20.2"


def find_python() -> Python:
    """The newest Python that can build a virtual environment. A name on PATH proves little (version managers leave
    stand-ins there that only print an error), so each is asked. SMARTCALL_PYTHON names another one."""
    bare = None
    for name in (os.environ.get("SMARTCALL_PYTHON"), *_PYTHONS):
        path = shutil.which(name, path=_foreign_path()) if name else None
        answer = _ask(path, "-c", _PROBE).split("\n") if path else []
        if not path or len(answer) < 2 or _numbers(answer[0]) < (3, 11):
            continue
        if answer[1] == "venv":
            return Python(path, answer[0])
        bare = bare or answer[0]
    if bare:
        minor = ".".join(bare.split(".")[:2])
        raise SetupError(
            f"Python {bare} is here, but without its venv module. On Debian and Ubuntu: "
            f"sudo apt-get install python{minor}-venv"
        )
    raise SetupError(
        "No Python 3.11 or newer found. Debian and Ubuntu: sudo apt-get install python3 python3-venv; "
        "macOS: brew install python@3.13; or set SMARTCALL_PYTHON to one."
    )


def find_node() -> Node | None:
    """The machine's own Node, if the page's build tool (Vite: 20.19, or 22.12 and later) runs on it; else None."""
    node, npm = shutil.which("node", path=_foreign_path()), shutil.which("npm", path=_foreign_path())
    if not node or not npm:
        return None
    version = _ask(node, "--version")
    numbers = _numbers(version.lstrip("v"))
    if not ((20, 19) <= numbers < (21,) or numbers >= (22, 12)):
        return None
    return Node(Path(node).parent, version)


def tool_environment() -> dict[str, str]:
    """The environment in which the project's tools run: its own programs come first on PATH."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}


def _foreign_path() -> str:
    """PATH without our own virtual environment: what is there is set-up's result, not its ground."""
    return os.pathsep.join(p for p in os.environ.get("PATH", "").split(os.pathsep) if p and Path(p) != BIN)


def _ask(path: str, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(p) for p in parts) if all(p.isdigit() for p in parts) and version else (0,)
