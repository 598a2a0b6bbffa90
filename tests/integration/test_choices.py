"""Several own a number: what somebody chose is remembered, used the next time, and forgotten again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from calls.callers.identify import CardsJob
from calls.callers.lookup import Patience
from calls.callers.sources import Sources
from calls.errors import Transient
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell, Task
from calls.jobs.sweep import Sweep
from calls.journal.journaling import JournalJob
from calls.model import Event, Match, RecordRef
from calls.popups.cards import Cards
from calls.popups.offers import Memory
from calls.popups.popup import Popup
from calls.popups.wishes import CallGone, Press, Wishes
from calls.ports import Parsed, Proof
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany, object_id
from tests.support.connectors import FakeSources, Texts
from tests.support.events import answer, end, line, ring
from tests.support.screen import Screen

QUICK = Patience(crm=0.08, directory=0.15, hard=0.4)


class Desk:
    """Two people own the number; each call rings at Kari and Ola."""

    def __init__(self, company: TestCompany, database: Database, clock: Clock) -> None:
        self.company, self.database, self.clock = company, database, clock
        self.screen, self.sources = Screen(), FakeSources(company.crm_id, company.directory_id)
        self.crm = self.sources.crm
        self.crm.knows = "Nora Lie"
        self.nora = self.crm.match()
        self.siv = replace(self.nora, ref=RecordRef(type="0-1", id="102"), name="Siv Bakke")
        self.crm.more = (self.siv,)
        cards = Cards(database, self.screen, clock)
        self.job = CardsJob(database, Sources(database, self.sources.connect), cards, clock, QUICK)
        self.wishes = Wishes(database, Bell(), clock)
        self.calls = 0

    async def call(self, *places: int) -> None:
        """A new call from the number, seen through by the cards' job."""
        self.calls += 1
        self.screen.cards.clear()
        name = f"c{self.calls}"
        await self.tell(ring(*(line(place) for place in places or (0, 1)), call=name))
        await self.work()

    async def tell(self, event: Event) -> None:
        now = self.clock()
        parsed = Parsed(events=(replace(event, received_at=now),))
        await take_in(self.database, Bell(), await self.company.operator(), Proof(method="url_token"), parsed, now)

    async def work(self) -> None:
        newest = "SELECT call_id FROM smartcall.call ORDER BY started_at DESC LIMIT 1"
        await self.job(Task(tenant_id=self.company.tenant_id, call_id=await self.read(newest), job_id=str(uuid4())))
        self.clock.move(10)

    async def press(self, place: int = 0) -> Press:
        question = (
            "SELECT p.popup_id FROM smartcall.popup p JOIN smartcall.call c USING (call_id)"
            " WHERE p.employee_id = $1 ORDER BY c.started_at DESC LIMIT 1"
        )
        popup_id: UUID = await self.read(question, self.company.employee_ids[place])
        tenant, who = self.company.tenant_id, object_id(place)
        return Press(tenant_id=tenant, popup_id=popup_id, entra_object_id=who, card_id=f"card-{place}")

    async def choose(self, match: Match, place: int = 0) -> Popup:
        return (await self.wishes.choose_match(await self.press(place), lambda _: match)).popup

    async def remember(self, match: Match, place: int = 0, *, for_all: bool = False) -> Popup:
        await self.choose(match, place)
        return (await self.wishes.remember_choice(await self.press(place), for_all=for_all)).popup

    async def forget(self, place: int = 0) -> Popup:
        return (await self.wishes.forget_choice(await self.press(place))).popup

    async def seen(self, place: int = 0) -> tuple[str, Memory | None, bool]:
        """Who is shown large to an employee, why, and whether remembering is offered."""
        press = await self.press(place)
        popup = next(card.popup for card in self.screen.cards.values() if card.popup.popup_id == press.popup_id)
        return popup.matches[0].name, popup.remembered, popup.may_remember

    async def read(self, question: str, *values: object) -> Any:
        async with self.database.tenant(self.company.tenant_id) as unit:
            return await unit.sql.fetchval(question, *values)

    async def count(self) -> int:
        return int(await self.read("SELECT count(*) FROM smartcall.choice"))


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


async def test_a_choice_is_for_this_call_until_somebody_asks_to_remember_it(desk: Desk) -> None:
    await desk.call()
    assert await desk.seen() == ("Nora Lie", None, False)
    chosen = await desk.choose(desk.siv)
    assert (chosen.matches[0].name, chosen.may_remember, chosen.remembered) == ("Siv Bakke", True, None)
    await desk.call()
    assert await desk.seen() == ("Nora Lie", None, False)
    assert await desk.count() == 0


