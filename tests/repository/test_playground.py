"""The Playground's user is the demo's employee with line 90000001."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPANY = tomllib.loads((ROOT / "demo" / "company.toml").read_text())
CONFIG = (ROOT / "playground" / ".m365agentsplayground.yml").read_text()


def value(section: str, key: str) -> str:
    """A value in the first section of this name; the file is flat enough to need no parser."""
    found = re.search(rf'^{section}:\n(?:  .*\n)*?  {key}: "?([^"\n#]+)', CONFIG, re.MULTILINE)
    assert found, f"{section}.{key}"
    return found[1].strip()


def test_it_is_the_same_person_in_the_same_company_with_the_same_bot() -> None:
    kari = next(e for e in COMPANY["employees"] if any(line["number"] == "90000001" for line in e["lines"]))
    assert value("currentUser", "aadObjectId") == kari["entra_object_id"]
    assert value("currentUser", "name") == kari["name"]
    assert value("currentUser", "userPrincipleName") == kari["email"]
    assert f"\ntenantId: {COMPANY['tenant']['id']}\n" in CONFIG
    assert value("bot", "id") == f"28:{COMPANY['tenant']['bot']}"
