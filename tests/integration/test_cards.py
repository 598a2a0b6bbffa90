"""Popups reconciled on a real PostgreSQL by two nodes, onto a screen that has bad days."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from calls.callers.lookup import Lookup
from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell
from calls.model import Event, Outcome
from calls.popups.cards import SQL as CARDS
from calls.popups.cards import Cards
from calls.popups.chats import SQL as CHATS
from calls.popups.chats import ChatState, set_state
from calls.popups.plans import Hold
from calls.popups.popup import PopupState
from calls.popups.scene import LOOKUP, read_scene
from calls.ports import Parsed, Proof
from calls.store.database import Database, Unit
from tests.support.clock import Clock
from tests.support.companies import TestCompany, object_id
from tests.support.events import HIDDEN, SALES, answer, end, leg_end, line, ring
from tests.support.screen import Card, Screen, Weather

PROOF = Proof(method="url_token")


class Desk:
    """A company's cards, as a test moves them: tell an event, let a node work, let time go by."""

    def __init__(self, company: TestCompany, screen: Screen, clock: Clock, nodes: Sequence[Database]) -> None:
        self.company, self.screen, self.clock = company, screen, clock
        self.nodes = [(node, Cards(node, screen, clock)) for node in nodes]
        self._turn = itertools.cycle(range(len(nodes)))

    async def tell(self, *events: Event, node: int | None = None, show: bool = True) -> None:
        database, cards = self.nodes[next(self._turn) if node is None else node]
        connection = await self.company.operator()
        for event in events:
            now = self.clock()
            placed = replace(event, received_at=now)
            await take_in(database, Bell(), connection, PROOF, Parsed(events=(placed,)), now)
            if show:
                await cards.show(self.company.tenant_id, await self.call_id(event.call_ref))

    async def call_id(self, call_ref: str) -> UUID:
        async with self.company.database.tenant(self.company.tenant_id) as unit:
            hashed = unit.hash("call ref", call_ref)
            found: UUID = await unit.sql.fetchval("SELECT call_id FROM smartcall.call WHERE ref_hash = $1", hashed)
        return found

    async def show(self, call_ref: str = "c1", node: int = 0) -> None:
        await self.nodes[node][1].show(self.company.tenant_id, await self.call_id(call_ref))

    async def sweep(self) -> int:
        """Let whatever is due be worked, on either node; returns how much there was."""
        open_work = await self.company.database.open_work(self.clock(), 1000)
        calls = {item.call_id for item in open_work if item.kind == "cards"}
        cards = [self.nodes[next(self._turn)][1] for _ in calls]
        shows = (each.show(self.company.tenant_id, call) for each, call in zip(cards, calls, strict=True))
        await asyncio.gather(*shows)
        return len(calls)

    async def settle(self, rounds: int = 120) -> None:
        """Until nothing is due any more, now or later: what was put off waits for minutes."""
        for _ in range(rounds):
            self.clock.move(20)
            await self.sweep()
            if not any(row["due_at"] for row in await self.rows()):
                return
        pytest.fail("there is always something left to do")

    async def rows(self) -> list[dict[str, object]]:
        async with self.company.database.tenant(self.company.tenant_id) as unit:
            return [dict(row) for row in await unit.sql.fetch("SELECT * FROM smartcall.popup")]

    async def row(self) -> dict[str, object]:
        (row,) = await self.rows()
        return row

    def card(self) -> Card:
        (card,) = self.screen.cards.values()
        return card


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
async def desk(company: TestCompany, screen: Screen, now: Clock, database: Database, other_node: Database) -> Desk:
    await company.install_all(now)
    return Desk(company, screen, now, [database, other_node])


RING = ring(line(0), caller=HIDDEN)
ANSWER = answer(line(0))


def fail_once(problem: Exception, kind: str = "post") -> Callable[[str], None]:
    left = [problem]

    def fail(asked: str) -> None:
        if left and asked == kind:
            raise left.pop()

    return fail


