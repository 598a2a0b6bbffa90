"""The rows of requests to call: their SQL, what is sealed in them, and how a new state is written."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from calls.calling.call_requests import CallBack, RequestState
from calls.jobs.queue import Bell
from calls.numbers import Number
from calls.store.database import Unit
from calls.store.sql_blocks import read_blocks

SQL = read_blocks(Path(__file__).with_name("calling.sql"))
NUMBER: TypeAdapter[Number] = TypeAdapter(Number)
PHONE: TypeAdapter[tuple[Number, str | None]] = TypeAdapter(tuple[Number, str | None])  # a line and its alias
_SHOWN = timedelta(seconds=3)  # then the sweep looks whether the card says so


async def note(
    unit: Unit,
    bell: Bell,
    row: Any,
    state: RequestState,
    code: str | None,
    now: datetime,
    *,
    due: datetime | None = None,
    talk_seconds: int | None = None,
) -> None:
    """A new state of a request, which the card it was asked for on is to show. The request's row is locked."""
    over = not CallBack(route=None, state=state).going_on
    await unit.sql.execute(SQL["note_request"], row["request_id"], state.value, code, now, due, talk_seconds)
    await unit.sql.execute(SQL["close_placed"], row["popup_id"], now if over else None)
    call_id = await unit.sql.fetchval(SQL["want_shown"], row["popup_id"], now + _SHOWN)
    if call_id is not None:
        await bell.ring_cards(unit, call_id)
