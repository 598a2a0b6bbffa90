"""The list of operators and the folders agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from operators import OPERATORS

FOLDER = Path(__file__).parent.parent


def test_every_folder_is_an_operator_and_every_operator_a_folder() -> None:
    folders = {each.parent.name for each in FOLDER.glob("*/__init__.py")}
    assert folders == set(OPERATORS)


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_operator_brings_what_the_readme_asks_for(name: str) -> None:
    assert OPERATORS[name].type == name
    folder = FOLDER / name
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# ")
    assert "CHECKS" in "".join(path.read_text(encoding="utf-8") for path in (folder / "tests").glob("test_*.py"))
    recorded = [path.name for path in (folder / "tests" / "payloads").iterdir() if path.suffix != ".toml"]
    assert any(recording.startswith("unreadable") for recording in recorded)
    assert any(not recording.startswith("unreadable") for recording in recorded)
