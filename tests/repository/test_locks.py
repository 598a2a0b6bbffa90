"""The locked versions are those that pyproject.toml allows, whole and with hashes. (`make lock` makes them anew.)"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
GROUPS = {"run": None, "dev": "dev", "node": "node", "bootstrap": "bootstrap"}  # lock file → dependency group
PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[^]]*\])?==(?P<version>\S+)(?P<rest>.*(?:\n    --hash=.*)*)", re.MULTILINE)


@cache
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def pins(lock: str) -> dict[str, set[str]]:
    """Package → the versions pinned (more than one where markers tell Pythons apart)."""
    found: dict[str, set[str]] = {}
    for pin in PIN.finditer((ROOT / "requirements" / f"{lock}.txt").read_text()):
        assert "--hash=sha256:" in pin["rest"], f"{lock}.txt: {pin['name']} has no hash"
        found.setdefault(canonicalize_name(pin["name"]), set()).add(pin["version"])
    return found


@pytest.mark.parametrize(("lock", "group"), GROUPS.items())
def test_every_requirement_is_locked_as_allowed(lock: str, group: str | None) -> None:
    wanted = project()["dependency-groups"][group] if group else project()["project"]["dependencies"]
    for requirement in map(Requirement, wanted):
        versions = pins(lock).get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not in requirements/{lock}.txt; make lock"
        assert all(v in requirement.specifier for v in versions), f"{requirement} but {versions}; make lock"


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    other = {name: (versions, pins("dev").get(name)) for name, versions in pins("run").items()}
    assert len(other) > 50
    assert not {name: pair for name, pair in other.items() if pair[0] != pair[1]}


def test_the_build_tool_is_locked() -> None:
    for requirement in map(Requirement, project()["build-system"]["requires"]):
        assert all(v in requirement.specifier for v in pins("bootstrap")[canonicalize_name(requirement.name)])
