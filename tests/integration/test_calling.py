"""Calling back from a card: asked of the operator once, whatever happens, and shown where it was asked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from calls.calling.asking import NotPlaced
from calls.calling.call_requests import CallRoute, RequestState
from calls.errors import NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown
from calls.jobs.queue import Bell
from calls.jobs.sweep import Sweep
from calls.model import Outcome
from calls.numbers import parse_number
from calls.orders import Accepted, CallRefusal
from calls.popups.wishes import CallGone, NotYours
from calls.store.database import Database, Unit
from tests.support.calling import Desk
from tests.support.clock import Clock
from tests.support.companies import TestCompany, company_text, provision
from tests.support.events import CALLER, HIDDEN, end, line, ring


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


async def test_a_card_that_is_over_offers_to_call_and_one_that_rings_does_not(desk: Desk) -> None:
    await desk.tell(ring(line(0), call="missed"))
    assert desk.card.call_back is None
    await desk.tell(end(Outcome.CALLER_CANCELLED, call="missed"))
    assert desk.card.call_back is not None
    assert desk.card.call_back.route is CallRoute.OPERATOR


async def test_an_operator_that_cannot_place_calls_means_no_button_and_no_call(desk: Desk) -> None:
    desk.operator.can(click_to_call=False)
    await desk.miss()
    assert desk.card.call_back is None
    with pytest.raises(NotPlaced) as refused:
        await desk.ask()
    assert refused.value.code is CallRefusal.NOT_SUPPORTED
    assert await desk.rows("SELECT * FROM smartcall.call_request") == []


async def test_a_hidden_caller_cannot_be_called_back(desk: Desk) -> None:
    await desk.miss(HIDDEN)
    assert desk.card.call_back is None
    with pytest.raises(NotPlaced):
        await desk.ask()


async def test_the_employees_own_phone_rings_for_the_number_on_the_card(desk: Desk) -> None:
    await desk.miss()
    granted = await desk.ask()
    assert granted.popup.call_back is not None
    assert (granted.popup.call_back.state, granted.popup.call_back.route) == (RequestState.WANTED, None)
    await desk.place()
    (order,) = desk.placer.orders
    assert (order.employee_number.e164, order.employee_alias, order.target.e164) == ("+4790000001", "w0", "+4722334455")
    assert desk.said == (RequestState.ACCEPTED, None)


async def test_a_press_that_comes_twice_or_at_once_is_one_call(desk: Desk, other_node: Database) -> None:
    await desk.miss()
    press = desk.press()
    nodes = (desk.calling, desk.calling_on(other_node))
    await asyncio.gather(*(node.call_back(press, 0) for node in nodes * 3))
    task = await desk.task()
    await asyncio.gather(*(desk.placing_on(node)(task) for node in (desk.database, other_node)))
    assert len(desk.placer.orders) == 1
    await desk.ask(0)
    await desk.place()
    assert len(desk.placer.orders) == 1


async def test_a_colleague_may_not_press(desk: Desk) -> None:
    await desk.miss()
    with pytest.raises(NotYours):
        await desk.calling.call_back(desk.press(place=1), 0)
    with pytest.raises(CallGone):
        await desk.calling.call_back(replace(desk.press(), popup_id=UUID(int=7)), 0)


async def test_one_call_at_a_time_and_not_the_same_one_again_at_once(desk: Desk) -> None:
    await desk.miss()
    await desk.ask()
    with pytest.raises(NotPlaced) as refused:
        await desk.ask(1)
    assert refused.value.code is CallRefusal.REPEATED
    desk.clock.move(6)
    with pytest.raises(NotPlaced) as refused:
        await desk.ask(1)
    assert refused.value.code is CallRefusal.CALL_IN_PROGRESS


async def test_after_a_refusal_the_next_press_is_a_new_call(desk: Desk) -> None:
    await desk.miss()
    desk.placer.answers = [Refused("busy", code=CallRefusal.EMPLOYEE_UNAVAILABLE)]
    await desk.ask()
    await desk.place()
    assert desk.said == (RequestState.REFUSED, "employee_unavailable")
    assert desk.card.call_back is not None
    assert (desk.card.call_back.route, desk.card.call_back.made) == (CallRoute.OPERATOR, 1)
    desk.clock.move(6)
    await desk.ask(1)
    await desk.place()
    assert len(desk.placer.orders) == 2
    assert desk.placer.orders[0].request_id != desk.placer.orders[1].request_id


@pytest.mark.parametrize(
    ("problem", "orders", "said"),
    [
        (Unknown("lost"), 1, (RequestState.UNKNOWN, None)),
        (TimeoutError(), 1, (RequestState.UNKNOWN, None)),
        (RuntimeError("a mistake of ours"), 1, (RequestState.UNKNOWN, None)),
        (NeedsSignIn("key"), 1, (RequestState.REFUSED, "not_authorised")),
        (Refused("x", code="whatever they say"), 1, (RequestState.REFUSED, "operator_error")),
        (Throttled(retry_after=60), 1, (RequestState.REFUSED, "rate_limited")),
        (Transient("not reached"), 2, (RequestState.ACCEPTED, None)),
        (Throttled(retry_after=0.01), 2, (RequestState.ACCEPTED, None)),
    ],
)
async def test_only_what_certainly_came_to_nothing_is_asked_again(
    desk: Desk, problem: Exception, orders: int, said: tuple[RequestState, str | None]
) -> None:
    await desk.miss()
    desk.placer.answers = [problem]
    await desk.ask()
    await desk.place()
    await desk.place()
    assert (len(desk.placer.orders), desk.said) == (orders, said)


@pytest.mark.parametrize("problem", [Transient("not reached"), Throttled(retry_after=0.01)])
async def test_it_is_asked_once_more_and_no_third_time(desk: Desk, problem: OutsideError) -> None:
    await desk.miss()
    desk.placer.answers = [problem, problem, Accepted()]
    await desk.ask()
    await desk.place()
    assert len(desk.placer.orders) == 2
    assert desk.said[0] is RequestState.REFUSED


async def test_a_node_killed_while_asking_leaves_it_unknown_and_nobody_asks_again(
    desk: Desk, other_node: Database
) -> None:
    class Killed(BaseException):
        pass

    await desk.miss()
    desk.placer.answers = [Killed()]
    await desk.ask()
    with pytest.raises(Killed):
        await desk.place()
    await desk.place(other_node)  # the job, taken over
    await desk.draw()
    assert desk.said == (RequestState.ASKED, None)
    desk.clock.move(31)
    await desk.sweep()
    assert desk.said == (RequestState.UNKNOWN, None)
    assert len(desk.placer.orders) == 1
    desk.clock.move(600)
    await desk.sweep()
    assert len(desk.placer.orders) == 1


async def test_who_stood_still_before_asking_rings_no_phone_any_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.miss()
    await desk.ask()
    job = desk.placing_on(desk.database)
    ready_of = job._ready

    async def stand_still(unit: Unit, row: Any) -> Any:
        ready = await ready_of(unit, row)
        time = asyncio.get_running_loop().time
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: time() + 31)
        return ready

    monkeypatch.setattr(job, "_ready", stand_still)
    await job(await desk.task())
    monkeypatch.undo()
    await desk.draw()
    assert desk.placer.orders == []
    assert desk.said == (RequestState.REFUSED, "operator_error")


async def test_a_lost_job_is_found_within_seconds_and_not_after_that(desk: Desk) -> None:
    await desk.miss()
    await desk.ask()
    desk.clock.move(4)
    await desk.sweep()
    assert desk.said[0] is RequestState.ACCEPTED
    desk.clock.move(200)
    await desk.sweep()
    assert desk.said == (RequestState.UNKNOWN, "no_news")
    await desk.ask(1)
    desk.clock.move(21)
    await desk.sweep()
    assert desk.said == (RequestState.REFUSED, "too_late")
    assert len(desk.placer.orders) == 1


async def test_through_teams_the_card_has_a_link_and_the_operator_is_not_asked(database: Database, now: Clock) -> None:
    company = await provision(database, company_text(settings='call_through = "teams"'))
    await company.install_all(now)
    desk = Desk(company, database, now)
    await desk.miss()
    assert desk.card.call_back is not None
    assert desk.card.call_back.route is CallRoute.TEAMS
    with pytest.raises(NotPlaced) as refused:
        await desk.ask()
    assert refused.value.code is CallRefusal.NOT_SUPPORTED


async def test_requests_go_with_the_calls(desk: Desk) -> None:
    await desk.miss()
    await desk.ask()
    await desk.place()
    desk.clock.move(31 * 24 * 3600)
    await Sweep(desk.database, Bell(), desk.clock).delete_old()
    assert await desk.rows("SELECT request_id FROM smartcall.call_request") == []


async def test_a_number_that_somebody_writes_is_called_from_their_own_phone(desk: Desk) -> None:
    employee_id, number = desk.company.employee_ids[0], CALLER.number
    assert number is not None
    await desk.calling.call(desk.company.tenant_id, employee_id, number)
    with pytest.raises(NotPlaced) as twice:
        await desk.calling.call(desk.company.tenant_id, employee_id, number)
    assert twice.value.code is CallRefusal.REPEATED
    await desk.place()
    (order,) = desk.placer.orders
    assert (order.target, order.employee_number.digits) == (number, "4790000001")
    (row,) = await desk.rows("SELECT origin, state FROM smartcall.call_request")
    assert tuple(row) == ("message", "accepted")


async def test_an_emergency_number_that_somebody_writes_is_not_called(desk: Desk) -> None:
    number = parse_number("112")
    assert number is not None
    with pytest.raises(NotPlaced) as refused:
        await desk.calling.call(desk.company.tenant_id, desk.company.employee_ids[0], number)
    assert refused.value.code is CallRefusal.EMERGENCY_NUMBER
    assert await desk.rows("SELECT * FROM smartcall.call_request") == []
