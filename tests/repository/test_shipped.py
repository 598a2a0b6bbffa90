"""What is shipped is told whole: the software bill of materials and the licence list cover the locks, and the pages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.repository.test_locks import pins

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
IMPORTED = re.compile(r"""(?:from|import|import\()\s*["']((?:@[\w.-]+/)?[\w][\w.-]*)""")


@pytest.fixture(scope="module")
def boms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Both, as `make sbom` writes them."""
    into = tmp_path_factory.mktemp("sbom")
    command = [sys.executable, str(ROOT / "scripts" / "sbom.py"), "--into", str(into)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return {name: json.loads((into / f"sbom.{name}.cdx.json").read_text()) for name in ("python", "page")}


def test_each_line_of_the_runtimes_lock_is_in_the_bill_with_all_its_hashes(boms: dict[str, Any]) -> None:
    listed = {
        (part["name"], part["version"]): {
            each["content"] for place in part["externalReferences"] for each in place.get("hashes", ())
        }
        for part in boms["python"]["components"]
    }
    assert {(name, version) for name, versions in pins("run").items() for version in versions} == set(listed)
    lock = (ROOT / "requirements" / "run.txt").read_text()
    assert set().union(*listed.values()) == set(re.findall(r"--hash=sha256:(\w+)", lock))
    assert all(listed.values())


def packages_of_the_page() -> dict[str, str]:
    """Name and version of whatever is not for building alone, and its hash."""
    lock = json.loads((WEB / "package-lock.json").read_text())["packages"]
    return {
        f"{path.rpartition('node_modules/')[2]}@{package['version']}": package["integrity"]
        for path, package in lock.items()
        if path and not package.get("dev") and not package.get("devOptional")
    }


def test_each_package_of_the_page_is_in_the_bill_with_its_hash(boms: dict[str, Any]) -> None:
    listed = {part["bom-ref"] for part in boms["page"]["components"]}
    assert set(packages_of_the_page()) == listed
    assert all(part["hashes"] for part in boms["page"]["components"])


def test_a_page_holds_nothing_that_counts_as_a_tool() -> None:
    """What it imports is a dependency, so that it is in the bill and in the licence list."""
    sources = [path for ending in ("ts", "tsx", "css") for path in (WEB / "src").rglob(f"*.{ending}")]
    found = {name for path in sources for name in IMPORTED.findall(path.read_text(encoding="utf-8"))}
    assert len(found) > 4
    assert found <= set(json.loads((WEB / "package.json").read_text())["dependencies"])


def test_the_licence_list_covers_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    licences: ModuleType = __import__("licenses")
    assert {f"{each.name}@{each.version}" for each in licences.page_packages()} == set(packages_of_the_page())
    listed = {each.name.lower().replace("_", "-").replace(".", "-") for each in licences.python_packages()}
    assert listed <= set(pins("run"))
    missing = set(pins("run")) - listed
    assert not {name for name in missing if _is_for_here(name)}


def _is_for_here(name: str) -> bool:
    """Some lines of the lock are for other systems and Pythons: only what is installed has a licence to read."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
