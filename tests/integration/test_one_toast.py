"""One toast, worth reading: lookup and first card together, on a real PostgreSQL, with sources of every temper."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from calls.callers.identify import CardsJob
from calls.callers.lookup import Patience
from calls.callers.sources import Sources
from calls.errors import Transient
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell, Task
from calls.model import Details, Event, OpenItem, OpenItemKind
from calls.popups.cards import Cards
from calls.popups.popup import Identity, PopupState
from calls.popups.wishes import NotYours, Press, Wishes
from calls.ports import Parsed, Proof
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany, object_id
from tests.support.connectors import FakeSources
from tests.support.events import HIDDEN, answer, end, line, ring
from tests.support.live.waiting import until
from tests.support.screen import Card, Screen

QUICK = Patience(crm=0.08, directory=0.15, hard=0.4)
RING = ring(line(0))


class Desk:
    """Rings come in; one or two nodes do the cards' jobs."""

    def __init__(self, company: TestCompany, node: Database, clock: Clock) -> None:
        self.company, self.clock = company, clock
        self.screen, self.sources = Screen(), FakeSources(company.crm_id, company.directory_id)
        self.crm, self.directory = self.sources.crm, self.sources.directory
        self.database = node
        self.job = self.node(node)

    def node(self, database: Database) -> CardsJob:
        cards = Cards(database, self.screen, self.clock)
        return CardsJob(database, Sources(database, self.sources.connect), cards, self.clock, QUICK)

    async def tell(self, event: Event) -> Task:
        now = self.clock()
        parsed = Parsed(events=(replace(event, received_at=now),))
        connection = await self.company.operator()
        await take_in(self.database, Bell(), connection, Proof(method="url_token"), parsed, now)
        return Task(tenant_id=self.company.tenant_id, call_id=await self.call_id(), job_id=str(uuid4()))

    async def call_id(self) -> UUID:
        found: UUID = await self.read("SELECT call_id FROM smartcall.call")
        return found

    async def read(self, question: str) -> Any:
        async with self.database.tenant(self.company.tenant_id) as unit:
            return await unit.sql.fetchval(question)

    async def shown(self) -> bool:
        return bool(self.screen.cards)

    async def asked(self) -> bool:
        return bool(self.crm.asked)

    @property
    def kinds(self) -> list[str]:
        """What was asked of Teams, in order."""
        return [kind for kind, _ in self.screen.requests]

    @property
    def card(self) -> Card:
        (card,) = self.screen.cards.values()
        return card

    def press(self, place: int = 0) -> Press:
        popup_id = self.card.popup.popup_id
        return Press(
            tenant_id=self.company.tenant_id,
            popup_id=popup_id,
            entra_object_id=object_id(place),
            card_id=self.card.card_id,
        )


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


async def test_the_first_card_names_the_caller(desk: Desk) -> None:
    desk.crm.knows = "Nora Lie"
    desk.crm.after = 0.02
    await desk.job(await desk.tell(RING))
    assert (desk.card.popup.identity, desk.card.popup.matches[0].name) == (Identity.MATCHED, "Nora Lie")
    assert desk.directory.asked == 0
    assert not desk.card.popup.searching
    assert await desk.read("SELECT lookup_state FROM smartcall.call") == "done"


async def test_the_first_card_waits_for_the_directory_when_the_crm_does_not_know(desk: Desk) -> None:
    desk.directory.knows, desk.directory.after = "Kari Prøve", 0.05
    await desk.job(await desk.tell(RING))
    assert desk.card.popup.identity is Identity.DIRECTORY
    assert desk.kinds == ["post"]


async def test_one_post_and_then_only_updates_when_the_time_for_a_name_is_over(desk: Desk) -> None:
    desk.crm.knows, desk.crm.after = "Nora Lie", 0.25
    task = await desk.tell(RING)
    desk.clock.move(1.17)  # so that the first card may wait 0.03 seconds more
    await desk.job(task)
    assert desk.kinds[0] == "post"
    assert set(desk.kinds[1:]) == {"update"}
    assert desk.card.popup.identity is Identity.MATCHED
    assert not desk.screen.faults_of_ours


async def test_a_first_card_without_a_name_says_that_we_are_searching(desk: Desk) -> None:
    desk.crm.after = desk.directory.after = 0.3
    task = await desk.tell(RING)
    desk.clock.move(1.19)
    job = asyncio.create_task(desk.job(task))
    await until(desk.shown)
    assert (desk.card.popup.identity, desk.card.popup.searching) == (Identity.UNKNOWN, True)
    await job
    assert not desk.card.popup.searching


