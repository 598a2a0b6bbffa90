"""How much looking a stranger can cause, and that an acquaintance does not notice."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any
from uuid import UUID

import pytest

from bot import acquaintances
from bot.acquaintances import UNKNOWN_FOR, Acquaintances
from calls.model import Connection

OURS = UUID("2f1a8a60-0b0e-4c8e-9f6a-7a1d3c5e9b01")


class Rows:
    """Stands for the database: what is there, who asks, and how many at a time."""

    def __init__(self) -> None:
        self.there = {OURS}
        self.asked: list[UUID] = []
        self.asking = self.most = 0
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def find(self, _: Any, connection_id: UUID) -> Connection | None:
        self.asked.append(connection_id)
        self.asking += 1
        self.most = max(self.most, self.asking)
        await self.go_on.wait()
        self.asking -= 1
        if connection_id not in self.there:
            return None
        return Connection(
            tenant_id=OURS, connection_id=connection_id, type="generic", name="", settings={}, provider_tenant_id=None
        )


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    rows = Rows()
    monkeypatch.setattr(acquaintances, "find_connection", rows.find)
    return rows


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def door(rows: Rows, clock: list[float]) -> Acquaintances:
    return Acquaintances(None, lambda: clock[0])  # type: ignore[arg-type]  # the rows stand for it


async def test_what_is_not_there_is_looked_for_once(rows: Rows, door: Acquaintances, clock: list[float]) -> None:
    nobody = uuid.uuid4()
    for _ in range(100):
        assert await door.find(nobody) == (None, False)
    assert rows.asked == [nobody]
    rows.there.add(nobody)
    clock[0] += UNKNOWN_FOR
    assert (await door.find(nobody))[0] is not None


async def test_an_acquaintance_is_remembered_until_it_is_asked_for_anew(rows: Rows, door: Acquaintances) -> None:
    """Its secrets may have changed, and it may have been switched off."""
    found = [await door.find(OURS) for _ in range(3)]
    assert [remembered for _, remembered in found] == [False, True, True]
    assert len(rows.asked) == 1
    rows.there.clear()
    assert await door.find(OURS, anew=True) == (None, False)
    rows.there.add(OURS)
    connection, remembered = await door.find(OURS)
    assert connection is not None
    assert not remembered


async def test_a_thousand_strangers_look_a_few_at_a_time_and_an_acquaintance_does_not_wait(
    rows: Rows, door: Acquaintances
) -> None:
    await door.find(OURS)
    rows.go_on.clear()
    crowd = [asyncio.create_task(door.find(uuid.uuid4())) for _ in range(1000)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert rows.most == acquaintances.ROOM
    burst = [asyncio.create_task(door.find(OURS, anew=True)) for _ in range(150)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert rows.asking == 2 * acquaintances.ROOM
    rows.go_on.set()
    assert None not in [connection for connection, _ in await asyncio.gather(*burst)]
    assert set(await asyncio.gather(*crowd)) == {(None, False)}


async def test_nothing_that_is_remembered_grows_without_end(
    rows: Rows, door: Acquaintances, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acquaintances, "KEPT", 10)
    for _ in range(100):
        await door.find(uuid.uuid4())
        rows.there.add(known := uuid.uuid4())
        await door.find(known)
    assert len(door._unknown) == len(door._known) == 10
