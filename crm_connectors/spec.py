"""Reading a folder's ``connector.toml``: what a connector is and can do, said as data from the first day."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from calls.model import Ability, SourceRole
from calls.ports import ConnectorSpec

GRADES: Final = ("unproven", "bronze", "silver", "gold", "platinum")  # crm_connectors/README.md says what each means
_TEXTS: Final = ("name", "owner", "role", "grade", "limits")
_LISTS: Final = ("abilities", "data")


def read_spec(folder: Path) -> ConnectorSpec:
    """Read and check ``folder/connector.toml``. Raises ValueError that names the file, the key and what it wants."""
    path = folder / "connector.toml"
    where = f"{folder.name}/{path.name}"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{where}: cannot be read: {type(error).__name__}") from error
    unknown = sorted(set(document) - {*_TEXTS, *_LISTS})
    if unknown:
        raise ValueError(f"{where}: {unknown[0]}: no such key")
    texts = {key: _read_text(document, key, where) for key in _TEXTS}
    lists = {key: _read_list(document, key, where) for key in _LISTS}
    if texts["grade"] not in GRADES:
        raise ValueError(f"{where}: grade: wants one of {', '.join(GRADES)}")
    try:
        role = SourceRole(texts["role"])
        abilities = frozenset(Ability(word) for word in lists["abilities"])
    except ValueError as error:
        raise ValueError(f"{where}: role or abilities: {error}") from None
    return ConnectorSpec(
        type=folder.name,
        name=texts["name"],
        owner=texts["owner"],
        role=role,
        abilities=abilities,
        grade=texts["grade"],
        limits=texts["limits"],
        data=lists["data"],
    )


def _read_text(document: dict[str, object], key: str, where: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: {key}: wants a text")
    return value.strip()


def _read_list(document: dict[str, object], key: str, where: str) -> tuple[str, ...]:
    value = document.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValueError(f"{where}: {key}: wants a list of texts")
    return tuple(value)