async def test_what_is_remembered_for_me_is_mine_alone(desk: Desk) -> None:
    await desk.call()
    assert (await desk.remember(desk.siv)).remembered is Memory.MINE
    await desk.call()
    assert await desk.seen(0) == ("Siv Bakke", Memory.MINE, False)
    assert await desk.seen(1) == ("Nora Lie", None, False)


async def test_mine_comes_before_that_for_all(desk: Desk) -> None:
    await desk.call()
    await desk.remember(desk.siv, 1, for_all=True)
    await desk.call()
    assert await desk.seen(0) == await desk.seen(1) == ("Siv Bakke", Memory.ALL, False)
    await desk.remember(desk.nora, 0)
    await desk.call()
    assert await desk.seen(0) == ("Nora Lie", Memory.MINE, False)
    assert await desk.seen(1) == ("Siv Bakke", Memory.ALL, False)


async def test_forgetting_ends_it_for_this_call_and_the_next(desk: Desk) -> None:
    await desk.call()
    await desk.remember(desk.siv)
    await desk.call()
    left = await desk.forget()
    assert (left.matches[0].name, left.remembered, left.chosen) == ("Nora Lie", None, False)
    assert await desk.count() == 0
    await desk.call()
    assert await desk.seen() == ("Nora Lie", None, False)


async def test_a_remembered_caller_is_on_the_first_card_whatever_the_sources_do(desk: Desk) -> None:
    await desk.call()
    await desk.remember(desk.siv, for_all=True)
    first: list[tuple[str, bool]] = []

    def note(kind: str) -> None:
        popups = (card.popup for card in desk.screen.cards.values() if kind == "post")
        first.extend((popup.matches[0].name, popup.searching) for popup in popups)

    desk.screen.after = note
    desk.crm.problem, desk.crm.after, asked = Transient(), 0.05, desk.crm.asked
    await desk.call(0)
    assert first == [("Siv Bakke", True)]
    assert await desk.seen() == ("Siv Bakke", Memory.ALL, False)
    assert desk.crm.asked == asked + 1, "the sources are asked all the same"
    assert await desk.count() == 1, "a source that does not answer says nothing against it"


async def test_a_toast_waits_for_those_who_have_nobody_remembered(desk: Desk) -> None:
    await desk.call()
    await desk.remember(desk.siv)
    first: list[bool] = []
    desk.screen.after = lambda _: first.extend(card.popup.searching for card in desk.screen.cards.values())
    desk.crm.after = 0.05
    await desk.call(0, 1)
    assert not any(first)


async def test_a_record_that_is_gone_makes_the_choice_void(desk: Desk) -> None:
    await desk.call()
    await desk.remember(desk.siv, for_all=True)
    desk.crm.more = ()
    await desk.call()
    assert await desk.seen() == ("Nora Lie", None, False)
    assert await desk.count() == 0


async def test_the_name_is_kept_as_the_source_tells_it_now(desk: Desk) -> None:
    await desk.call()
    await desk.remember(desk.siv, for_all=True)
    desk.crm.more = (replace(desk.siv, name="Siv Bakke-Lie"),)
    await desk.call()
    desk.crm.problem = Transient()
    await desk.call()
    assert (await desk.seen())[0] == "Siv Bakke-Lie"


async def test_nothing_is_remembered_that_was_not_chosen(desk: Desk) -> None:
    await desk.call()
    with pytest.raises(CallGone):
        await desk.wishes.remember_choice(await desk.press(), for_all=True)
    with pytest.raises(CallGone):
        await desk.wishes.forget_choice(await desk.press())
    assert await desk.count() == 0


async def test_what_no_call_has_used_for_400_days_is_deleted(desk: Desk) -> None:
    await desk.call()
    await desk.remember(desk.siv)
    desk.clock.move(timedelta(days=399).total_seconds())
    sweep = Sweep(desk.database, Bell(), desk.clock)
    await sweep.delete_old()
    assert await desk.count() == 1
    await desk.call()
    desk.clock.move(timedelta(days=399).total_seconds())
    await sweep.delete_old()
    assert await desk.count() == 1, "used in between"
    desk.clock.move(timedelta(days=2).total_seconds())
    await sweep.delete_old()
    assert await desk.count() == 0


async def test_the_call_is_journaled_on_who_was_meant_by_the_one_who_took_it(desk: Desk) -> None:
    await desk.call()
    await desk.remember(desk.siv, 1)
    await desk.call()
    await desk.tell(answer(line(1), call="c2"))
    await desk.tell(end(call="c2"))
    journal = JournalJob(desk.database, Bell(), Sources(desk.database, desk.sources.connect), Texts(), desk.clock)
    call_id = await desk.read("SELECT call_id FROM smartcall.call ORDER BY started_at DESC LIMIT 1")
    await journal(Task(tenant_id=desk.company.tenant_id, call_id=call_id, job_id="j"))
    assert [entry.record.id for entry in desk.crm.entries.values()] == ["102"]
