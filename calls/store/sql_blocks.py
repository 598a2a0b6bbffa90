"""SQL lives in .sql files, in named blocks: ``-- name: take_popups``. Nothing is ever built from strings."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def read_blocks(path: Path) -> dict[str, str]:
    """The statements of a file by name. Raises ValueError when a name stands twice."""
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    names, statements = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{path.name} holds a name twice")
    return {name: statement.strip() for name, statement in zip(names, statements, strict=True)}
