"""Work that ends its process each time is begun three times in a row, then parked; a replay begins anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from calls.callers.creating import CreationJob, Errand, ask
from calls.callers.identify import CardsJob
from calls.callers.lookup import Patience
from calls.callers.sources import Sources
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell, Task
from calls.jobs.replay import Replayed, replay
from calls.jobs.starts import MOST_STARTS, NEVER_CAME_BACK
from calls.journal.journaling import JournalJob
from calls.model import Draft, Event
from calls.popups.cards import Cards
from calls.popups.popup import PopupState
from calls.ports import Parsed, Proof
from calls.store.database import Database
from calls.store.vault import Unsealable, Vault
from tests.support.clock import Clock
from tests.support.companies import TestCompany
from tests.support.connectors import FakeSources, Texts
from tests.support.events import CALLER, answer, end, line, ring
from tests.support.screen import Screen


class Killed(BaseException):
    """The process is gone: nothing of ours catches it, and nothing more is written."""


class Desk:
    def __init__(self, company: TestCompany, database: Database, clock: Clock) -> None:
        self.company, self.database, self.clock = company, database, clock
        self.screen, self.sources = Screen(), FakeSources(company.crm_id, company.directory_id)
        self.sources.crm.knows = "Nora Lie"
        self.opened = opened = Sources(database, self.sources.connect)
        patience = Patience(crm=1.0, directory=1.0, hard=3.0)
        self.cards = CardsJob(database, opened, Cards(database, self.screen, clock), clock, patience)
        self.journal = JournalJob(database, Bell(), opened, Texts(), clock)
        self.creation = CreationJob(database, Bell(), opened, clock)

    async def tell(self, *events: Event) -> None:
        for event in events:
            parsed = Parsed(events=(replace(event, received_at=self.clock()),))
            proof = Proof(method="url_token")
            await take_in(self.database, Bell(), await self.company.operator(), proof, parsed, self.clock())

    async def run(self, job: Any) -> None:
        """What the sweep would ring for, a minute later."""
        self.clock.move(61)
        call_id: UUID = await self.read("SELECT call_id FROM smartcall.call")
        await job(Task(tenant_id=self.company.tenant_id, call_id=call_id, job_id=str(uuid4())))

    async def die(self, job: Any, times: int = MOST_STARTS) -> None:
        for _ in range(times):
            with pytest.raises(Killed):
                await self.run(job)

    async def read(self, question: str) -> Any:
        async with self.database.tenant(self.company.tenant_id) as unit:
            return await unit.sql.fetchval(question)

    async def replay(self) -> Replayed:
        return await replay(self.database, self.company.tenant_id, self.clock())


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


def kill(*_: object) -> None:
    raise Killed


async def test_a_card_that_kills_is_parked_and_shown_after_a_replay(desk: Desk) -> None:
    await desk.tell(ring(line(0)))
    await desk.run(desk.cards)
    await desk.tell(answer(line(0)))
    desk.screen.before = kill
    await desk.die(desk.cards)
    sent = len(desk.screen.requests)
    await desk.run(desk.cards)
    assert await desk.read("SELECT parked FROM smartcall.popup") == NEVER_CAME_BACK
    assert await desk.database.open_work(desk.clock.move(3600), 10) == []
    await desk.tell(end())  # news of the call is no reason to try again
    await desk.run(desk.cards)
    assert len(desk.screen.requests) == sent
    desk.screen.before = lambda _: None
    assert await desk.replay() == Replayed(cards=1, entries=0)
    await desk.run(desk.cards)
    assert await desk.read("SELECT parked FROM smartcall.popup") is None
    assert await desk.read("SELECT starts FROM smartcall.popup") == 0
    (card,) = desk.screen.cards.values()
    assert card.popup.state is PopupState.ENDED


async def test_a_post_that_kills_is_made_once_while_it_rings(desk: Desk) -> None:
    """What stands before it is enough: nobody knows whether it is on the screen."""
    await desk.tell(ring(line(0)))
    desk.screen.before = kill
    await desk.die(desk.cards, 1)
    for _ in range(3):
        await desk.run(desk.cards)
    assert desk.screen.requests == [("post", await desk.read("SELECT popup_id FROM smartcall.popup"))]


async def test_what_comes_back_is_never_counted(desk: Desk) -> None:
    """Two deaths, a card, two deaths: machines fail, and that parks nothing."""
    await desk.tell(ring(line(0)))
    await desk.run(desk.cards)
    for event in (answer(line(0)), end()):
        await desk.tell(event)
        desk.screen.before = kill
        await desk.die(desk.cards, MOST_STARTS - 1)
        desk.screen.before = lambda _: None
        await desk.run(desk.cards)
        assert await desk.read("SELECT starts FROM smartcall.popup") == 0
    assert await desk.read("SELECT parked FROM smartcall.popup") is None


async def test_a_lookup_that_kills_leaves_a_card_without_a_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.opened, "open_rows", kill)
    await desk.tell(ring(line(0)), answer(line(0)))
    await desk.die(desk.cards)
    await desk.run(desk.cards)
    assert await desk.read("SELECT lookup_parked FROM smartcall.call") == NEVER_CAME_BACK
    (card,) = desk.screen.cards.values()
    assert (card.popup.matches, card.popup.searching) == ((), False)
    monkeypatch.undo()
    assert (await desk.replay()).lookups == 1
    await desk.run(desk.cards)
    assert card.popup.matches[0].name == "Nora Lie"
    assert await desk.read("SELECT lookup_parked FROM smartcall.call") is None


async def test_an_entry_that_kills_is_parked_and_written_after_a_replay(desk: Desk) -> None:
    await desk.tell(ring(line(0)), answer(line(0)), end())
    await desk.run(desk.cards)
    desk.sources.crm.journal_problem = Killed()  # type: ignore[assignment]
    await desk.die(desk.journal)
    await desk.run(desk.journal)
    await desk.run(desk.cards)
    assert desk.sources.crm.writes == MOST_STARTS
    assert await desk.read("SELECT parked FROM smartcall.journal") == NEVER_CAME_BACK
    desk.sources.crm.journal_problem = None
    assert (await desk.replay()).entries == 1
    await desk.run(desk.journal)
    assert len(desk.sources.crm.entries) == 1
    assert await desk.read("SELECT starts FROM smartcall.journal") == 0


async def test_a_record_that_kills_is_told_to_who_asked_for_it(desk: Desk) -> None:
    desk.sources.crm.knows = None
    await desk.tell(ring(line(0)))
    await desk.run(desk.cards)
    call_id: UUID = await desk.read("SELECT call_id FROM smartcall.call")
    async with desk.database.tenant(desk.company.tenant_id) as unit:
        draft = Draft(number=CALLER.number, first_name="Jon")  # type: ignore[arg-type]
        await ask(unit, call_id, desk.company.crm_id, Errand(number=draft.number, new=draft), desk.clock())
    desk.sources.crm.create_problem = Killed()  # type: ignore[assignment]
    await desk.die(desk.creation)
    await desk.run(desk.creation)
    assert await desk.read("SELECT count(*) FROM smartcall.creation") == 0
    await desk.run(desk.cards)
    (card,) = desk.screen.cards.values()
    assert card.popup.making is not None
    assert card.popup.making.failed == NEVER_CAME_BACK


async def test_rows_that_do_not_open_are_not_taken_for_deaths(desk: Desk, database_url: str) -> None:
    """A node that lacks a key fails, and goes on; the work waits for one that has it."""
    await desk.tell(ring(line(0)), answer(line(0)), end())
    stranger = await Database.open(database_url, Vault([bytes(32)]))
    lost = Desk(desk.company, stranger, desk.clock)
    for job, able in ((lost.cards, desk.cards), (lost.journal, desk.journal)):
        for _ in range(MOST_STARTS + 1):
            with pytest.raises(Unsealable):
                await desk.run(job)
        await desk.run(able)
    await stranger.close()
    assert (len(desk.screen.cards), len(desk.sources.crm.entries)) == (1, 1)
