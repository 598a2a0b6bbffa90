from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

import crm_connectors
from calls.model import Ability, Connection, SourceRole
from crm_connectors import CONNECTORS
from crm_connectors.spec import read_spec

FOLDER = Path(crm_connectors.__file__).parent
GOOD = """
name = "My CRM"
owner = "Somebody"
role = "crm"
abilities = ["find", "open"]
grade = "bronze"
limits = "ten a second"
data = ["Sent: the number."]
"""


def write(folder: Path, text: str) -> Path:
    (folder / "connector.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_right_file_is_read(tmp_path: Path) -> None:
    spec = read_spec(write(tmp_path, GOOD))
    assert (spec.type, spec.name, spec.owner, spec.role) == (tmp_path.name, "My CRM", "Somebody", SourceRole.CRM)
    assert spec.abilities == {Ability.FIND, Ability.OPEN}
    assert (spec.grade, spec.limits, spec.data) == ("bronze", "ten a second", ("Sent: the number.",))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('name = "My CRM"', "", "name"),
        ('name = "My CRM"', "name = 7", "name"),
        ('owner = "Somebody"', 'owner = " "', "owner"),
        ('role = "crm"', 'role = "boss"', "role"),
        ('"open"', '"fly"', "abilities"),
        ('["find", "open"]', "[]", "abilities"),
        ('"bronze"', '"excellent"', "grade"),
        ('["Sent: the number."]', '"the number"', "data"),
        ("limits =", "limit =", "limit"),
        ("name =", "name", "cannot be read"),
    ],
)
def test_a_wrong_file_is_named_with_the_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match=named) as caught:
        read_spec(write(tmp_path, GOOD.replace(old, new)))
    assert f"{tmp_path.name}/connector.toml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"connector\.toml: cannot be read"):
        read_spec(tmp_path)


def test_the_list_holds_every_folder_with_a_spec_and_no_other() -> None:
    folders = {path.parent.name for path in FOLDER.glob("*/connector.toml")}
    assert set(CONNECTORS) == folders


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("hubspot", {}),
        ("opplysningen_1881", {"mode": "own_key"}),
        ("opplysningen_1881", {"mode": "provider"}),
        ("opplysningen_1881", {"mode": "proxy"}),
    ],
)
def test_every_setting_and_secret_is_described(name: str, settings: dict[str, object]) -> None:
    readme = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    for kind in ("settings", "secrets"):
        given = Connection(tenant_id=UUID(int=1), connection_id=UUID(int=2), type=name, name=name, settings=settings)
        wrong = {"settings": {**settings, "no_such": 1}} if kind == "settings" else {"secrets": {"no_such": ("x",)}}
        with pytest.raises(ValueError, match="no_such: is no") as caught:
            CONNECTORS[name].check_settings(replace(given, **wrong))
        for known in str(caught.value).partition("which knows ")[2].split(", "):
            assert f"`{known}`" in readme


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_folder_is_complete(name: str) -> None:
    assert CONNECTORS[name].spec.type == name
    assert (FOLDER / name / "README.md").is_file()
    assert any((FOLDER / name / "tests").glob("test_*.py"))
    assert CONNECTORS[name].spec.grade in (FOLDER / name / "README.md").read_text(encoding="utf-8")
