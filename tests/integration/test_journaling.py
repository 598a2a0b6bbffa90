"""The journal: there once whatever happens, where the tenant wants it, and changed when the call turns out other."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from calls.callers.identify import CardsJob
from calls.callers.lookup import Patience
from calls.callers.sources import Sources
from calls.errors import NeedsSignIn, OutsideError, Refused, Throttled, Transient
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell, Task
from calls.jobs.sweep import Sweep
from calls.journal.journaling import JournalJob
from calls.model import Event, Outcome
from calls.popups.cards import Cards
from calls.popups.popup import JournalState
from calls.popups.wishes import Press, Wishes
from calls.ports import Parsed, Proof
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany, company_text, object_id, provision
from tests.support.connectors import FakeSources, Texts
from tests.support.events import answer, end, leg_end, line, ring
from tests.support.screen import Screen

RING, ANSWER, END = ring(line(0)), answer(line(0)), end()


class Desk:
    def __init__(self, company: TestCompany, database: Database, clock: Clock) -> None:
        self.company, self.database, self.clock = company, database, clock
        self.sources, self.screen = FakeSources(company.crm_id, company.directory_id), Screen()
        self.crm = self.sources.crm
        self.crm.knows = "Nora Lie"
        self.journal = self.node(database)

    def node(self, database: Database) -> JournalJob:
        return JournalJob(database, Bell(), Sources(database, self.sources.connect), Texts(), self.clock)

    async def tell(self, *events: Event) -> None:
        connection = await self.company.operator()
        for event in events:
            parsed = Parsed(events=(replace(event, received_at=self.clock()),))
            proof = Proof(method="url_token")
            await take_in(self.database, Bell(), connection, proof, parsed, self.clock())

    async def task(self, job: str | None = None) -> Task:
        call_id = await self.read("SELECT call_id FROM smartcall.call")
        return Task(tenant_id=self.company.tenant_id, call_id=call_id, job_id=job or str(uuid4()))

    async def identify(self) -> None:
        cards = Cards(self.database, self.screen, self.clock)
        sources = Sources(self.database, self.sources.connect)
        job = CardsJob(self.database, sources, cards, self.clock, Patience(crm=1.0, directory=1.0, hard=3.0))
        await job(await self.task())

    async def write(self) -> None:
        await self.journal(await self.task())

    async def read(self, question: str, *values: object) -> Any:
        async with self.database.tenant(self.company.tenant_id) as unit:
            return await unit.sql.fetchval(question, *values)

    async def row(self) -> dict[str, Any]:
        async with self.database.tenant(self.company.tenant_id) as unit:
            return dict(await unit.sql.fetchrow("SELECT * FROM smartcall.journal"))

    @property
    def journal_on_card(self) -> JournalState | None:
        (card,) = self.screen.cards.values()
        return card.popup.journal


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


async def test_a_call_that_is_over_is_written_once(desk: Desk) -> None:
    await desk.tell(RING, ANSWER)
    await desk.identify()
    assert await desk.read("SELECT count(*) FROM smartcall.journal") == 0
    desk.clock.move(60)
    await desk.tell(END)
    await desk.write()
    await desk.write()
    assert desk.crm.writes == 1
    (entry,) = desk.crm.entries.values()
    assert (entry.title, entry.body) == ("completed Kari Hansen", "Kari Hansen (nb)")
    assert (entry.record.id, entry.talk_seconds, entry.outcome) == ("101", 60, Outcome.COMPLETED)
    assert (entry.caller_number, entry.employee_email) == ("+4722334455", "employee0@fjordvik.example")
    await desk.identify()
    assert desk.journal_on_card is JournalState.WRITTEN


async def test_a_lost_answer_writes_the_same_entry_again_and_never_a_second_one(desk: Desk) -> None:
    desk.crm.lose_answers = 2
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    for _ in range(4):
        await desk.write()
        desk.clock.move(30)
    assert desk.crm.writes == 3
    assert len(desk.crm.entries) == 1
    assert (await desk.row())["written"] >= 1


async def test_two_nodes_write_once(desk: Desk, other_node: Database) -> None:
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    task = await desk.task()
    await asyncio.gather(desk.journal(task), desk.node(other_node)(replace(task, job_id="other")))
    assert desk.crm.writes == 1


async def test_a_node_killed_after_writing_leaves_one_entry(desk: Desk, other_node: Database) -> None:
    await desk.tell(RING, ANSWER, END)
    await desk.identify()

    class Killed(BaseException):
        pass

    desk.crm.journal_problem = None
    first = desk.crm.journal

    async def die(entry: Any, *, key: str) -> Any:
        await first(entry, key=key)
        raise Killed

    desk.crm.journal = die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await desk.write()
    desk.crm.journal = first  # type: ignore[method-assign]
    await desk.node(other_node)(await desk.task())
    assert desk.crm.writes == 1, "the lease still holds"
    desk.clock.move(61)
    assert [work.kind for work in await desk.database.open_work(desk.clock(), 10)].count("journal") == 1
    await desk.node(other_node)(await desk.task())
    assert desk.crm.writes == 2
    assert len(desk.crm.entries) == 1


async def test_it_waits_until_the_sources_have_answered(desk: Desk) -> None:
    await desk.tell(RING, END)
    await desk.write()
    assert desk.crm.writes == 0
    await desk.identify()
    assert [work.kind for work in await desk.database.open_work(desk.clock(), 10)].count("journal") == 1
    await desk.write()
    assert desk.crm.writes == 1


async def test_what_only_a_directory_knows_is_written_nowhere_and_is_not_asked_about_again(desk: Desk) -> None:
    desk.crm.knows = None
    desk.sources.directory.knows = "Kari Prøve"
    await desk.tell(RING, END)
    await desk.identify()
    await desk.write()
    assert desk.crm.writes == 0
    assert (await desk.row())["due_at"] is None
    desk.clock.move(3600)
    assert not [work for work in await desk.database.open_work(desk.clock(), 10) if work.kind == "journal"]
    assert desk.journal_on_card is None


@pytest.mark.parametrize(
    ("wish", "events", "written"),
    [
        ('journal_missed = "never"', (RING, end(Outcome.CALLER_CANCELLED)), 0),
        ('journal_missed = "never"', (RING, ANSWER, END), 1),
        ('journal_answered = "never"', (RING, ANSWER, END), 0),
        ('journal_answered = "never"', (RING, END), 0),
        ('journal_answered = "never"', (RING, leg_end(line(0)), end(Outcome.REJECTED)), 1),
    ],
)
async def test_the_tenant_decides(
    database: Database, now: Clock, wish: str, events: tuple[Event, ...], written: int
) -> None:
    company = await provision(database, company_text(settings=wish))
    desk = Desk(company, database, now)
    await desk.tell(*events)
    await desk.identify()
    await desk.write()
    assert desk.crm.writes == written
    assert (await desk.row())["due_at"] is None


@pytest.mark.parametrize(
    ("problem", "reason"),
    [(NeedsSignIn(), "needs_sign_in"), (Refused(code="VALIDATION_ERROR"), "refused:VALIDATION_ERROR")],
)
async def test_what_only_a_person_can_mend_is_parked_and_said_on_the_card(
    desk: Desk, problem: OutsideError, reason: str
) -> None:
    desk.crm.journal_problem = problem
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    await desk.write()
    row = await desk.row()
    assert (row["parked"], row["due_at"], row["lease"]) == (reason, None, None)
    await desk.identify()
    assert desk.journal_on_card is JournalState.PARKED
    desk.clock.move(100_000)
    await desk.write()
    assert desk.crm.writes == 1


@pytest.mark.parametrize("problem", [Transient(), ValueError("our own mistake")])
async def test_what_keeps_failing_is_parked_in_the_end(desk: Desk, problem: Exception) -> None:
    desk.crm.journal_problem = problem
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    for _ in range(12):
        await desk.write()
        desk.clock.move(5 * 3600)
    assert (await desk.row())["parked"] == "keeps_failing"
    assert desk.crm.writes == 8


async def test_a_connection_that_does_not_open_is_parked_for_the_administrator(desk: Desk) -> None:
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    desk.sources.broken.add(desk.company.crm_id)
    await desk.write()
    assert (await desk.row())["parked"] == "needs_sign_in"


async def test_a_throttled_crm_is_left_alone_as_long_as_it_asked(desk: Desk) -> None:
    desk.crm.journal_problem = Throttled(retry_after=100)
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    await desk.write()
    desk.crm.journal_problem = None
    desk.clock.move(99)
    await desk.write()
    assert desk.crm.writes == 1
    desk.clock.move(3)  # with what is added so that not all come at once
    await desk.write()
    assert desk.crm.writes == 2


async def test_a_busy_crm_is_no_failing_one(desk: Desk) -> None:
    """Its limit was reached a hundred times in a row: the next try is near, and nothing is parked."""
    desk.crm.journal_problem = Throttled()
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    for _ in range(100):
        await desk.write()
        desk.clock.move(76)  # a minute and what is added so that not all come at once
    assert desk.crm.writes == 100
    desk.crm.journal_problem = Transient()  # and a failure after that counts from there on
    for _ in range(10):
        await desk.write()
        desk.clock.move(5 * 3600)
    assert (await desk.row())["parked"] == "keeps_failing"
    assert desk.crm.writes == 105


async def test_a_late_event_rewrites_the_entry(desk: Desk) -> None:
    await desk.tell(RING, end(Outcome.CALLER_CANCELLED))
    await desk.identify()
    await desk.write()
    assert [entry.outcome for entry in desk.crm.entries.values()] == [Outcome.CALLER_CANCELLED]
    await desk.tell(ANSWER)
    await desk.write()
    assert [entry.outcome for entry in desk.crm.entries.values()] == [Outcome.COMPLETED]
    assert desk.crm.writes == 2


async def test_a_late_event_after_the_answers_were_forgotten_ends_quietly(desk: Desk) -> None:
    await desk.tell(RING, end(Outcome.CALLER_CANCELLED))
    await desk.identify()
    await desk.write()
    desk.clock.move(2 * 3600)
    await Sweep(desk.database, Bell(), desk.clock).delete_old()
    assert await desk.read("SELECT lookup_sealed FROM smartcall.call") is None
    await desk.tell(ANSWER)
    await desk.write()
    row = await desk.row()
    assert (row["due_at"], row["lease"]) == (None, None)
    assert row["written"] >= 1


async def test_a_crm_that_is_down_for_hours_gets_its_entry_after_all(desk: Desk) -> None:
    desk.crm.journal_problem = Transient()
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    sweep = Sweep(desk.database, Bell(), desk.clock)
    for _ in range(6):
        await desk.write()
        desk.clock.move(4600)  # an hour, and what is added so that not all come at once
        await sweep.delete_old()
    desk.crm.journal_problem = None
    await desk.write()
    assert len(desk.crm.entries) == 1
    await sweep.delete_old()
    assert await desk.read("SELECT lookup_sealed FROM smartcall.call") is None


async def test_a_call_that_rings_again_waits_for_its_real_end(desk: Desk) -> None:
    await desk.tell(ring(line(0), attempt="1"), leg_end(line(0), Outcome.MISSED, attempt="1"))
    await desk.identify()
    await desk.tell(ring(line(0), attempt="2"))
    await desk.write()
    assert desk.crm.writes == 0
    await desk.tell(ANSWER, END)
    await desk.write()
    assert [entry.outcome for entry in desk.crm.entries.values()] == [Outcome.COMPLETED]


async def test_the_same_key_stays_with_the_call(desk: Desk) -> None:
    desk.crm.knows = None
    await desk.tell(RING, ANSWER, END)
    await desk.identify()
    await desk.write()
    key = (await desk.row())["journal_id"]
    desk.crm.knows = "Nora Lie"
    popup_id: UUID = await desk.read("SELECT popup_id FROM smartcall.popup")
    press = Press(tenant_id=desk.company.tenant_id, popup_id=popup_id, entra_object_id=object_id(0), card_id="card-0")
    await Wishes(desk.database, Bell(), desk.clock).search_again(press)
    await desk.identify()
    await desk.write()
    assert list(desk.crm.entries) == [str(key)]


async def test_no_name_number_or_reason_from_outside_reaches_the_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.crm.journal_problem = ValueError("Nora Lie +4722334455 hemmelig")
    with caplog.at_level(logging.DEBUG):
        await desk.tell(RING, ANSWER, END)
        await desk.identify()
        await desk.write()
    assert desk.crm.writes == 1
    assert "Nora" not in caplog.text
    assert "22334455" not in caplog.text
    assert "hemmelig" not in caplog.text
