"""How a simulator reads its section of the world file: checked once, at the start, with errors that name the key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class WorldError(ValueError):
    """The world file cannot be used; the message names the key and what is wrong with it."""


class WorldModel(BaseModel):
    """Base of every section: immutable, and a misspelt key is an error instead of a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_Section = TypeVar("_Section", bound=WorldModel)


def read_section(world: Mapping[str, object], section: str, model: type[_Section]) -> _Section:
    """Check one section. Raises :class:`WorldError` in one line."""
    try:
        return model.model_validate(world[section])
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in (section, *first["loc"]))
        raise WorldError(f"{key}: {first['msg']}") from None


def read_world(path: Path) -> dict[str, object]:
    """Read a world file. Raises :class:`WorldError` when it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{path}: cannot be read ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise WorldError(f"{path}: not TOML: {error}") from None
