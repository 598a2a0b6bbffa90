"""Who listens to an operator: one node at a time, as long as its lease is good and the connection is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from calls.errors import NeedsSignIn, Refused, Throttled, Transient
from calls.intake import streams
from calls.intake.stream_intake import LeaseLost
from calls.intake.streams import Pace, Streams, _Held, pause_before
from calls.jobs.queue import Bell
from calls.model import Connection
from calls.ports import Parsed, Snapshot, Tools
from calls.store.database import Database
from tests.support.companies import SECRETS as COMPANY_SECRETS
from tests.support.companies import TestCompany, company_text, provision
from tests.support.events import line, ring
from tests.support.live.waiting import until
from tests.support.streaming import SECRETS, STREAM, ScriptedStream, with_stream
from tests.support.virtual_time import run_at_once

QUICK = Pace(lease=1.5, renew=0.15, look=0.1)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def company(database: Database) -> TestCompany:
    return await apply(database, with_stream())


async def apply(database: Database, text: str) -> TestCompany:
    return await provision(database, text, environment=COMPANY_SECRETS | SECRETS)


@asynccontextmanager
async def node(database: Database, operator: ScriptedStream) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A node that listens; what it gives stops it."""
    streams = Streams(database, Bell(), {"phonero": operator}, cast("Tools", None), now, pace=QUICK, jitter=lambda: 0.0)
    running = asyncio.create_task(streams.run())

    async def stop() -> None:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await streams.stop()

    try:
        yield stop
    finally:
        await stop()


async def row(company: TestCompany) -> dict[str, Any]:
    async with company.database.tenant(company.tenant_id) as unit:
        found = await unit.sql.fetchrow("SELECT * FROM smartcall.stream WHERE connection_id = $1", STREAM)
    return dict(found) if found else {}


async def lines(operator: ScriptedStream, count: int = 1) -> None:
    async def there() -> bool:
        return len(operator.open) == count

    await until(there)


async def test_two_nodes_and_one_listener(company: TestCompany, other_node: Database) -> None:
    first, second = ScriptedStream(), ScriptedStream()
    async with node(company.database, first) as stop:
        await lines(first)
        async with node(other_node, second):
            await asyncio.sleep(3 * QUICK.look)
            assert second.lines == []
            await stop()
            assert first.open == []
            await lines(second)
    assert second.open == []
    assert (await row(company))["owner"] is None


async def test_what_is_heard_is_stored_and_noted(company: TestCompany) -> None:
    operator = ScriptedStream()
    async with node(company.database, operator):
        await lines(operator)
        operator.open[0].send(Snapshot())
        operator.open[0].send(Parsed(events=(ring(line(0)),)))

        async def noted() -> bool:
            kept = await row(company)
            return kept["connected_at"] is not None and kept["last_heard_at"] is not None and kept["trouble"] is None

        await until(noted)

        async def stored() -> int:
            async with company.database.tenant(company.tenant_id) as unit:
                return int(await unit.sql.fetchval("SELECT count(*) FROM smartcall.event"))

        assert await until(stored) == 1


