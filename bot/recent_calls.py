"""The last calls of an employee, as their cards would show them now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from calls.popups.popup import Popup
from calls.popups.scene import read_scene
from calls.ports import Operator
from calls.store.database import Unit
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).parent / "sql" / "bot.sql")


async def read_recent(
    unit: Unit, employee_id: UUID, operators: Mapping[str, Operator], at_most: int = 10
) -> list[Popup]:
    """The newest first. A name is there as long as what the sources said is kept."""
    popups = []
    for row in await unit.sql.fetch(_SQL["recent_calls"], employee_id, at_most):
        scene = await read_scene(unit, row["call_id"], operators)
        popup = scene.popup(employee_id, row["popup_id"]) if scene else None
        if popup is not None:
            popups.append(popup)
    return popups
