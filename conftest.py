"""What all tests share: where a test belongs, and that nothing of ours blocks the event loop."""

from __future__ import annotations

import functools
from collections.abc import Generator
from pathlib import Path
from types import ModuleType

import pytest
from blockbuster import BlockBuster
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent
_SERVICE = ("bot", "calls", "crm_connectors", "graph", "operators")
_KINDS = {"browser": "browser", "repository": "repository"}  # folder in tests/ → marker; the others are "processes"
# What takes longest, longest first. It is begun first, so that no process works alone in the end.
_LONG = (
    "tests/simulation/",
    "tests/scenarios/test_calls",
    "tests/commands/test_day",
    "tests/scenarios/test_stream",
    "tests/scenarios/test_nodes",
    "tests/scenarios/test_apply",
    "tests/scenarios/",
    "tests/commands/",
    "tests/browser/",
    "tests/playground/",
    "tests/hostile/",
    "tests/integration/",
)

# Blocking calls that may stay on the loop: (what, in which file of the stack, in which functions), each with a reason.
_HARMLESS = (
    # Time zone data: a few KB once per process and zone, then remembered by the standard library.
    ("os.stat", "zoneinfo/_tzpath.py", ("find_tzfile",)),
    ("io.BufferedReader.read", "zoneinfo/_common.py", ("load_data",)),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's folder says what kind it is: `make unit` runs the unmarked, the other steps one kind each."""
    items.sort(key=_rank)
    for item in items:
        parts = item.path.relative_to(ROOT).parts
        if parts[0] == "tests":
            item.add_marker(_KINDS.get(parts[1], "processes"))


def _rank(item: pytest.Item) -> int:
    path = item.path.relative_to(ROOT).as_posix()
    return next((place for place, start in enumerate(_LONG) if path.startswith(start)), len(_LONG))


class _ByFile(LoadScopeScheduling):
    """Side by side, but a file's tests in one process and in their order: they may share what is dear to start."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _ByFile:
    return _ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """In tests of the service's packages, a blocking call (file, socket, sleep, lock) that our code makes on the event
    loop raises BlockingError: one blocked loop delays every tenant's cards. The tests' own files may block."""
    if item.path.relative_to(ROOT).parts[0] not in _SERVICE:
        return (yield)
    watch = _watch()
    watch.activate()
    try:
        return (yield)
    finally:
        watch.deactivate()


@functools.cache
def _watch() -> BlockBuster:
    ours = [_folder(ROOT / name) for name in _SERVICE]
    tests = [_folder(path) for name in _SERVICE for path in (ROOT / name).rglob("tests")]
    watch = BlockBuster(ours, excluded_modules=tests)
    for call, file, functions in _HARMLESS:
        watch.functions[call].can_block_in(file, functions)
    return watch


def _folder(path: Path) -> ModuleType:
    """A folder in the form in which BlockBuster takes one, without importing what is in it."""
    module = ModuleType(path.name)
    module.__path__ = [f"{path}/"]
    return module
