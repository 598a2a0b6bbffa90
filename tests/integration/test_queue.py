"""The bell and the workers: what is rung for is worked, tenant by tenant in turns, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest

from calls.jobs.queue import CARDS, Bell, Task, Work, Workers
from calls.store.database import Database
from tests.support.live.waiting import until

FJORDVIK, NORDLYS = UUID(int=1), UUID(int=2)


async def ring(database: Database, tenant_id: UUID, count: int = 1) -> Sequence[UUID]:
    """So many calls of one tenant, each in a transaction of its own, in this order."""
    calls = [uuid4() for _ in range(count)]
    for call_id in calls:
        async with database.tenant(tenant_id) as unit:
            await Bell().ring_cards(unit, call_id)
    return calls


async def waiting(database: Database) -> Sequence[tuple[UUID, int]]:
    """Whose jobs wait, in the order in which they will be taken, and with which priority."""
    rows = await database.pool.fetch(
        "SELECT headers ->> 'tenant' AS tenant, priority FROM queue.pgqueuer WHERE entrypoint = $1"
        " ORDER BY priority DESC, id",
        CARDS,
    )
    return [(UUID(row["tenant"]), row["priority"]) for row in rows]


@asynccontextmanager
async def working(database: Database, cards: Work) -> AsyncIterator[None]:
    workers = Workers(database, cards=cards, journal=cards)
    await workers.start()
    try:
        yield
    finally:
        await workers.stop()


async def gone(database: Database) -> bool:
    async def empty() -> bool:
        return not await database.pool.fetchval("SELECT count(*) FROM queue.pgqueuer")

    return await until(empty)


async def test_a_ring_is_worked_and_leaves_nothing_behind_also_when_the_work_fails(database: Database) -> None:
    done: list[Task] = []

    async def cards(task: Task) -> None:
        done.append(task)
        raise ValueError("Nora Lie +4722334455")

    async with working(database, cards):
        calls = await ring(database, FJORDVIK, 3)
        assert await gone(database)
    assert [(task.tenant_id, task.call_id) for task in done] == [(FJORDVIK, call) for call in calls]
    log = await database.pool.fetch("SELECT l::text AS row FROM queue.pgqueuer_log l")
    assert not [row for row in log if "Nora" in row["row"] or "22334455" in row["row"]]


async def test_workers_told_to_stop_finish_what_they_are_at(database: Database) -> None:
    begun, finished = asyncio.Event(), asyncio.Event()

    async def cards(_: Task) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        finished.set()

    async with working(database, cards), asyncio.timeout(10):
        await ring(database, FJORDVIK)
        await begun.wait()
    assert finished.is_set()
    assert await gone(database)


# --- turns --------------------------------------------------------------------------------------------------------


async def test_who_brings_many_calls_waits_behind_his_own(database: Database) -> None:
    many = await ring(database, FJORDVIK, 60)
    few = await ring(database, NORDLYS, 2)
    order: list[UUID] = []

    async def cards(task: Task) -> None:
        order.append(task.call_id)

    async with working(database, cards):
        assert await gone(database)
    assert [order.index(call) for call in few] == [1, 3]
    assert [call for call in order if call not in few] == many


async def test_who_begins_now_does_not_stand_before_those_who_have_waited(database: Database) -> None:
    await ring(database, FJORDVIK, 5)
    # What stood before them has been worked; an hour of this, and the first that waits is far down.
    await database.pool.execute("DELETE FROM queue.pgqueuer WHERE priority > -4")
    await ring(database, NORDLYS, 2)
    assert await waiting(database) == [(FJORDVIK, -4), (NORDLYS, -4), (NORDLYS, -5)]


async def test_an_empty_queue_begins_anew(database: Database) -> None:
    await ring(database, FJORDVIK, 3)
    await database.pool.execute("DELETE FROM queue.pgqueuer")
    await ring(database, FJORDVIK)
    assert await waiting(database) == [(FJORDVIK, 0)]


@pytest.mark.parametrize("seen", [0, 50], ids=["empty", "full"])
async def test_a_place_in_line_is_found_by_index(database: Database, database_url: str, seen: int) -> None:
    """However the table looked to the planner: it is planned once, and kept."""
    await ring(database, FJORDVIK, seen)
    owner = await asyncpg.connect(database_url)
    try:
        await owner.execute("VACUUM ANALYZE queue.pgqueuer")
        async with owner.transaction():
            await owner.execute("SELECT queue.turn($1, $2)", CARDS, FJORDVIK)
            scans = await owner.fetchrow(
                "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'pgqueuer'"
            )
    finally:
        await owner.close()
    assert (scans["seq_scan"], scans["idx_scan"]) == (0, 2)
