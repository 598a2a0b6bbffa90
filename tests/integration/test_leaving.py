"""Who leaves the company, and calls that were nobody's, are deleted; what goes on or was shown is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from calls.intake.ingest import take_in
from calls.jobs.queue import Bell
from calls.jobs.sweep import Sweep
from calls.model import Event
from calls.ports import Parsed, Proof
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany, company_text, object_id, provision
from tests.support.events import answer, end, line, ring

STRANGER = replace(line(0), number=replace(line(0).number, digits="4799999999"), alias="w99")  # type: ignore[type-var]


async def tell(company: TestCompany, *events: Event, now: Clock) -> None:
    for event in events:
        parsed = Parsed(events=(replace(event, received_at=now()),))
        proof = Proof(method="signature", delivery_id=str(uuid4()))
        await take_in(company.database, Bell(), await company.operator(), proof, parsed, now())


async def read(company: TestCompany, question: str, *arguments: object) -> Any:
    async with company.database.tenant(company.tenant_id) as unit:
        return await unit.sql.fetchval(question, *arguments)


async def leave(database: Database, *places: int) -> None:
    """Apply the company file without the employees at these places."""
    head, *employees = company_text().split("[[employees]]")
    await provision(
        database, "[[employees]]".join([head, *(text for place, text in enumerate(employees) if place not in places)])
    )


async def test_who_has_left_is_deleted_with_lines_and_chats_when_the_last_call_is(
    company: TestCompany, database: Database, now: Clock
) -> None:
    await company.install_all(now)
    sweep = Sweep(database, Bell(), now)
    await tell(company, ring(line(0)), end(), now=now)
    await sweep.delete_old()
    assert await read(company, "SELECT count(*) FROM smartcall.employee") == 6

    await leave(database, 0, 1)
    await sweep.delete_old()
    kept = await read(company, "SELECT array_agg(employee_id) FROM smartcall.employee")
    assert set(kept) == set(company.employee_ids) - {company.employee_ids[1]}, "the first was shown a call"
    assert await read(company, "SELECT count(*) FROM smartcall.line") == 5
    chats = "SELECT array_agg(entra_object_id) FROM smartcall.chat"
    assert set(await read(company, chats)) == {object_id(place) for place in (0, 2, 3, 4, 5)}

    now.move(30 * 24 * 3600 + 1)
    await sweep.delete_old()
    assert await read(company, "SELECT count(*) FROM smartcall.popup") == 0
    assert set(await read(company, "SELECT array_agg(employee_id) FROM smartcall.employee")) == set(
        company.employee_ids[2:]
    )
    assert await read(company, "SELECT count(*) FROM smartcall.line") == 4
    assert set(await read(company, chats)) == {object_id(place) for place in (2, 3, 4, 5)}

    await provision(database, company_text())
    assert await read(company, "SELECT count(*) FROM smartcall.line") == 6, "who is back is written whole"


async def test_another_tenants_people_stay(company: TestCompany, database: Database, now: Clock) -> None:
    other = await provision(database, company_text(uuid4(), bot=uuid4(), operator=uuid4()))
    await other.install_all(now)
    await leave(database, 0, 1, 2, 3, 4, 5)
    await Sweep(database, Bell(), now).delete_old()
    assert await read(company, "SELECT count(*) FROM smartcall.employee") == 0
    assert await read(other, "SELECT count(*) FROM smartcall.employee") == 6
    assert await read(other, "SELECT count(*) FROM smartcall.chat") == 6


async def test_calls_that_nobody_was_shown_go_when_they_are_over(
    company: TestCompany, database: Database, now: Clock
) -> None:
    sweep = Sweep(database, Bell(), now)
    await tell(company, ring(line(0), call="ours"), end(call="ours"), now=now)
    await tell(company, end(call="left behind"), answer(STRANGER, call="goes on"), now=now)
    calls = "SELECT count(*) FROM smartcall.call"
    assert await read(company, calls) == 3
    now.move(3600)
    await sweep.delete_old()
    assert await read(company, calls) == 3, "an hour has not passed"
    now.move(1)
    await sweep.delete_old()
    assert await read(company, calls) == 2
    assert await read(company, "SELECT count(*) FROM smartcall.popup") == 1

    await tell(company, ring(line(1), call="goes on"), now=now)
    assert await read(company, "SELECT count(*) FROM smartcall.popup") == 2, "it reaches one of ours in the end"
    await tell(company, end(call="goes on"), now=now)
    await sweep.delete_old()
    assert await read(company, calls) == 2

    await tell(company, answer(STRANGER, call="forgotten"), now=now)
    now.move(4 * 3600 + 1)
    await sweep.delete_old()
    assert await read(company, calls) == 3, "for all we know it goes on"
    await sweep.find_open_work()
    await sweep.delete_old()
    assert await read(company, calls) == 2, "silence has ended it"