async def test_one_card_follows_the_call(desk: Desk) -> None:
    await desk.tell(RING)
    assert desk.card().popup.state is PopupState.RINGING
    await desk.tell(ANSWER, end())
    assert desk.card().popup.state is PopupState.ENDED
    assert desk.card().updates == 2
    assert not desk.screen.faults_of_ours
    row = await desk.row()
    assert (row["shown"], row["lease"], row["due_at"], row["parked"]) == (row["wanted"], None, None, None)


async def test_two_hundred_legs_in_any_order_on_two_nodes_and_a_bad_day(desk: Desk) -> None:
    chance = random.Random(20260302)
    weather = Weather(7)
    desk.screen.before, desk.screen.after = weather.before, weather.after
    told: list[Event] = []
    for number in range(50):
        call = f"call {number}"
        members = chance.sample(range(6), chance.randint(3, 6))
        if chance.random() < 0.5:
            events = [ring(*(line(place) for place in members), call=call, caller=HIDDEN, queue=SALES)]
        else:
            events = [ring(line(place), call=call, caller=HIDDEN, queue=SALES) for place in members]
        if chance.random() < 0.4:
            events.append(leg_end(line(members[0]), call=call))
        answered = chance.random() < 0.6
        if answered:
            events.append(answer(line(members[1]), call=call))
        if chance.random() < 0.8:
            events.append(end(Outcome.COMPLETED if answered else Outcome.CALLER_CANCELLED, call=call))
        events += chance.sample(events, 1)
        told += events
    # Calls overlap, and each one's events may overtake each other.
    order = sorted(told, key=lambda event: int(event.call_ref.split()[1]) / 3 + chance.random() * 2)
    at_once = asyncio.Semaphore(10)

    async def tell(event: Event) -> None:
        async with at_once:
            await desk.tell(event, show=False)
            await desk.show(event.call_ref, chance.randrange(2))

    await asyncio.gather(*(tell(event) for event in order))
    for _ in range(3):
        desk.clock.move(5)
        await desk.sweep()
    weather.bad = False
    await desk.settle()

    assert not desk.screen.faults_of_ours
    rows = await desk.rows()
    assert len(rows) >= 200
    for row in rows:
        async with desk.company.database.tenant(desk.company.tenant_id) as unit:
            scene = await read_scene(unit, _uuid(row["call_id"]))
        assert scene is not None
        wanted = scene.popup(_uuid(row["employee_id"]), _uuid(row["popup_id"]))
        assert (row["shown"], row["lease"], row["parked"]) == (row["wanted"], None, None)
        cards = desk.screen.of(_uuid(row["popup_id"]))
        known = [card for card in cards if card.card_id == row["activity_id"]]
        assert len(known) == (row["activity_id"] is not None)
        assert all(card.popup == wanted for card in known), "a stale card"
        assert all(not card.acknowledged for card in cards if card not in known), "a card whose id was forgotten"
        assert len(cards) <= 2


def _uuid(value: object) -> UUID:
    assert isinstance(value, UUID)
    return value


async def test_a_popup_that_has_not_changed_is_not_sent_again(desk: Desk) -> None:
    await desk.tell(RING, replace(RING, event_id="told again in other words"))
    assert desk.screen.requests == [("post", desk.card().popup.popup_id)]


async def test_while_it_rings_there_is_no_second_card_after_a_lost_answer(desk: Desk) -> None:
    desk.screen.after = fail_once(Unknown("lost"))
    await desk.tell(RING)
    await desk.settle()
    await desk.tell(replace(RING, event_id="other words"), answer(line(0)))
    await desk.settle()
    assert len(desk.screen.cards) == 1
    await desk.tell(end())
    await desk.settle()
    assert [card.quiet for card in desk.screen.cards.values()] == [False, True]
    assert [card.popup.state for card in desk.screen.cards.values()] == [PopupState.RINGING, PopupState.ENDED]
    await desk.tell(replace(end(), event_id="other words"))
    assert len(desk.screen.cards) == 2
    assert not desk.screen.faults_of_ours


