"""The sweep: whatever a lost job left open is found in the rows, silence ends calls, and what is old is deleted."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from calls.intake.ingest import take_in
from calls.jobs.queue import CARDS, JOURNAL, Bell, Task, Workers
from calls.jobs.sweep import Sweep
from calls.model import Event
from calls.popups.limits import RowLimiter, RowQuotas
from calls.ports import Bucket, Parsed, Proof
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany, company_text, provision
from tests.support.events import HIDDEN, answer, end, line, ring
from tests.support.live.waiting import until

RING = ring(line(0))


async def tell(company: TestCompany, *events: Event, now: Clock, lost: bool = True) -> None:
    """Take events in; unless said otherwise, every job that they ring for is lost."""
    for event in events:
        parsed = Parsed(events=(replace(event, received_at=now()),))
        proof = Proof(method="signature", delivery_id=str(uuid4()))
        await take_in(company.database, Bell(), await company.operator(), proof, parsed, now())
    if lost:
        await company.database.pool.execute("DELETE FROM queue.pgqueuer")


async def read(company: TestCompany, question: str) -> Any:
    async with company.database.tenant(company.tenant_id) as unit:
        return await unit.sql.fetchval(question)


async def jobs(database: Database) -> list[str]:
    rows = await database.pool.fetch("SELECT entrypoint FROM queue.pgqueuer ORDER BY entrypoint")
    return [row["entrypoint"] for row in rows]


async def test_lost_jobs_are_rung_for_again_and_once(company: TestCompany, database: Database, now: Clock) -> None:
    sweep = Sweep(database, Bell(), now)
    await tell(company, RING, end(), now=now)
    assert await sweep.find_open_work() == 0
    now.move(3.1)
    assert await sweep.find_open_work() >= 2
    await sweep.find_open_work()
    assert await jobs(database) == [CARDS, JOURNAL]


async def test_two_nodes_sweep_without_getting_in_each_others_way(
    company: TestCompany, database: Database, other_node: Database, now: Clock
) -> None:
    for number in range(8):
        await tell(company, ring(line(number % 6), call=f"c{number}"), now=now)
    now.move(100)
    sweeps = [Sweep(node, Bell(), now) for node in (database, other_node)]
    await asyncio.gather(*(sweep.find_open_work() for sweep in sweeps * 2))
    assert await jobs(database) == [CARDS] * 16, "one for each that was due, one for each that is stale now"
    assert await read(company, "SELECT count(*) FROM smartcall.event") == 16


async def test_silence_makes_a_call_stale_and_news_brings_it_back(
    company: TestCompany, database: Database, now: Clock
) -> None:
    sweep = Sweep(database, Bell(), now)
    await tell(company, RING, now=now)
    now.move(89)
    await sweep.find_open_work()
    assert await read(company, "SELECT state FROM smartcall.call") == "ringing"
    now.move(2)
    await sweep.find_open_work()
    assert await read(company, "SELECT state FROM smartcall.call") == "stale"
    wanted = await read(company, "SELECT wanted FROM smartcall.popup")
    await sweep.find_open_work()
    assert await read(company, "SELECT wanted FROM smartcall.popup") == wanted
    now.move(5)
    await tell(company, answer(line(0)), now=now)
    assert await read(company, "SELECT state FROM smartcall.call") == "answered"
    assert await read(company, "SELECT ended_at FROM smartcall.call") is None
    now.move(4 * 3600 + 1)
    await sweep.find_open_work()
    assert await read(company, "SELECT state FROM smartcall.call") == "stale"


async def test_each_thing_lives_as_long_as_it_was_said(database: Database, now: Clock) -> None:
    company = await provision(database, company_text(settings="keep_calls_days = 7, keep_directory_minutes = 30"))
    sweep = Sweep(database, Bell(), now)
    await tell(company, RING, end(), ring(line(1), call="silent"), now=now)
    await RowLimiter(database, now).take(company.tenant_id, Bucket(scope="s", rate=1, burst=1))
    await RowQuotas(database, now).take(company.tenant_id, company.directory_id, per_day=3)
    await read(company, "UPDATE smartcall.call SET lookup_sealed = 'x'")
    await read(company, "UPDATE smartcall.journal SET written = wanted, due_at = NULL")

    async def left() -> dict[str, int]:
        await sweep.delete_old()
        tables = ("call", "event", "popup", "journal", "delivery", "rate", "quota")
        counts = {name: await read(company, f"SELECT count(*) FROM smartcall.{name}") for name in tables}
        counts["answers"] = await read(company, "SELECT count(lookup_sealed) FROM smartcall.call")
        return counts

    everything = {"call": 2, "event": 3, "popup": 2, "journal": 1, "delivery": 3, "rate": 1, "quota": 1, "answers": 2}
    assert await left() == everything
    now.move(29 * 60)
    await sweep.find_open_work()  # the call that went silent is over, too
    assert await left() == everything | {"event": 4}
    now.move(2 * 60)
    assert (await left())["answers"] == 1
    now.move(30 * 60)
    assert await left() == everything | {"event": 4, "answers": 0, "rate": 0}
    now.move(24 * 3600)
    assert (await left())["delivery"] == 0
    now.move(6 * 24 * 3600)
    later = await left()
    assert [later[name] for name in ("call", "event", "popup", "journal")] == [0, 0, 0, 0]
    assert later["quota"] == 1
    now.move(41 * 24 * 3600)
    assert (await left())["quota"] == 0


async def test_one_tenants_retention_is_not_anothers(database: Database, now: Clock) -> None:
    short = await provision(database, company_text(settings="keep_calls_days = 1"))
    ids = (uuid4(), uuid4(), uuid4())
    long = await provision(database, company_text(ids[0], bot=ids[1], operator=ids[2]))
    for company in (short, long):
        await tell(company, RING, end(), now=now)
    now.move(timedelta(days=2).total_seconds())
    await Sweep(database, Bell(), now).delete_old()
    assert await read(short, "SELECT count(*) FROM smartcall.call") == 0
    assert await read(long, "SELECT count(*) FROM smartcall.call") == 1


@pytest.mark.parametrize(
    ("settings", "days", "minutes"),
    [
        ({"keep_calls_days": 2, "keep_directory_minutes": 5, "journal_missed": "of another version"}, 2, 5),
        ({"keep_calls_days": 2, "keep_directory_minutes": "x"}, 2, 60),
        ({"keep_calls_days": "for ever", "keep_directory_minutes": 5}, 30, 5),
        ({"keep_calls_days": 10**9}, 30, 60),
        (["no", "settings"], 30, 60),
        ({}, 30, 60),
    ],
)
async def test_settings_that_cannot_be_read_keep_no_call_longer(
    company: TestCompany, database: Database, now: Clock, settings: object, days: int, minutes: int
) -> None:
    await tell(company, RING, end(), now=now)
    await read(company, "UPDATE smartcall.call SET lookup_sealed = 'x'")
    await read(company, "UPDATE smartcall.journal SET written = wanted, due_at = NULL")
    await read(company, f"UPDATE smartcall.tenant SET settings = '{json.dumps(settings)}'")
    sweep = Sweep(database, Bell(), now)

    async def left() -> tuple[int, int]:
        await sweep.delete_old()
        answers = await read(company, "SELECT count(lookup_sealed) FROM smartcall.call")
        return await read(company, "SELECT count(*) FROM smartcall.call"), answers

    now.move(minutes * 60 - 1)
    assert await left() == (1, 1)
    now.move(2)
    assert await left() == (1, 0)
    now.move(days * 24 * 3600 - minutes * 60 - 2)
    assert await left() == (1, 0)
    now.move(2)
    assert await left() == (0, 0)


@pytest.mark.parametrize("broken", ["UPDATE smartcall.event SET body_sealed = 'x'"])
async def test_one_broken_call_does_not_stop_the_sweep(
    company: TestCompany, database: Database, now: Clock, broken: str
) -> None:
    await tell(company, RING, now=now)
    await read(company, broken)
    await tell(company, ring(line(1), call="c2", caller=HIDDEN), now=now)
    now.move(100)
    sweep = Sweep(database, Bell(), now)
    await sweep.find_open_work()
    await sweep.delete_old()
    assert await read(company, "SELECT count(*) FROM smartcall.call WHERE state = 'stale'") == 1


async def test_work_that_hangs_is_given_up_and_its_rows_stay_due(
    company: TestCompany, database: Database, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calls.jobs.queue._JOB_SECONDS", 0.05)
    begun = asyncio.Event()

    async def cards(_: Task) -> None:
        begun.set()
        await asyncio.sleep(3600)

    workers = Workers(database, cards=cards, journal=cards)
    await workers.start()
    try:
        await tell(company, RING, now=now, lost=False)

        async def gone() -> bool:
            return begun.is_set() and not await jobs(database)

        assert await until(gone)
    finally:
        await workers.stop()
    now.move(4)
    assert [work.kind for work in await database.open_work(now(), 10)].count("cards") >= 1
