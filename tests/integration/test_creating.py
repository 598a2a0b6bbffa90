"""A caller whom no CRM knew becomes a record there: asked for on a card, made once whatever happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from calls.callers.creating import CreationJob, in_turn
from calls.callers.identify import CardsJob
from calls.callers.lookup import Making, Patience
from calls.callers.sources import Sources
from calls.errors import NeedsSignIn, OutsideError, Refused, Transient
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell, Task
from calls.journal.journaling import JournalJob
from calls.model import Event
from calls.popups.cards import Cards
from calls.popups.form_wishes import FormWishes
from calls.popups.forms import NewPerson
from calls.popups.popup import Identity, Popup
from calls.popups.wishes import CallGone, Press
from calls.ports import Parsed, Proof
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany, object_id
from tests.support.connectors import FakeSources, Texts
from tests.support.events import answer, end, line, ring
from tests.support.screen import Screen

RING, ANSWER, END = ring(line(0)), answer(line(0)), end()
TYPED = {"first_name": "Jon", "last_name": "Prøve", "company": "Prøve AS", "email": "jon@prove.example"}


class Desk:
    def __init__(self, company: TestCompany, database: Database, clock: Clock) -> None:
        self.company, self.database, self.clock = company, database, clock
        self.screen, self.sources = Screen(), FakeSources(company.crm_id, company.directory_id)
        self.crm = self.sources.crm
        self.opened = Sources(database, self.sources.connect)
        cards = Cards(database, self.screen, clock)
        self.cards = CardsJob(database, self.opened, cards, clock, Patience(crm=1.0, directory=1.0, hard=3.0))
        self.slow = self.node(database)
        self.forms = FormWishes(database, Bell(), self.opened, clock)

    def node(self, database: Database) -> Any:
        journal = JournalJob(database, Bell(), self.opened, Texts(), self.clock)
        return in_turn(CreationJob(database, Bell(), self.opened, self.clock), journal)

    async def tell(self, *events: Event) -> None:
        connection = await self.company.operator()
        for event in events:
            parsed = Parsed(events=(replace(event, received_at=self.clock()),))
            await take_in(self.database, Bell(), connection, Proof(method="url_token"), parsed, self.clock())

    async def task(self) -> Task:
        call_id = await self.read("SELECT call_id FROM smartcall.call")
        return Task(tenant_id=self.company.tenant_id, call_id=call_id, job_id=str(uuid4()))

    async def show(self) -> Popup:
        await self.cards(await self.task())
        (card,) = self.screen.cards.values()
        return card.popup

    async def press(self, typed: dict[str, str] = TYPED, email: str | None = None) -> Popup:
        popup_id: UUID = await self.read("SELECT popup_id FROM smartcall.popup")
        press = Press(
            tenant_id=self.company.tenant_id, popup_id=popup_id, entra_object_id=object_id(0), card_id="card-0"
        )
        return (await self.forms.create_record(press, person=NewPerson(**typed), employee_email=email)).popup

    async def make(self) -> None:
        await self.slow(await self.task())

    async def read(self, question: str, *values: object) -> Any:
        async with self.database.tenant(self.company.tenant_id) as unit:
            return await unit.sql.fetchval(question, *values)


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


async def test_a_stranger_becomes_the_caller_and_the_call_is_journaled_there(desk: Desk) -> None:
    desk.sources.directory.knows = "Jon Prøve"
    await desk.tell(RING, ANSWER, END)
    offered = await desk.show()
    assert (offered.identity, offered.create_in, offered.making) == (Identity.DIRECTORY, "HubSpot", None)
    await desk.make()
    assert desk.crm.entries == {}
    pressed = await desk.press(email="kari@fjordvik.example")
    assert pressed.making == Making()
    await desk.make()
    shown = await desk.show()
    assert (shown.identity, shown.matches[0].name, shown.chosen) == (Identity.MATCHED, "Jon Prøve", True)
    assert (shown.making, shown.create_in) == (None, None)
    (draft,) = desk.crm.made.values()
    assert (draft.number.e164, draft.company, draft.employee_email) == (
        "+4722334455", "Prøve AS", "kari@fjordvik.example",
    )  # fmt: skip
    (entry,) = desk.crm.entries.values()
    assert entry.record.id.startswith("made")
    assert await desk.read("SELECT count(*) FROM smartcall.creation") == 0


async def test_it_can_be_asked_for_while_it_rings_and_is_journaled_in_the_end(desk: Desk) -> None:
    await desk.tell(RING)
    assert (await desk.show()).create_in == "HubSpot"
    await desk.press()
    await desk.make()
    assert (await desk.show()).identity is Identity.MATCHED
    await desk.tell(ANSWER, END)
    await desk.make()
    assert [entry.record.id[:4] for entry in desk.crm.entries.values()] == ["made"]


async def test_a_lost_answer_makes_no_second_record(desk: Desk) -> None:
    desk.crm.lose_creations = 2
    await desk.tell(RING)
    await desk.show()
    await desk.press()
    for _ in range(4):
        await desk.make()
        desk.clock.move(40)
    assert len(desk.crm.made) == 1
    assert (await desk.show()).identity is Identity.MATCHED


async def test_a_second_press_changes_nothing_and_two_nodes_make_one(desk: Desk, other_node: Database) -> None:
    await desk.tell(RING)
    await desk.show()
    await desk.press()
    assert (await desk.press({**TYPED, "first_name": "Johan"})).making == Making()
    await desk.make()
    await desk.node(other_node)(await desk.task())
    assert [draft.first_name for draft in desk.crm.made.values()] == ["Jon"]


async def test_a_node_that_dies_over_it_leaves_it_to_the_sweep(desk: Desk) -> None:
    class Killed(BaseException):
        pass

    create = desk.crm.create

    async def die(*given: Any, **more: Any) -> Any:
        await create(*given, **more)
        raise Killed

    desk.crm.create = die  # type: ignore[method-assign]
    await desk.tell(RING)
    await desk.show()
    await desk.press()
    with pytest.raises(Killed):
        await desk.make()
    desk.crm.create = create  # type: ignore[method-assign]
    await desk.make()
    assert (await desk.show()).making == Making(), "the lease still holds"
    desk.clock.move(46)
    assert "journal" in {work.kind for work in await desk.database.open_work(desk.clock(), 10)}
    await desk.make()
    assert len(desk.crm.made) == 1
    assert (await desk.show()).making is None


@pytest.mark.parametrize(("problem", "code"), [(Refused(code="email_taken"), "email_taken"), (NeedsSignIn(), "failed")])
async def test_what_is_refused_is_said_and_may_be_tried_anew(desk: Desk, problem: OutsideError, code: str) -> None:
    desk.crm.create_problem = problem
    await desk.tell(RING)
    await desk.show()
    await desk.press()
    await desk.make()
    shown = await desk.show()
    assert (shown.making, shown.create_in) == (Making(failed=code), "HubSpot")
    desk.crm.create_problem = None
    await desk.press({**TYPED, "email": ""})
    await desk.make()
    assert (await desk.show()).identity is Identity.MATCHED


async def test_a_crm_in_trouble_is_tried_again_and_given_up_in_the_end(desk: Desk) -> None:
    desk.crm.create_problem = Transient()
    await desk.tell(RING)
    await desk.show()
    await desk.press()
    for _ in range(5):
        await desk.make()
        desk.clock.move(60)
    assert (await desk.show()).making == Making(failed="failed")


async def test_it_is_not_offered_when_a_crm_knows_the_caller_or_has_not_said(desk: Desk) -> None:
    desk.crm.problem = Transient()
    await desk.tell(RING)
    assert (await desk.show()).create_in is None
    with pytest.raises(CallGone):
        await desk.press()
    assert await desk.read("SELECT count(*) FROM smartcall.creation") == 0