async def test_a_call_that_was_over_before_its_first_card_is_tried_once_more_by_itself(desk: Desk) -> None:
    desk.screen.before = fail_once(Unknown("lost on the way there"))
    await desk.tell(RING, end(Outcome.CALLER_CANCELLED), show=False)
    await desk.show()
    assert not desk.screen.cards
    await desk.settle()
    assert (desk.card().popup.state, desk.card().quiet) == (PopupState.MISSED, True)


async def test_the_second_card_is_the_last_even_when_it_is_put_off(desk: Desk) -> None:
    desk.screen.after = fail_once(Unknown("lost"))
    await desk.tell(RING)
    desk.screen.before = fail_once(Throttled(retry_after=1))
    await desk.tell(end(Outcome.CALLER_CANCELLED))
    assert len(desk.screen.cards) == 1
    await desk.tell(ring(line(0), caller=HIDDEN, attempt="again"))
    await desk.settle()
    assert not desk.screen.faults_of_ours


async def test_a_card_that_was_thought_lost_is_adopted_and_brought_up_to_date(desk: Desk) -> None:
    desk.screen.after = fail_once(Unknown("lost"))
    await desk.tell(RING, ANSWER)
    orphan = desk.card()
    assert orphan.popup.answered_at is None
    async with desk.company.database.tenant(desk.company.tenant_id) as unit:
        await unit.sql.execute(
            "UPDATE smartcall.popup SET activity_id = $1, wanted = wanted + 1, due_at = $2",
            orphan.card_id,
            desk.clock(),
        )
    await desk.settle()
    assert orphan.popup.state is PopupState.ANSWERED


async def test_a_node_that_dies_between_noting_and_posting_leaves_no_second_card(desk: Desk) -> None:
    class Killed(BaseException):
        pass

    desk.screen.before = fail_once(Killed())  # type: ignore[arg-type]
    with pytest.raises(Killed):
        await desk.tell(RING)
    row = await desk.row()
    assert row["post_tried_at"] == desk.clock()
    assert row["lease"] is not None
    await desk.settle()
    assert not desk.screen.cards
    await desk.tell(end(Outcome.CALLER_CANCELLED))
    assert [(card.quiet, card.popup.state) for card in desk.screen.cards.values()] == [(True, PopupState.MISSED)]


async def test_what_a_node_that_died_has_sent_is_not_taken_for_unsent(desk: Desk) -> None:
    """The card had changed, and changed back: what is wanted now is what the last known sending showed."""

    class Killed(BaseException):
        pass

    async def look_up(*, done: bool) -> None:
        async with desk.company.database.tenant(desk.company.tenant_id) as unit:
            sealed = unit.seal_value("lookup", LOOKUP, Lookup(done=done))
            await unit.sql.execute("UPDATE smartcall.call SET lookup_sealed = $1", sealed)
            await unit.sql.execute("UPDATE smartcall.popup SET wanted = wanted + 1, due_at = $1", desk.clock())

    await desk.tell(ring(line(0)))
    desk.clock.move(2)
    await look_up(done=True)
    await desk.show()
    assert not desk.card().popup.searching
    await look_up(done=False)
    desk.screen.after = fail_once(Killed(), "update")  # type: ignore[arg-type]
    with pytest.raises(Killed):
        await desk.show()
    assert desk.card().popup.searching
    await look_up(done=True)
    await desk.settle()
    assert not desk.card().popup.searching
    assert not desk.screen.faults_of_ours


async def test_an_edit_that_may_linger_is_followed_by_one_that_comes_after_it(desk: Desk) -> None:
    """Teams may carry out what we gave up on, and over what we have sent since."""
    await desk.tell(RING)
    desk.screen.before = fail_once(Unknown("no answer"), "update")
    await desk.tell(ANSWER)
    late = desk.card().popup
    desk.clock.move(2.1)
    await desk.sweep()
    await desk.show()
    shown = desk.card().popup
    assert shown != late
    desk.card().popup = late
    desk.clock.move(10)
    await desk.show()
    assert desk.card().popup == late, "there is no hurry"
    desk.clock.move(5)
    await desk.show()
    assert desk.card().popup == shown
    assert (await desk.row())["due_at"] is None


