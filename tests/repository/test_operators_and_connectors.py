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
    """One heading says "confirmed"; it or the one that follows says "not", and something stands below."""
    parts = re.split(r"^#+ (.+)$", (folder / "README.md").read_text(), flags=re.MULTILINE)
    sections = list(zip(parts[1::2], parts[2::2], strict=True))
    place = next((i for i, (heading, _) in enumerate(sections) if re.search("confirmed", heading, re.IGNORECASE)), None)
    assert place is not None
    both = sections[place : place + 2]
    assert any(re.search(r"\bnot\b", heading, re.IGNORECASE) for heading, _ in both)
    assert all(len(text.split()) > 10 for _, text in both)


@pytest.mark.parametrize("folder", folders("crm_connectors"), ids=lambda p: p.name)
def test_its_data_can_be_read_and_is_what_it_declares(folder: Path) -> None:
    assert read_spec(folder) == CONNECTORS[folder.name].spec
