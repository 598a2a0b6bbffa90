"""The stored events of a call, opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from pydantic import TypeAdapter

from calls.model import Event
from calls.store.database import Unit
from calls.store.sql_blocks import read_blocks

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_SQL = read_blocks(Path(__file__).with_name("ingest.sql"))


async def read_events(unit: Unit, call_id: UUID) -> Sequence[Event]:
    """Every event of a call, opened."""
    return open_events(unit, [row["body_sealed"] for row in await unit.sql.fetch(_SQL["read_events"], call_id)])


def open_events(unit: Unit, bodies: Sequence[bytes]) -> Sequence[Event]:
    return [unit.open_value("event", EVENT, body) for body in bodies]
