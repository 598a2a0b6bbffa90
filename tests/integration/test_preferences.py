"""What an employee has chosen holds for popups, journal and language, and a new company file leaves it alone."""

from __future__ import annotations

import pytest

from calls.model import Event, Outcome
from calls.store.database import Database
from calls.store.tenants import employee_of
from tests.integration.test_journaling import ANSWER, END, RING, Desk
from tests.support.clock import Clock
from tests.support.companies import company_text, object_id, provision
from tests.support.events import SALES, end, line, ring


@pytest.fixture
async def desk(database: Database, now: Clock) -> Desk:
    return await _desk(database, now, {})


async def _desk(database: Database, now: Clock, chosen: dict[str, object]) -> Desk:
    company = await provision(database)
    await company.install_all(now)
    async with database.tenant(company.tenant_id) as unit:
        await unit.sql.execute(
            "UPDATE smartcall.employee SET preferences = $2 WHERE employee_id = $1", company.employee_ids[0], chosen
        )
    await provision(database, company_text())  # survives another run of smartcall apply
    return Desk(company, database, now)


@pytest.mark.parametrize(
    ("chosen", "event", "cards"),
    [
        ({}, ring(line(0)), 1),
        ({"popup_direct": False}, ring(line(0)), 0),
        ({"popup_direct": False}, ring(line(0), queue=SALES), 1),
        ({"popup_queue": False}, ring(line(0), line(1), queue=SALES), 1),
        ({"popup_internal": True}, ring(line(0), line(1), caller=line(2)), 1),
    ],
)
async def test_only_what_they_want_pops_up(
    database: Database, now: Clock, chosen: dict[str, object], event: Event, cards: int
) -> None:
    desk = await _desk(database, now, chosen)
    await desk.tell(event)
    assert await desk.read("SELECT count(*) FROM smartcall.popup") == cards


async def test_their_own_choice_decides_over_their_own_calls(database: Database, now: Clock) -> None:
    desk = await _desk(database, now, {"journal_answered": "never", "language": "en"})
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    await desk.write()
    assert desk.crm.writes == 0
    async with database.tenant(desk.company.tenant_id) as unit:
        employee = await employee_of(unit, object_id(0))
    assert employee is not None
    assert employee.language == "en"


async def test_nobody_decides_alone_over_a_call_that_rang_at_several(database: Database, now: Clock) -> None:
    desk = await _desk(database, now, {"journal_missed": "never"})
    await desk.tell(ring(line(0), line(1)), end(Outcome.CALLER_CANCELLED))
    await desk.identify()
    await desk.write()
    assert desk.crm.writes == 1
