"""Who is let in when."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.store.turns import Turns


async def _line(turns: Turns, parties: str) -> tuple[list[str], list[asyncio.Task[None]]]:
    """Everybody waits, in this order; and who has been let in, in the order in which they were."""
    let_in: list[str] = []

    async def go(party: str, name: str) -> None:
        await turns.take(party)
        let_in.append(name)

    tasks = [asyncio.create_task(go(party, f"{party}{place}")) for place, party in enumerate(parties)]
    await asyncio.sleep(0)
    return let_in, tasks


async def test_who_brings_many_waits_behind_his_own() -> None:
    turns = Turns(1)
    await turns.take("a")
    let_in, _ = await _line(turns, "aaaabc")
    for _ in "aaaabc":
        turns.give_back()
        await asyncio.sleep(0)
    assert let_in == ["a0", "b4", "c5", "a1", "a2", "a3"]


async def test_nobody_waits_while_there_is_room() -> None:
    turns = Turns(2)
    let_in, _ = await _line(turns, "aab")
    assert let_in == ["a0", "a1"]
    turns.give_back()
    await asyncio.sleep(0)
    assert let_in == ["a0", "a1", "b2"]


@pytest.mark.parametrize("noticed", [False, True], ids=["let in at that moment", "while waiting"])
async def test_who_gives_up_keeps_no_room(noticed: bool) -> None:
    turns = Turns(1)
    await turns.take("a")
    let_in, (impatient, _) = await _line(turns, "bc")
    if noticed:
        impatient.cancel()
        await asyncio.sleep(0)
        turns.give_back()
    else:
        turns.give_back()
        impatient.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert let_in == ["c1"]


@given(parties=st.text("abc", max_size=30), room=st.integers(1, 4), leaving=st.sets(st.integers(0, 29)))
def test_all_are_let_in_and_the_room_is_whole_again(parties: str, room: int, leaving: set[int]) -> None:
    async def play() -> None:
        turns = Turns(room)
        let_in, tasks = await _line(turns, parties)
        for place in leaving & set(range(len(parties))):
            tasks[place].cancel()
        given_back = 0
        while given_back < len(let_in):
            assert len(let_in) - given_back <= room
            turns.give_back()
            given_back += 1
            await asyncio.sleep(0)
        for task in tasks:
            assert task.done()
        again, _ = await _line(turns, "z" * (room + 1))
        assert len(again) == room

    asyncio.run(play())
