"""docs/threat-model.md names tests: each of them exists, each door has its section, and nothing is passed over."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| ([STRIDE]) \|(.*)\|$", re.MULTILINE)
STAYS = re.compile(r"^(?:What stays|What is left|Left to)\b", re.MULTILINE)
DOORS = ("bot", "operators", "port", "stream", "Addresses", "database", "Secrets", "shipped", "demo", "Logs")


def held_by(path: Path) -> set[str]:
    """Every test a file holds, those in classes too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions) and node.name.startswith("test_")}


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED.findall(TEXT)}))
def test_every_test_that_is_named_exists(path: str) -> None:
    named = {name for each, name in NAMED.findall(TEXT) if each == path}
    assert named <= held_by(ROOT / path)


def test_every_threat_names_what_holds_it() -> None:
    rows = ROW.findall(TEXT)
    assert len(rows) > 30
    assert not [row for _, row in rows if not NAMED.search(row)]


@pytest.mark.parametrize("door", DOORS)
def test_every_door_has_a_section_that_says_what_does_not_stand(door: str) -> None:
    section = next(part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:] if door in part.splitlines()[0])
    assert STAYS.search(section)
