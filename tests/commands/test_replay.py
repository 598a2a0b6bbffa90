"""`smartcall replay`: what was given up is tried again, once what was wrong is mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from calls.callers.identify import CardsJob
from calls.callers.sources import Sources
from calls.errors import NeedsSignIn, Refused
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell, Task
from calls.jobs.replay import Replayed, replay
from calls.journal.journaling import JournalJob
from calls.popups.cards import Cards
from calls.ports import Parsed, Proof
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany, company_text, provision
from tests.support.connectors import FakeSources, Texts
from tests.support.events import answer, end, line, ring
from tests.support.programs import run_smartcall
from tests.support.screen import Screen


class Desk:
    """A company whose card and journal entry of one finished call were refused."""

    def __init__(self, company: TestCompany, database: Database, clock: Clock) -> None:
        self.company, self.database, self.clock = company, database, clock
        self.sources, self.screen = FakeSources(company.crm_id, company.directory_id), Screen()
        self.sources.crm.knows = "Nora Lie"
        self._sources = Sources(database, self.sources.connect)

    async def be_refused(self) -> None:
        def refuse(_: str) -> None:
            raise Refused(code="disabled_by_admin")

        self.screen.before, self.sources.crm.journal_problem = refuse, NeedsSignIn()
        for event in (ring(line(0)), answer(line(0)), end()):
            parsed = Parsed(events=(replace(event, received_at=self.clock()),))
            proof = Proof(method="url_token")
            await take_in(self.database, Bell(), await self.company.operator(), proof, parsed, self.clock())
        await self.work()
        await self.work()  # the card was to say that the entry is parked, and was refused once more
        self.screen.before, self.sources.crm.journal_problem = lambda _: None, None
        assert await self.parked() == ("disabled_by_admin", "needs_sign_in")

    async def work(self) -> None:
        """What the sweep would ring for."""
        call_id: UUID = await self.read("SELECT call_id FROM smartcall.call")
        task = Task(tenant_id=self.company.tenant_id, call_id=call_id, job_id=str(uuid4()))
        await CardsJob(self.database, self._sources, Cards(self.database, self.screen, self.clock), self.clock)(task)
        await JournalJob(self.database, Bell(), self._sources, Texts(), self.clock)(task)

    async def parked(self) -> tuple[str | None, str | None]:
        question = "SELECT parked FROM smartcall."
        return await self.read(question + "popup"), await self.read(question + "journal")

    async def read(self, question: str) -> Any:
        async with self.database.tenant(self.company.tenant_id) as unit:
            return await unit.sql.fetchval(question)


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


async def test_both_are_done_and_once(desk: Desk) -> None:
    await desk.be_refused()
    desk.clock.move(3600)
    await desk.work()
    assert (desk.screen.cards, desk.sources.crm.entries) == ({}, {}), "what is parked is left alone"
    assert await replay(desk.database, desk.company.tenant_id, desk.clock()) == Replayed(cards=1, entries=1)
    assert {item.kind for item in await desk.database.open_work(desk.clock(), 10)} == {"cards", "journal"}
    await desk.work()
    assert await desk.parked() == (None, None)
    assert (len(desk.screen.cards), len(desk.sources.crm.entries)) == (1, 1)
    assert await replay(desk.database, desk.company.tenant_id, desk.clock()) == Replayed(cards=0, entries=0)
    assert desk.screen.faults_of_ours == []


async def test_cards_of_long_ago_are_history_and_entries_are_not(desk: Desk) -> None:
    await desk.be_refused()
    desk.clock.move(timedelta(hours=24).total_seconds() + 1)
    assert await replay(desk.database, desk.company.tenant_id, desk.clock()) == Replayed(cards=0, entries=1)
    assert await desk.parked() == ("disabled_by_admin", None)


async def test_the_program_does_it_for_one_tenant_or_for_all(desk: Desk, database_url: str) -> None:
    desk.clock.at = datetime.now(UTC)
    await desk.be_refused()
    other = await provision(desk.database, company_text(uuid4(), bot=uuid4(), operator=uuid4()))
    done = await run_smartcall("replay", "--tenant", str(other.tenant_id), database=database_url)
    assert (done.code, done.out) == (0, "Fjordvik AS: 0 cards and 0 journal entries are tried again\n"), done.err
    assert await desk.parked() == ("disabled_by_admin", "needs_sign_in")
    done = await run_smartcall("replay", database=database_url)
    assert done.code == 0
    assert sorted(done.out.splitlines()) == [
        "Fjordvik AS: 0 cards and 0 journal entries are tried again",
        "Fjordvik AS: 1 cards and 1 journal entries are tried again",
    ]
    assert await desk.parked() == (None, None)


@pytest.mark.usefixtures("company")
async def test_a_tenant_that_is_not_there(database_url: str) -> None:
    done = await run_smartcall("replay", "--tenant", str(uuid4()), database=database_url)
    assert done.code == 2
    assert done.err.startswith("smartcall: --tenant: there is no tenant ")
    assert done.err.count("\n") == 1
