"""Lines in front of a bounded room, one for each key."""

from __future__ import annotations

import asyncio

import pytest

from bot.gates import Crowded, Gates


class Room:
    """Whoever is in it stays until told to go."""

    def __init__(self, gates: Gates) -> None:
        self.gates = gates
        self.inside: list[str] = []
        self.go = asyncio.Event()

    async def enter(self, key: str) -> None:
        async with self.gates.through(key):
            self.inside.append(key)
            await self.go.wait()
            self.inside.remove(key)


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_so_many_at_a_time_and_no_key_waits_for_another() -> None:
    room = Room(Gates(room=2, patience=5))
    crowd = [asyncio.create_task(room.enter("strangers")) for _ in range(50)]
    await turns()
    friend = asyncio.create_task(room.enter("friend"))
    await turns()
    assert sorted(room.inside) == ["friend", "strangers", "strangers"]
    room.go.set()
    await asyncio.gather(*crowd, friend)
    assert len(room.gates) == 0


async def test_who_has_waited_too_long_is_told_so_and_its_place_is_free() -> None:
    room = Room(Gates(room=1, patience=0.01))
    first = asyncio.create_task(room.enter("x"))
    await turns()
    with pytest.raises(TimeoutError):
        await room.enter("x")
    room.go.set()
    await first
    await room.enter("x")
    assert len(room.gates) == 0


async def test_who_gives_up_or_fails_leaves_no_place_taken() -> None:
    room = Room(Gates(room=1, patience=5))
    tasks = [asyncio.create_task(room.enter("x")) for _ in range(3)]
    await turns()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(ZeroDivisionError):
        async with room.gates.through("x"):
            raise ZeroDivisionError
    room.go.set()
    await room.enter("x")
    assert len(room.gates) == 0


async def test_who_comes_when_the_line_is_full_is_told_at_once() -> None:
    room = Room(Gates(room=2, patience=5, line=3))
    crowd = [asyncio.create_task(room.enter("one")) for _ in range(5)]
    await turns()
    with pytest.raises(Crowded):
        await room.enter("one")
    room.go.set()
    await room.enter("other")
    await asyncio.gather(*crowd)
    await room.enter("one")
    assert len(room.gates) == 0
