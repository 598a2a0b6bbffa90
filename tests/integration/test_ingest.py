"""Taking in what operators send: once, in one transaction with its job, and only what concerns this tenant."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from calls.intake.events import read_events
from calls.intake.ingest import Taken, take_in
from calls.jobs.queue import Bell
from calls.model import Event, Outcome, Party
from calls.numbers import Number, NumberKind
from calls.popups.chats import ChatState, keep_chat, set_state, welcome_due
from calls.ports import Parsed, Proof
from calls.reducer import CallState, fold
from calls.store.database import Database
from calls.store.vault import Vault
from tests.support.clock import Clock
from tests.support.companies import TestCompany, company_text, provision
from tests.support.events import SALES, answer, at, end, line, ring

RING = ring(line(0))
STRANGER = Party(number=Number(kind=NumberKind.E164, digits="4799999999"), alias="w99")


async def tell(
    company: TestCompany, *events: Event, delivery: str | None = None, database: Database | None = None
) -> Taken:
    proof = Proof(method="signature", delivery_id=delivery)
    connection = await company.operator()
    return await take_in(database or company.database, Bell(), connection, proof, Parsed(events=events), at(100))


async def read(company: TestCompany, question: str) -> Any:
    async with company.database.tenant(company.tenant_id) as unit:
        return await unit.sql.fetchval(question)


async def test_a_delivery_told_twice_is_one(company: TestCompany) -> None:
    first = await tell(company, RING, delivery="d1")
    again = await tell(company, replace(RING, event_id="another"), delivery="d1")
    assert (first.stored, first.repeated, again.stored, again.repeated) == (1, 0, 0, 1)
    assert await read(company, "SELECT count(*) FROM smartcall.event") == 1


async def test_an_event_told_twice_is_one_and_rings_for_nothing(company: TestCompany) -> None:
    await tell(company, RING)
    wanted = await read(company, "SELECT wanted FROM smartcall.popup")
    again = await tell(company, RING)
    assert (again.stored, again.repeated) == (0, 1)
    assert await read(company, "SELECT wanted FROM smartcall.popup") == wanted
    assert await company.database.pool.fetchval("SELECT count(*) FROM queue.pgqueuer") == 1


async def test_a_line_of_somebody_else_is_counted_and_not_kept(company: TestCompany) -> None:
    taken = await tell(company, ring(STRANGER))
    assert (taken.stored, taken.ignored) == (0, ["no_line_of_this_tenant"])
    assert await read(company, "SELECT count(*) FROM smartcall.call") == 0
    assert await company.database.pool.fetchval("SELECT count(*) FROM queue.pgqueuer") == 0


async def test_lines_are_found_by_number_or_by_the_operators_name_of_them(company: TestCompany) -> None:
    by_number = replace(line(0), alias=None)
    by_alias = replace(line(1), number=None)
    await tell(company, ring(by_number, by_alias, queue=SALES))
    assert await read(company, "SELECT count(*) FROM smartcall.popup") == 2


async def test_a_line_that_two_share_rings_at_both(database: Database) -> None:
    text = company_text().replace('number = "90000002", alias = "w1"', 'number = "90000001", alias = "w1"')
    company = await provision(database, text)
    await tell(company, ring(replace(line(0), alias=None)))
    assert await read(company, "SELECT count(*) FROM smartcall.popup") == 2


async def test_who_has_left_the_company_is_rung_no_more(database: Database) -> None:
    company = await provision(database)
    text = company_text()
    parts = text.split("[[employees]]")
    await provision(database, "[[employees]]".join([parts[0], *parts[2:]]))
    assert (await tell(company, RING)).ignored == ["no_line_of_this_tenant"]


async def test_two_nodes_that_hear_of_a_new_call_at_once_store_one(company: TestCompany, other_node: Database) -> None:
    events = [ring(line(place), queue=SALES, call="c1", seconds=place) for place in range(6)]
    nodes = [company.database, other_node]
    told = (tell(company, event, database=nodes[place % 2]) for place, event in enumerate(events))
    taken = await asyncio.gather(*told)
    assert sum(each.stored for each in taken) == 6
    assert await read(company, "SELECT count(*) FROM smartcall.call") == 1
    assert await read(company, "SELECT count(*) FROM smartcall.popup") == 6
    async with company.database.tenant(company.tenant_id) as unit:
        call_id = await unit.sql.fetchval("SELECT call_id FROM smartcall.call")
        assert len(fold(await read_events(unit, call_id)).legs) == 6


async def test_the_same_event_on_two_nodes_at_once_is_one(company: TestCompany, other_node: Database) -> None:
    nodes = [company.database, other_node]
    taken = await asyncio.gather(*(tell(company, RING, database=nodes[place % 2]) for place in range(6)))
    assert sum(each.stored for each in taken) == 1
    assert sum(each.repeated for each in taken) == 5


async def test_event_and_job_are_stored_together_or_not_at_all(company: TestCompany, database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    try:
        await owner.execute("ALTER TABLE queue.pgqueuer ADD CONSTRAINT full_up CHECK (entrypoint <> 'cards') NOT VALID")
        with pytest.raises(asyncpg.CheckViolationError):
            await tell(company, RING, delivery="d1")
        assert await read(company, "SELECT count(*) FROM smartcall.event") == 0
        await owner.execute("ALTER TABLE queue.pgqueuer DROP CONSTRAINT full_up")
    finally:
        await owner.close()
    assert (await tell(company, RING, delivery="d1")).stored == 1


async def test_an_end_that_overtakes_its_ringing_still_ends_it(company: TestCompany) -> None:
    await tell(company, end(Outcome.CALLER_CANCELLED))
    assert await read(company, "SELECT lookup_state FROM smartcall.call") == "none"
    assert await read(company, "SELECT count(*) FROM smartcall.journal") == 0
    await tell(company, RING)
    assert await read(company, "SELECT state FROM smartcall.call") == CallState.ENDED
    assert await read(company, "SELECT lookup_state FROM smartcall.call") == "wanted"
    assert await read(company, "SELECT count(*) FROM smartcall.journal") == 1


async def test_colleagues_calls_are_shown_when_the_tenant_wants_it_and_never_to_the_caller(database: Database) -> None:
    internal = ring(line(1), caller=line(0))
    quiet = await provision(database)
    await tell(quiet, internal)
    assert await read(quiet, "SELECT count(*) FROM smartcall.popup") == 0
    loud = await provision(
        database,
        company_text(UUID(int=5), bot=UUID(int=6), operator=UUID(int=7), settings="popup_internal = true"),
    )
    await tell(loud, replace(internal, agents=(line(0), line(1))))
    shown = await read(loud, "SELECT array_agg(employee_id) FROM smartcall.popup")
    assert shown == [loud.employee_ids[1]]
    assert await read(loud, "SELECT lookup_state FROM smartcall.call") == "none"


async def test_calls_lines_and_events_are_found_while_a_key_is_changed(
    database_url: str, vault: Vault, company: TestCompany
) -> None:
    await tell(company, RING, delivery="d1")
    old, new = bytes(range(32)), bytes(32)
    rotated = await Database.open(database_url, Vault([new, old]))
    try:
        taken = await tell(company, answer(line(0)), database=rotated)
        assert taken.stored == 1
        await tell(company, ring(line(1), call="c2"), database=rotated)
        async with rotated.tenant(company.tenant_id) as unit:
            assert await unit.sql.fetchval("SELECT count(*) FROM smartcall.call") == 2
            first = "SELECT call_id FROM smartcall.call ORDER BY started_at, state LIMIT 1"
            call = fold(await read_events(unit, await unit.sql.fetchval(first)))
        assert call.state is CallState.ANSWERED
    finally:
        await rotated.close()


# --- chats --------------------------------------------------------------------------------------------------------


async def test_one_greeting_for_each_installation(company: TestCompany, other_node: Database, now: Clock) -> None:
    chat = await company.install(0, now)

    async def ask(database: Database) -> bool:
        async with database.tenant(company.tenant_id) as unit:
            return await welcome_due(unit, chat)

    assert sorted(await asyncio.gather(ask(company.database), ask(other_node), ask(company.database))) == [
        False,
        False,
        True,
    ]
    async with company.database.tenant(company.tenant_id) as unit:
        await set_state(unit, chat.bot_app_id, chat.entra_object_id, ChatState.BLOCKED)
    assert not await ask(company.database)
    async with company.database.tenant(company.tenant_id) as unit:
        await set_state(unit, chat.bot_app_id, chat.entra_object_id, ChatState.UNINSTALLED)
    now.move(1)
    await company.install(0, now)
    assert await ask(company.database)


async def test_what_is_older_does_not_overwrite_what_is_newer(company: TestCompany, now: Clock) -> None:
    chat = await company.install(0, now)
    older = replace(chat, conversation_id="a:older", service_url="https://older.example/")
    async with company.database.tenant(company.tenant_id) as unit:
        await keep_chat(unit, older, at(-60))
        assert await unit.sql.fetchval("SELECT conversation_id FROM smartcall.chat") == chat.conversation_id
        await set_state(unit, chat.bot_app_id, chat.entra_object_id, ChatState.UNINSTALLED, at(-60))
        assert await unit.sql.fetchval("SELECT state FROM smartcall.chat") == "installed"
        newer = replace(chat, conversation_id="a:newer")
        await keep_chat(unit, newer, at(60))
        assert await unit.sql.fetchval("SELECT conversation_id FROM smartcall.chat") == "a:newer"