async def test_a_lease_that_ran_out_while_sending_makes_the_card_be_looked_at_again(desk: Desk) -> None:
    await desk.tell(RING)

    async def dawdle(_: str) -> None:
        # We hang for longer than the lease; another node sends what is newer meanwhile.
        desk.screen.before = lambda _: None
        desk.clock.move(11)
        desk.screen._under_way.clear()
        await desk.tell(end(Outcome.CALLER_CANCELLED, seconds=0), node=1)
        assert desk.card().popup.state is PopupState.MISSED

    desk.screen.before = dawdle
    await desk.tell(replace(RING, event_id="r2", queue=SALES), node=0)
    await desk.settle()
    assert desk.card().popup.state is PopupState.MISSED
    row = await desk.row()
    assert (row["shown"], row["lease"]) == (row["wanted"], None)


async def test_a_sender_that_hangs_is_given_up_before_its_lease_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calls.popups.cards._SEND_SECONDS", 0.5)  # the time it takes to take the card is in it
    monkeypatch.setattr("calls.popups.cards._GRACE", 0.01)

    def hang(_: str) -> object:
        return asyncio.sleep(60)

    desk.screen.after = hang
    await desk.tell(RING)
    row = await desk.row()
    assert (row["lease"], row["activity_id"], row["posts"]) == (None, None, 1)