async def test_only_a_directory_is_searched_for_too(desk: Desk) -> None:
    await desk.read("UPDATE smartcall.connection SET enabled = false WHERE type = 'hubspot'")
    desk.directory.after, desk.directory.knows = 0.1, "Kari Prøve"
    task = await desk.tell(RING)
    desk.clock.move(1.19)
    job = asyncio.create_task(desk.job(task))
    await until(desk.shown)
    assert desk.card.popup.searching
    await job
    assert desk.card.popup.identity is Identity.DIRECTORY


async def test_a_job_that_comes_late_shows_no_more_than_it_must(desk: Desk) -> None:
    desk.crm.knows = "Nora Lie"
    task = await desk.tell(RING)
    desk.clock.move(30)
    await desk.job(task)
    assert desk.card.popup.identity is Identity.MATCHED
    assert desk.card.updates <= 1


async def test_a_dead_crm_is_named_in_one_line_and_the_directory_asked(desk: Desk) -> None:
    desk.crm.problem = Transient("down")
    desk.directory.knows = "Kari Prøve"
    await desk.job(await desk.tell(RING))
    popup = desk.card.popup
    assert (popup.identity, popup.silent_sources) == (Identity.DIRECTORY, ("HubSpot",))


async def test_a_connection_that_does_not_open_silences_nobody_else(desk: Desk) -> None:
    desk.sources.broken.add(desk.company.crm_id)
    desk.directory.knows = "Kari Prøve"
    await desk.job(await desk.tell(RING))
    assert desk.card.popup.identity is Identity.DIRECTORY
    assert desk.card.popup.silent_sources == ("HubSpot",)


async def test_hidden_callers_are_shown_at_once_and_nobody_is_asked(desk: Desk) -> None:
    await desk.job(await desk.tell(ring(line(0), caller=HIDDEN)))
    assert desk.card.popup.identity is Identity.WITHHELD
    assert desk.crm.asked == desk.directory.asked == 0


async def test_two_nodes_ask_once(desk: Desk, other_node: Database) -> None:
    desk.crm.knows, desk.crm.after = "Nora Lie", 0.05
    task = await desk.tell(RING)
    other = replace(task, job_id=str(uuid4()))
    await asyncio.gather(desk.job(task), desk.node(other_node)(other))
    assert desk.crm.asked == 1
    assert desk.card.popup.identity is Identity.MATCHED


async def test_what_a_killed_node_was_asking_is_asked_again_by_the_job_that_takes_over(desk: Desk) -> None:
    desk.crm.knows, desk.crm.after = "Nora Lie", 0.2
    task = await desk.tell(RING)
    killed = asyncio.create_task(desk.job(task))
    await until(desk.asked)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    desk.crm.after = 0
    other = replace(task, job_id=str(uuid4()))
    await desk.job(other)
    assert desk.crm.asked == 1, "the lease holds"
    await desk.job(task)
    assert desk.crm.asked == 2
    assert desk.card.popup.identity is Identity.MATCHED


async def test_an_event_during_the_lookup_is_shown_and_the_lookup_goes_on(desk: Desk) -> None:
    desk.crm.knows, desk.crm.after = "Nora Lie", 0.15
    first = asyncio.create_task(desk.job(await desk.tell(RING)))
    await until(desk.asked)
    await desk.job(await desk.tell(answer(line(0))))
    assert not desk.screen.cards
    await first
    assert (desk.card.popup.state, desk.card.popup.identity) == (PopupState.ANSWERED, Identity.MATCHED)
    assert desk.crm.asked == 1


async def test_our_own_mistake_in_a_lookup_is_made_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("calls.callers.identify.look_up", stumble)
    await desk.job(await desk.tell(RING))
    assert desk.card.popup.state is PopupState.RINGING
    assert await desk.read("SELECT lookup_state FROM smartcall.call") == "done"


async def test_details_come_after_the_card_and_without_a_banner(desk: Desk) -> None:
    item = OpenItem(kind=OpenItemKind.DEAL, title="Reoler")
    desk.crm.knows, desk.crm.details_given = "Nora Lie", Details(open_items=(item,))
    await desk.job(await desk.tell(RING))
    assert desk.card.popup.matches[0].open_items == (item,)
    assert desk.kinds == ["post", "update"]


