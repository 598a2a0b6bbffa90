"""docs/operations.md names a test for each fault, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

from tests.repository.test_threat_model import NAMED, held_by

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    missing = [f"{path}::{name}" for path, name in NAMED.findall(TEXT) if name not in held_by(ROOT / path)]
    assert missing == []


def test_every_fault_names_what_shows_it() -> None:
    rows = [line for line in TEXT.splitlines() if re.match(r"\| (?!---|fault|change)", line)]
    assert len(rows) > 25
    assert [row for row in rows if not NAMED.search(row)] == []