async def test_who_stood_still_after_taking_a_card_does_not_send_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease has run out meanwhile, and another has sent what became of the call."""
    await desk.tell(RING, show=False)
    (_, cards), call_id = desk.nodes[0], await desk.call_id("c1")

    async def take_and_stand_still(unit: Unit, hold: Hold) -> Any:
        now = desk.clock()
        taken = await unit.sql.fetchrow(CARDS["take_popups"], unit.tenant_id, call_id, hold.lease, hold.until, now)
        desk.clock.move(11)
        await desk.tell(end(Outcome.CALLER_CANCELLED), node=1)
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: hold.deadline + 11)
        return taken

    await cards.show(desk.company.tenant_id, call_id, take_and_stand_still)
    monkeypatch.undo()
    await desk.settle()
    assert [kind for kind, _ in desk.screen.requests] == ["post"]
    assert desk.card().popup.state is PopupState.MISSED
    assert not desk.screen.faults_of_ours


@pytest.mark.parametrize(
    ("problem", "parked"),
    [
        (Refused(code="disabled_by_admin"), "disabled_by_admin"),
        (NeedsSignIn(), "needs_sign_in"),
        (Gone(), "card_gone"),
    ],
)
async def test_what_only_a_person_can_mend_is_parked_with_its_reason(
    desk: Desk, problem: OutsideError, parked: str
) -> None:
    await desk.tell(RING)
    desk.screen.before = fail_once(problem, "update")
    await desk.tell(ANSWER)
    row = await desk.row()
    assert (row["parked"], row["due_at"], row["lease"]) == (parked, None, None)
    assert desk.card().popup.state is PopupState.RINGING
    await desk.tell(end())
    assert desk.card().popup.state is PopupState.ENDED
    assert (await desk.row())["parked"] is None


async def test_what_was_refused_is_not_taken_for_shown(desk: Desk) -> None:
    await desk.tell(RING)
    desk.screen.before = fail_once(Refused(code="disabled_by_admin"), "update")
    await desk.tell(ANSWER)
    await desk.tell(replace(ANSWER, event_id="in other words"))
    assert desk.card().popup.state is PopupState.ANSWERED


@pytest.mark.parametrize("problem", [Transient("busy"), ValueError("our own mistake")])
async def test_what_keeps_failing_is_parked_in_the_end(desk: Desk, problem: Exception) -> None:
    await desk.tell(RING)

    def fail(_: str) -> None:
        raise problem

    desk.screen.before = fail
    await desk.tell(ANSWER)
    for _ in range(10):
        desk.clock.move(1000)
        await desk.sweep()
    row = await desk.row()
    assert (row["parked"], row["due_at"], row["lease"]) == ("keeps_failing", None, None)
    desk.screen.before = lambda _: None
    await desk.tell(end())
    assert desk.card().popup.state is PopupState.ENDED


async def test_a_throttled_post_waits_as_long_as_it_was_told_and_is_a_first_card_still(desk: Desk) -> None:
    desk.screen.before = fail_once(Throttled(retry_after=7))
    await desk.tell(RING)
    desk.clock.move(6)
    await desk.sweep()
    assert not desk.screen.cards
    desk.clock.move(2)
    await desk.sweep()
    assert not desk.card().quiet
    assert not desk.screen.faults_of_ours


async def test_without_a_chat_it_is_parked_and_shown_once_the_app_is_installed(
    company: TestCompany, database: Database, screen: Screen, now: Clock
) -> None:
    desk = Desk(company, screen, now, [database])
    await desk.tell(RING)
    assert (await desk.row())["parked"] == "no_chat"
    await company.install(0, now)
    await _reopen(desk)
    assert desk.card().popup.state is PopupState.RINGING
    assert (await desk.row())["parked"] is None


async def test_an_app_found_missing_closes_the_chat_until_it_is_installed_again(desk: Desk) -> None:
    desk.screen.before = fail_once(Refused(code="not_installed"))
    await desk.tell(RING)
    assert (await desk.row())["parked"] == "not_installed"
    async with desk.company.database.tenant(desk.company.tenant_id) as unit:
        state = await unit.sql.fetchval("SELECT state FROM smartcall.chat WHERE entra_object_id = $1", object_id(0))
    assert state == "uninstalled"
    desk.clock.move(1)
    await desk.company.install(0, desk.clock)
    await _reopen(desk)
    assert desk.card().popup.state is PopupState.RINGING
    assert not desk.screen.faults_of_ours


async def test_a_card_changed_while_the_app_was_gone_is_put_right_afterwards(desk: Desk) -> None:
    await desk.tell(RING)
    async with desk.company.database.tenant(desk.company.tenant_id) as unit:
        await set_state(unit, desk.company.bot_app_id, object_id(0), ChatState.UNINSTALLED)
    await desk.tell(ANSWER)
    assert desk.card().popup.state is PopupState.RINGING
    desk.clock.move(1)
    await desk.company.install(0, desk.clock)
    await _reopen(desk)
    assert desk.card().popup.state is PopupState.ANSWERED


async def _reopen(desk: Desk) -> None:
    async with desk.company.database.tenant(desk.company.tenant_id) as unit:
        rows = await unit.sql.fetch(CHATS["reopen_popups"], object_id(0), desk.clock())
    assert rows
    await desk.show()


async def test_a_chat_that_moved_is_found_again(desk: Desk) -> None:
    desk.screen.before = fail_once(Gone(code="ConversationNotFound"))
    await desk.tell(RING)
    assert desk.card().chat.conversation_id == "a:chat-0-anew"
    async with desk.company.database.tenant(desk.company.tenant_id) as unit:
        known = await unit.sql.fetchval(
            "SELECT conversation_id FROM smartcall.chat WHERE entra_object_id = $1", object_id(0)
        )
    assert known == "a:chat-0-anew"


async def test_news_during_a_send_is_sent_next(desk: Desk) -> None:
    async def meanwhile(_: str) -> None:
        desk.screen.before = lambda _: None
        await desk.tell(ANSWER, node=1)

    desk.screen.before = meanwhile
    await desk.tell(RING, node=0)
    assert desk.card().popup.state is PopupState.ANSWERED
    assert desk.screen.requests == [("post", desk.card().popup.popup_id), ("update", desk.card().popup.popup_id)]
