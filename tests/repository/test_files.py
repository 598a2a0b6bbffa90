"""What no file of the repository may hold, and how long one may be."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 300  # lines of one Python or TypeScript file
LONGER: dict[str, str] = {  # path → why this file may be longer
    "tests/integration/test_cards.py": "one stage, and every way a card can go wrong on it",
    "tests/integration/test_journaling.py": "one stage, and every way an entry can go wrong on it",
    "tests/integration/test_one_toast.py": "one stage, and every temper of sources and Teams on it",
}

SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/]{16}",
    "a signed token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "an Azure storage key": r"AccountKey=[A-Za-z0-9+/]{40,}",
    "an Entra client secret": r"\b[\w~.-]{3}8Q~[\w~.-]{31,}",
    "a HubSpot key": r"\bpat-(?:na|eu)\d-(?!(\w)\1{7})[0-9a-f]{8}-[0-9a-f]{4}-",  # not 11111111-…, made up
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{30,}",
    "an AWS key": r"\bAKIA[A-Z0-9]{16}\b",
}
MACHINE_PATH = re.compile(r"(?<![\w.:/@-])/(?:root|work|home/[a-z]\w*|Users/\w+)/[\w.-]")
ADDRESS_OF_A_REGISTRY = re.compile(
    r"--(?:extra-)?index-url|--find-links|^\s*registry\s*=|\"resolved\"\s*:\s*\"https?:|@ https?://", re.MULTILINE
)
LOCKS = ("requirements/*.txt", "package-lock.json", ".npmrc", "pyproject.toml")


def files() -> list[Path]:
    """Every file of the repository, those about to be added included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@cache
def texts() -> list[tuple[str, str]]:
    """(path, content) of those that are text."""
    found = []
    for path in files():
        raw = path.read_bytes()
        if b"\0" not in raw[:8000]:
            found.append((path.relative_to(ROOT).as_posix(), raw.decode(errors="replace")))
    assert len(found) > 50, "is this a git work tree?"
    return found


@pytest.mark.parametrize("what", SECRETS)
def test_no_file_holds_a_secret(what: str) -> None:
    pattern = re.compile(SECRETS[what])
    found = [name for name, text in texts() if pattern.search(text)]
    assert not found, f"{what} in {found}"


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = [f"{name}: {hit.group()}" for name, text in texts() if (hit := MACHINE_PATH.search(text))]
    assert not found


def test_no_lock_file_names_a_registry() -> None:
    locks = {name: text for name, text in texts() if any(PurePath(name).match(pattern) for pattern in LOCKS)}
    assert len(locks) >= 7
    assert not [name for name, text in locks.items() if ADDRESS_OF_A_REGISTRY.search(text)]


def test_files_stay_small() -> None:
    lengths = {
        name: text.count("\n") for name, text in texts() if Path(name).suffix in (".py", ".ts", ".tsx", ".mts", ".js")
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > LONGEST and name not in LONGER}
    assert not too_long, "split them, or argue for them in LONGER"
    forgiven = [name for name in LONGER if lengths.get(name, 0) <= LONGEST]
    assert not forgiven, "these need no exception any more"


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("see /ro" + "ot/notes.txt", MACHINE_PATH),
        ('"/home' + '/kari/x"', MACHINE_PATH),
        ('"resolved"' + ': "https://registry.example/x.tgz"', ADDRESS_OF_A_REGISTRY),
        ("-----BEGIN PRIVATE" + " KEY-----\nMIIEvQIBADANBgkqhkiG9w0", re.compile(SECRETS["a private key"])),
        ("pat-eu1-" + "01234567-89ab-cdef", re.compile(SECRETS["a HubSpot key"])),
    ],
)
def test_the_rules_see_what_they_forbid(text: str, pattern: re.Pattern[str]) -> None:
    assert pattern.search(text)
