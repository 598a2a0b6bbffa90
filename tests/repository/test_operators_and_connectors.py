"""Each operator and each connector says what it is and what of it is proven."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crm_connectors import CONNECTORS
from crm_connectors.spec import read_spec
from operators import OPERATORS

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = {"testing", "tests", "__pycache__"}  # folders that are neither


def folders(package: str) -> list[Path]:
    found = [p for p in sorted((ROOT / package).iterdir()) if p.is_dir() and p.name not in SUPPORT]
    assert found
    return found


def test_each_folder_is_in_its_list() -> None:
    assert {p.name for p in folders("operators")} == set(OPERATORS)
    assert {p.name for p in folders("crm_connectors")} == set(CONNECTORS)


@pytest.mark.parametrize("folder", [*folders("operators"), *folders("crm_connectors")], ids=lambda p: p.name)
def test_its_readme_tells_the_proven_from_the_unproven(folder: Path) -> None:
    headings = re.findall(r"^#+ (.+)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert any(re.match("confirmed", h, re.IGNORECASE) for h in headings)
    assert any(re.match("not confirmed", h, re.IGNORECASE) for h in headings)


@pytest.mark.parametrize("folder", folders("crm_connectors"), ids=lambda p: p.name)
def test_its_data_can_be_read_and_is_what_it_declares(folder: Path) -> None:
    assert read_spec(folder) == CONNECTORS[folder.name].spec