async def test_a_message_is_stored_before_the_next_is_read(
    company: TestCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sends more than can be stored waits, and nobody else does."""
    operator, begun, over = ScriptedStream(), asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def slow(*_: object) -> None:
        begun.release()
        await over.acquire()

    monkeypatch.setattr(streams, "take_message", slow)
    async with node(company.database, operator):
        await lines(operator)
        for _ in range(3):
            operator.open[0].send(Parsed(events=(ring(line(0)),)))
        for left in (2, 1, 0):
            await begun.acquire()
            await asyncio.sleep(0.02)
            assert (begun.locked(), operator.open[0].coming.qsize()) == (True, left)
            over.release()


async def test_a_lost_lease_ends_the_listening_at_once(company: TestCompany) -> None:
    operator = ScriptedStream()
    async with node(company.database, operator):
        await lines(operator)
        async with company.database.tenant(company.tenant_id) as unit:
            await unit.sql.execute(
                "UPDATE smartcall.stream SET owner = 'another', lease_until = now() + interval '1 h'"
            )
        await lines(operator, 0)
        assert (await row(company))["owner"] == "another"  # and it takes nothing away from it
        await asyncio.sleep(3 * QUICK.look)
        assert len(operator.lines) == 1


async def test_a_listener_that_dies_is_replaced_when_its_lease_ends(company: TestCompany) -> None:
    async with company.database.tenant(company.tenant_id) as unit:
        await unit.sql.execute(
            "INSERT INTO smartcall.stream (tenant_id, connection_id, owner, lease_until) VALUES ($1, $2, 'dead', $3)",
            *(company.tenant_id, STREAM, now()),
        )
    operator = ScriptedStream()
    async with node(company.database, operator):
        await lines(operator)


async def test_a_connection_that_is_taken_out_is_let_go(company: TestCompany) -> None:
    operator = ScriptedStream()
    async with node(company.database, operator):
        await lines(operator)
        await apply(company.database, company_text())
        await lines(operator, 0)
        await asyncio.sleep(3 * QUICK.look)
        assert len(operator.lines) == 1
        await apply(company.database, with_stream())
        await lines(operator)


async def test_a_changed_connection_is_opened_anew(company: TestCompany) -> None:
    """Also one that waits for an administrator."""
    operator = ScriptedStream()
    operator.refusals = [NeedsSignIn("no")]
    async with node(company.database, operator):

        async def noted() -> bool:
            return (await row(company)).get("trouble") == "sign_in"

        await until(noted)
        await apply(company.database, with_stream(customer_id="4712"))
        await lines(operator)
        assert operator.open[0].connection.settings["customer_id"] == "4712"
        assert len(operator.lines) == 2


async def test_a_line_that_breaks_is_opened_again_at_once(
    company: TestCompany, caplog: pytest.LogCaptureFixture
) -> None:
    operator = ScriptedStream()
    async with node(company.database, operator):
        await lines(operator)
        operator.open[0].send(Transient("secret details"))

        async def again() -> bool:
            return len(operator.lines) == 2

        await until(again)
    assert "lost" in caplog.text
    assert "secret details" not in caplog.text


async def test_a_mistake_of_ours_is_told_by_its_place_alone(
    company: TestCompany, caplog: pytest.LogCaptureFixture
) -> None:
    operator = ScriptedStream()
    async with node(company.database, operator):
        await lines(operator)
        operator.open[0].send(KeyError("22334455"))

        async def again() -> bool:
            return len(operator.lines) == 2

        await until(again)
    assert "bug (KeyError in tests.support.streaming" in caplog.text
    assert "22334455" not in caplog.text


def test_pauses_grow_to_twenty_seconds_and_are_spread() -> None:
    lost = Transient("lost")
    assert [pause_before(lost, failures, 1.0) for failures in range(8)] == [0, 1, 2, 4, 8, 16, 20, 20]
    assert pause_before(lost, 5, 0.0) == 8
    assert pause_before(None, 0, 1.0) == 0


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("cut", [5, 60, 3_600])
def test_when_the_network_is_back_so_is_the_stream_soon(cut: float, jitter: float) -> None:
    """However long it was away, and without knocking all the time meanwhile. Minutes by the loop's own clock."""
    knocks: list[float] = []

    class Cut(ScriptedStream):
        async def listen(self, connection: Connection, tools: Tools) -> AsyncGenerator[Snapshot | Parsed, None]:
            knocks.append(asyncio.get_running_loop().time() - began)
            if knocks[-1] < cut:
                raise Transient("no network")
            raise LeaseLost  # it is back: that is all there is to see
            yield Snapshot()

    async def listen() -> None:
        nonlocal began
        began = asyncio.get_running_loop().time()
        nobody = cast("Any", None)
        streams = Streams(nobody, Bell(), {"phonero": Cut()}, nobody, now, jitter=lambda: jitter)
        connection = Connection(tenant_id=STREAM, connection_id=STREAM, type="phonero", name="Bedriftsnett")
        await streams._listen(_Held(connection=connection, until=float("inf")))

    began = 0.0
    run_at_once(listen())
    assert knocks[-1] - cut <= 20
    assert len(knocks) <= 8 + cut / 10


def test_who_says_how_long_is_obeyed_within_reason() -> None:
    assert pause_before(Throttled(retry_after=90), 0, 1.0) == 90
    assert pause_before(Throttled(retry_after=86_400), 0, 1.0) == 3_600
    assert pause_before(Throttled(), 0, 1.0) == 1


def test_what_only_an_administrator_mends_is_tried_seldom() -> None:
    for problem in (NeedsSignIn("no"), Refused(code="no")):
        assert pause_before(problem, 0, 1.0) == 300