async def test_calls_of_people_who_are_no_employees_are_looked_up_nowhere(desk: Desk) -> None:
    stranger = replace(line(0), number=None, alias="somebody else")
    await desk.job(await desk.tell(answer(stranger)))
    await desk.job(await desk.tell(end()))
    assert desk.crm.asked == desk.directory.asked == 0
    assert await desk.read("SELECT count(*) FROM smartcall.journal") == 0
    await desk.job(await desk.tell(RING))
    assert (desk.crm.asked, await desk.read("SELECT count(*) FROM smartcall.journal")) == (1, 1)


async def test_search_again_asks_anew_and_journals_when_a_crm_knows_by_now(desk: Desk) -> None:
    desk.directory.knows = "Kari Prøve"
    await desk.job(await desk.tell(RING))
    await desk.job(await desk.tell(end()))
    await desk.read("DELETE FROM smartcall.journal")  # there was nothing to write
    wishes = Wishes(desk.database, Bell(), desk.clock)
    granted = await wishes.search_again(desk.press())
    assert granted.popup.searching
    assert granted.popup.matches, "what is known stays on the card meanwhile"
    desk.crm.knows = "Kari Prøve hos oss"
    await desk.job(Task(tenant_id=desk.company.tenant_id, call_id=await desk.call_id(), job_id="again"))
    assert desk.card.popup.identity is Identity.MATCHED
    assert await desk.read("SELECT count(*) FROM smartcall.journal") == 1


async def test_search_again_during_a_lookup_is_not_lost(desk: Desk) -> None:
    desk.crm.after = 0.2
    task = await desk.tell(RING)
    desk.clock.move(1.19)
    first = asyncio.create_task(desk.job(task))
    await until(desk.shown)
    desk.crm.knows, desk.crm.after = "Nora Lie", 0.0
    await Wishes(desk.database, Bell(), desk.clock).search_again(desk.press())
    await desk.job(replace(task, job_id="again"))
    assert desk.card.popup.identity is Identity.MATCHED
    await first
    assert desk.card.popup.identity is Identity.MATCHED
    assert await desk.read("SELECT lookup_state FROM smartcall.call") == "done"


async def test_a_slow_teams_before_anybody_is_asked_is_no_reason_to_ask_twice(desk: Desk) -> None:
    task = await desk.tell(RING)
    desk.clock.move(2)

    async def dawdle(_: str) -> None:
        desk.screen.before = lambda _: None
        desk.clock.move(4.4)
        await desk.job(replace(task, job_id="the sweep's"))

    desk.screen.before = dawdle
    await desk.job(task)
    assert desk.crm.asked == 1


async def test_a_late_answer_to_a_press_does_not_stay_on_the_screen(desk: Desk) -> None:
    task = await desk.tell(RING)
    await desk.job(task)
    await Wishes(desk.database, Bell(), desk.clock).search_again(desk.press())
    sent = []
    for seconds in (0, 1.9, 0.1, 1):
        desk.clock.move(seconds)
        await desk.job(task)
        sent.append(desk.card.updates)
    assert sent == [sent[0], sent[0], sent[0] + 1, sent[0] + 1], "once more when the answer must have come"


async def test_a_colleagues_button_is_refused(desk: Desk) -> None:
    await desk.job(await desk.tell(RING))
    with pytest.raises(NotYours):
        await Wishes(desk.database, Bell(), desk.clock).search_again(desk.press(place=1))


async def test_a_match_pointed_out_while_sources_are_asked_stays_pointed_out(desk: Desk) -> None:
    desk.crm.knows = "Nora Lie"
    await desk.job(await desk.tell(RING))
    wishes = Wishes(desk.database, Bell(), desk.clock)
    granted = await wishes.choose_match(desk.press(), lambda matches: matches[0])
    assert granted.popup.matches[0].name == "Nora Lie"
    await wishes.search_again(desk.press())
    await desk.job(Task(tenant_id=desk.company.tenant_id, call_id=await desk.call_id(), job_id="again"))
    async with desk.database.tenant(desk.company.tenant_id) as unit:
        sealed = await unit.sql.fetchval("SELECT lookup_sealed FROM smartcall.call")
        assert b"chosen" in unit.vault.open(unit.tenant_id, "lookup", sealed)
