"""docs/settings.md names every setting of the service, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "settings.md"
READ_ELSEWHERE = {"SMARTCALL_PYTHON", "SMARTCALL_CHROMIUM"}  # by scripts/, and told in README.md


def names() -> dict[str, str]:
    """Field → the environment variable that sets it."""
    prefix = Settings.model_config.get("env_prefix", "")
    return {name: str(f.validation_alias or f"{prefix}{name}").upper() for name, f in Settings.model_fields.items()}


def test_each_setting_is_told() -> None:
    page = PAGE.read_text()
    assert not [variable for variable in names().values() if f"`{variable}`" not in page]


def test_no_setting_is_told_that_is_not_there() -> None:
    told = set(re.findall(r"`(SMARTCALL_[A-Z0-9_]+)`", PAGE.read_text()))
    assert not told - set(names().values()) - READ_ELSEWHERE
