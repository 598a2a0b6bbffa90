"""Calls that are asked for in the chat: each has one card of its own, which says how far the call has come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from calls.calling.asking import NotPlaced
from calls.calling.call_requests import CallRoute, RequestState
from calls.errors import Refused, Unknown
from calls.jobs.queue import Bell
from calls.jobs.sweep import Sweep
from calls.model import Direction, Party
from calls.numbers import Number, parse_number
from calls.orders import Accepted, CallRefusal
from calls.popups.popup import Identity, Popup, PopupState
from calls.popups.wishes import CallGone, NotYours
from calls.store.database import Database
from tests.support.calling import BOTH_PHONES, OUT, Desk, leg, told_of_both_phones
from tests.support.clock import Clock
from tests.support.companies import NAMES, TestCompany
from tests.support.events import CALLER, HIDDEN, answer, end, line
from tests.support.screen import Screen


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


def number_of(party: Party) -> Number:
    assert party.number is not None
    return party.number


async def write(desk: Desk, number: Number | None = None) -> CallRoute:
    """The first employee writes "ring" and a number."""
    route = await desk.calling.call(desk.company.tenant_id, desk.company.employee_ids[0], number or number_of(CALLER))
    await desk.draw()
    return route


def placed(desk: Desk) -> Popup:
    (popup,) = (each.popup for each in desk.screen.cards.values() if each.popup.state is PopupState.PLACED)
    return popup


def said(desk: Desk) -> tuple[RequestState | None, str | None]:
    call_back = placed(desk).call_back
    assert call_back is not None
    return call_back.state, call_back.code


async def test_one_card_follows_the_call_from_the_wish_to_its_end(desk: Desk) -> None:
    """The operator tells of both phones: two calls of its own, and still one card."""
    desk.placer.answers = [Accepted(call_ref="a")]
    assert await write(desk) is CallRoute.OPERATOR
    seen = [said(desk)[0]]
    await desk.place()
    seen.append(said(desk)[0])
    seen += await told_of_both_phones(desk, lambda: said(desk)[0])
    assert seen == [RequestState.WANTED, RequestState.ACCEPTED, *BOTH_PHONES]
    (card,) = desk.screen.cards.values()
    assert (card.popup.identity, card.popup.matches[0].name) == (Identity.MATCHED, "Nora Lie")
    assert (card.popup.number, card.popup.phone) == (number_of(CALLER), number_of(line(0)))
    assert card.popup.call_back is not None
    assert (card.popup.call_back.code, card.popup.call_back.talk_seconds) == ("completed", 2)
    assert card.popup.call_back.route is CallRoute.OPERATOR
    assert desk.screen.faults_of_ours == []
    entry = await desk.journaled()
    assert entry.talk_seconds == 2


async def test_the_card_comes_at_once_and_the_name_when_it_is_known(desk: Desk) -> None:
    on_screen, desk.sources.crm.after = asyncio.Event(), 0.1
    desk.screen.after = lambda _: on_screen.set()
    drawing = asyncio.create_task(write(desk))
    await asyncio.wait_for(on_screen.wait(), 5)
    assert (placed(desk).identity, placed(desk).searching) == (Identity.UNKNOWN, True)
    await drawing
    assert (placed(desk).identity, placed(desk).searching) == (Identity.MATCHED, False)
    assert len(desk.screen.cards) == 1


async def test_whom_nobody_knows_is_a_number_and_no_directory_is_asked(desk: Desk) -> None:
    desk.sources.crm.knows = None
    await write(desk)
    popup = placed(desk)
    assert (popup.identity, popup.number) == (Identity.UNKNOWN, number_of(CALLER))
    assert (popup.may_search_again, popup.create_in, popup.pages) == (False, None, ())
    assert desk.sources.directory.asked == 0


async def test_a_colleague_is_named_and_looked_up_nowhere(desk: Desk) -> None:
    await write(desk, number_of(line(1)))
    assert (placed(desk).identity, placed(desk).colleague) == (Identity.COLLEAGUE, NAMES[1])
    assert (desk.sources.crm.asked, placed(desk).number) == (0, number_of(line(1)))


async def test_a_refusal_is_said_on_the_card_and_one_press_asks_anew_there(desk: Desk) -> None:
    desk.placer.answers = [Refused("busy", code=CallRefusal.EMPLOYEE_UNAVAILABLE)]
    await write(desk)
    await desk.place()
    assert said(desk) == (RequestState.REFUSED, "employee_unavailable")
    desk.clock.move(6)
    await desk.ask(1)
    await desk.place()
    assert said(desk) == (RequestState.ACCEPTED, None)
    assert len(desk.screen.cards) == 1
    assert [order.target for order in desk.placer.orders] == [number_of(CALLER)] * 2


async def test_a_lost_answer_is_told_and_never_asked_again(desk: Desk) -> None:
    desk.placer.answers = [Unknown("lost")]
    await write(desk)
    await desk.place()
    assert said(desk) == (RequestState.UNKNOWN, None)
    desk.clock.move(600)
    await desk.sweep()
    assert (len(desk.placer.orders), len(desk.screen.cards)) == (1, 1)


async def test_what_is_told_of_ones_own_phone_alone_does_not_claim_that_another_rings(desk: Desk) -> None:
    await write(desk)
    await desk.place()
    await desk.tell(leg(Direction.INBOUND, call="a"))
    assert said(desk) == (RequestState.RINGING_EMPLOYEE, None)
    await desk.tell(answer(line(0), call="a"))
    assert said(desk) == (RequestState.EMPLOYEE_ANSWERED, None)
    await desk.tell(end(call="a"))
    assert said(desk) == (RequestState.ENDED, None)


async def test_a_node_killed_before_the_card_leaves_it_to_another(desk: Desk, other_node: Database) -> None:
    """Nothing but the rows: the sweep finds card and request."""
    await desk.calling.call(desk.company.tenant_id, desk.company.employee_ids[0], number_of(CALLER))
    desk.clock.move(4)
    kinds = {item.kind for item in await other_node.open_work(desk.clock(), 100)}
    assert kinds == {"cards", "calling"}
    await desk.sweep()
    assert said(desk)[0] is RequestState.ACCEPTED


async def test_a_card_of_unknown_fate_gets_no_second_one_while_it_rings(
    company: TestCompany, database: Database, now: Clock
) -> None:
    await company.install_all(now)
    lost = True

    def lose(_: str) -> None:
        if lost:
            raise Unknown("lost")

    desk = Desk(company, database, now, Screen(after=lose))
    await write(desk)
    await desk.place()
    assert desk.screen.requests.count(("post", placed(desk).popup_id)) == 1
    await desk.tell(leg(call="b"), answer(None, call="b", direction=OUT))
    assert len(desk.screen.cards) == 1
    lost = False
    await desk.tell(end(call="b", direction=OUT))
    assert [card.quiet for card in desk.screen.cards.values()] == [False, True]
    assert desk.screen.faults_of_ours == []


async def test_a_call_in_a_list_is_called_once_for_each_drawing(desk: Desk, other_node: Database) -> None:
    await desk.miss()
    press, drawing = desk.press(), uuid4()
    nodes = (desk.calling, desk.calling_on(other_node))
    asked = desk.sources.crm.asked
    await asyncio.gather(*(node.call_listed(press, drawing) for node in nodes * 2))
    await desk.draw()
    assert placed(desk).matches[0].name == "Nora Lie"
    assert desk.sources.crm.asked == asked  # the missed call knew
    with pytest.raises(NotPlaced) as refused:
        await desk.calling.call_listed(press, uuid4())
    assert refused.value.code is CallRefusal.REPEATED
    await desk.place()
    assert len(desk.placer.orders) == 1
    assert len(desk.screen.cards) == 2


async def test_from_a_list_the_phone_rings_that_the_call_came_to(desk: Desk) -> None:
    await desk.miss()
    with pytest.raises(NotYours):
        await desk.calling.call_listed(desk.press(place=1), uuid4())
    gone = replace(desk.press(), popup_id=UUID(int=7))
    with pytest.raises(CallGone):
        await desk.calling.call_listed(gone, uuid4())
    await desk.calling.call_listed(desk.press(), uuid4())
    await desk.place()
    (order,) = desk.placer.orders
    assert (order.employee_alias, order.target) == ("w0", number_of(CALLER))


async def test_a_hidden_caller_in_a_list_cannot_be_called(desk: Desk) -> None:
    await desk.miss(HIDDEN)
    with pytest.raises(NotPlaced):
        await desk.calling.call_listed(desk.press(), uuid4())
    assert await desk.rows("SELECT * FROM smartcall.call_request") == []


async def test_what_was_found_out_is_forgotten_after_the_call_and_the_call_in_time(desk: Desk) -> None:
    await write(desk)
    await desk.place()
    sweep = Sweep(desk.database, Bell(), desk.clock)
    desk.clock.move(2 * 3600)
    await sweep.delete_old()
    known = "SELECT lookup_sealed IS NOT NULL FROM smartcall.call WHERE state = 'placed'"
    assert [row[0] for row in await desk.rows(known)] == [True]  # nobody has told of its end
    await desk.sweep()
    assert said(desk) == (RequestState.UNKNOWN, "no_news")
    desk.clock.move(2 * 3600)
    await sweep.delete_old()
    assert [row[0] for row in await desk.rows(known)] == [False]
    await desk.draw()
    assert placed(desk).matches[0].name == "Nora Lie"  # the card is left as it is
    desk.clock.move(31 * 24 * 3600)
    await sweep.delete_old()
    assert await desk.rows("SELECT call_id FROM smartcall.call") == []
    assert await desk.rows("SELECT request_id FROM smartcall.call_request") == []


async def test_a_number_that_may_not_be_called_has_no_card(desk: Desk) -> None:
    number = parse_number("112")
    assert number is not None
    with pytest.raises(NotPlaced):
        await write(desk, number)
    await desk.draw()
    assert desk.screen.cards == {}
