"""Every package of ours is known to the tools that look after packages."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def packages() -> set[str]:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert {"bot", "calls", "simulators"} <= found
    return found


def test_import_directions_are_checked_for_every_package() -> None:
    assert packages() == set(PROJECT["tool"]["importlinter"]["root_packages"])


def test_types_are_checked_in_every_package() -> None:
    assert packages() <= set(PROJECT["tool"]["mypy"]["packages"])


def test_every_package_is_built_and_its_tests_run() -> None:
    built = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    shipped = packages() - {"benchmarks"}  # measured with, never shipped
    assert not {name for name in shipped if not any(fnmatch(name, pattern) for pattern in built)}
    assert shipped <= set(PROJECT["tool"]["pytest"]["ini_options"]["testpaths"])
