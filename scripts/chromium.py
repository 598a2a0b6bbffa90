"""Finds a Chromium for the browser tests and prints its path; with `--install`, fetches one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = ROOT / ".venv" / ".chromium"  # the path found last, read by the set-up

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_PLAYWRIGHT = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
_HELP = (
    "no Chromium for the browser tests. Install Chromium or Chrome, or name one: "
    "SMARTCALL_CHROMIUM=/path/to/chromium make test"
)
_HELP_DRIVER = "Playwright's own Node does not start here; on Debian and Ubuntu: sudo apt-get install libatomic1"


def find() -> str | None:
    """The first browser that starts. SMARTCALL_CHROMIUM wins; a wrong value there is not passed over."""
    named = os.environ.get("SMARTCALL_CHROMIUM")
    if named:
        return named if _starts(named) else None
    return next(filter(_starts, _candidates()), None)


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, _NAMES))
    yield from filter(os.path.exists, _MAC)
    for cache in _playwright_caches():
        for pattern in _PLAYWRIGHT:
            yield from map(str, sorted(cache.glob(pattern), reverse=True))


def _playwright_caches() -> Iterator[Path]:
    """Where Playwright keeps its browsers (https://playwright.dev/python/docs/browsers#managing-browser-binaries)."""
    if os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        yield Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"])
    yield Path.home() / ".cache" / "ms-playwright"
    yield Path.home() / "Library" / "Caches" / "ms-playwright"


def _starts(path: str) -> bool:
    """True when the program runs at all: a browser may lie there while the libraries it needs do not."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> None:
    """Tries the ways this machine may have, the surest first: Debian's package, else Playwright's own build."""
    ways = [_with_playwright, _with_apt] if "ID=debian" not in _system() else [_with_apt, _with_playwright]
    for way in ways:
        if way() and find():
            return


def driver_works() -> bool:
    """Playwright brings a Node of its own; a bare Debian lacks one library of its (libatomic1)."""
    version = [sys.executable, "-m", "playwright", "--version"]
    return _run(version, dict(os.environ), quiet=True) or (_with_apt("libatomic1") and _run(version, dict(os.environ)))


def _with_apt(package: str = "chromium") -> bool:
    sudo = _sudo()
    if sudo is None or not shutil.which("apt-get"):
        return False
    print(f"      apt-get install {package}", file=sys.stderr, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return _run([*sudo, "apt-get", "update", "-qq"], quiet) and _run(
        [*sudo, "apt-get", "install", "-y", "-qq", "--no-install-recommends", package], quiet
    )


def _with_playwright() -> bool:
    print("      playwright install chromium", file=sys.stderr, flush=True)
    libraries = ["--with-deps"] if sys.platform == "linux" and _sudo() is not None and shutil.which("apt-get") else []
    return _run([sys.executable, "-m", "playwright", "install", *libraries, "chromium"], dict(os.environ))


def _sudo() -> list[str] | None:
    """What to put before a command that needs root; None when we may not be root without asking."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and _run(["sudo", "-n", "true"], dict(os.environ), quiet=True):
        return ["sudo", "-n"]
    return None


def _run(command: list[str], environment: dict[str, str], *, quiet: bool = False) -> bool:
    """True when the command ended well. Standard output is kept for the path alone; a failure shows its last words."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode and not quiet:
        print("".join((done.stdout + done.stderr).splitlines(keepends=True)[-8:]), file=sys.stderr, flush=True)
    return done.returncode == 0


def _system() -> str:
    file = Path("/etc/os-release")
    return file.read_text() if file.exists() else ""


def main(arguments: list[str]) -> int:
    if "--install" in arguments and not find():
        if os.environ.get("SMARTCALL_CHROMIUM"):
            print(f"SMARTCALL_CHROMIUM is {os.environ['SMARTCALL_CHROMIUM']}, which does not start.", file=sys.stderr)
            return 1
        install()
    path = find()
    if not path:
        print(_HELP, file=sys.stderr)
        return 1
    if "--install" in arguments:
        if not driver_works():
            print(_HELP_DRIVER, file=sys.stderr)
            return 1
        STAMP.write_text(path)
    else:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
