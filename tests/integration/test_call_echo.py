"""Our own calls in what operators tell, and the calls that employees dial by hand: no popups, one entry each."""

from __future__ import annotations

import pytest

from calls.calling.call_requests import RequestState
from calls.errors import Unknown
from calls.jobs.queue import Bell
from calls.jobs.sweep import Sweep
from calls.model import Direction, Outcome, Party
from calls.numbers import Number, NumberKind, parse_number
from calls.orders import Accepted
from calls.store.database import Database
from tests.support.calling import BOTH_PHONES, OUT, Desk, leg, told_of_both_phones
from tests.support.clock import Clock
from tests.support.companies import TestCompany, company_text, provision
from tests.support.events import SALES, answer, end, line, ring


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Desk:
    await company.install_all(now)
    return Desk(company, database, now)


async def test_the_operators_events_drive_the_card_and_make_no_popup(desk: Desk) -> None:
    """The employee's phone first, then the other side: two calls at the operator, one for us."""
    await desk.miss()
    desk.placer.answers = [Accepted(call_ref="a")]
    await desk.ask()
    await desk.place()
    assert await told_of_both_phones(desk, lambda: desk.said[0]) == BOTH_PHONES
    assert desk.said == (RequestState.ENDED, "completed")
    entry = await desk.journaled()
    assert (entry.direction, entry.outcome, entry.talk_seconds) == (OUT, Outcome.COMPLETED, 2)
    assert (entry.caller_number, entry.called_number) == ("+4790000001", "+4722334455")
    assert entry.employee_email == "employee0@fjordvik.example"


@pytest.mark.parametrize("direction", [OUT, Direction.INBOUND])
@pytest.mark.parametrize("ref", [None, "echo"])
async def test_an_echo_before_the_operators_answer_is_one_all_the_same(
    desk: Desk, direction: Direction, ref: str | None
) -> None:
    await desk.miss()
    await desk.ask()

    class Early:
        async def place_call(self, *_: object, **__: object) -> Accepted:
            await desk.tell(leg(direction, call="echo"))
            return Accepted(call_ref=ref)

    desk.operator.call_placer = Early()  # type: ignore[assignment]
    await desk.place()
    ringing = RequestState.RINGING_TARGET if direction is OUT else RequestState.RINGING_EMPLOYEE
    assert desk.said == (ringing, None)
    await desk.tell(answer(line(0) if direction is Direction.INBOUND else None, call="echo", direction=direction))
    await desk.tell(end(call="echo", direction=direction))
    assert desk.said[0] is RequestState.ENDED
    entry = await desk.journaled()
    assert (entry.direction, entry.called_number) == (OUT, "+4722334455")
    # What is told of the employee's own phone alone says nothing about the other side.
    told = (entry.talk_seconds, entry.outcome)
    assert told == ((0, Outcome.COMPLETED) if direction is OUT else (None, Outcome.UNKNOWN))


async def test_an_echo_after_a_lost_answer_says_what_happened(desk: Desk) -> None:
    await desk.miss()
    desk.placer.answers = [Unknown("lost")]
    await desk.ask()
    await desk.place()
    assert desk.said[0] is RequestState.UNKNOWN
    await desk.tell(leg(call="b"))
    assert desk.said[0] is RequestState.RINGING_TARGET
    await desk.tell(end(Outcome.BUSY, call="b", direction=OUT))
    assert desk.said == (RequestState.ENDED, "busy")


async def test_a_phone_that_is_not_picked_up_called_nobody(desk: Desk) -> None:
    await desk.miss()
    await desk.ask()
    await desk.place()
    await desk.tell(leg(Direction.INBOUND, call="a"), end(Outcome.CALLER_CANCELLED, call="a"))
    assert desk.said == (RequestState.ENDED, "not_taken")
    assert await desk.rows("SELECT j.* FROM smartcall.journal j JOIN smartcall.call_request r USING (call_id)") == []


async def test_the_customer_calling_by_themselves_later_is_a_call_like_any_other(desk: Desk) -> None:
    await desk.miss()
    await desk.ask()
    await desk.place()
    await desk.tell(leg(call="b"), end(call="b", direction=OUT))
    await desk.tell(ring(line(0), call="real"))
    assert len(desk.screen.cards) == 2


async def test_the_customer_calling_a_queue_meanwhile_is_shown(desk: Desk) -> None:
    """What rings one employee's phone for a call they asked for comes through no queue."""
    await desk.miss()
    desk.placer.answers = [Unknown("lost")]
    await desk.ask()
    await desk.place()
    await desk.tell(ring(line(0), queue=SALES, call="real"), ring(line(1), queue=SALES, call="real"))
    assert len(desk.screen.cards) == 3
    assert [row["state"] for row in await desk.rows("SELECT state FROM smartcall.call_request")] == ["unknown"]


async def test_an_employee_who_dials_by_hand_at_another_time_changes_no_request(desk: Desk) -> None:
    await desk.miss()
    await desk.ask()
    await desk.place()
    desk.clock.move(61)
    await desk.tell(leg(call="b"), end(call="b", direction=OUT))
    assert desk.said[0] is RequestState.ACCEPTED


async def test_a_call_first_taken_for_anothers_is_known_by_the_operators_id(database: Database, now: Clock) -> None:
    """It rings from a number nobody told us of, before the operator answers: a card is up already."""
    company = await provision(database)
    await company.install_all(now)
    desk = Desk(company, database, now)
    await desk.miss()
    await desk.ask()

    class Early:
        async def place_call(self, *_: object, **__: object) -> Accepted:
            switchboard = Party(number=Number(kind=NumberKind.E164, digits="4722000010"))
            await desk.tell(leg(Direction.INBOUND, call="echo", target=switchboard))
            return Accepted(call_ref="echo")

    desk.operator.call_placer = Early()  # type: ignore[assignment]
    first = desk.card.popup_id
    await desk.placing_on(database)(await desk.task())
    await desk.draw()
    cards = {card.popup.popup_id: card.popup for card in desk.screen.cards.values()}
    call_back = cards[first].call_back
    assert call_back is not None
    assert call_back.state is RequestState.RINGING_EMPLOYEE
    (other,) = (popup for popup_id, popup in cards.items() if popup_id != first)
    assert (other.direction, other.number) == (OUT, parse_number("22334455"))


async def test_the_companys_own_number_on_the_display_is_an_echo(database: Database, now: Clock) -> None:
    company = await provision(database, company_text(settings='company_number = "22000010"'))
    await company.install_all(now)
    desk = Desk(company, database, now)
    await desk.miss()
    await desk.ask()
    await desk.place()
    assert [order.shown_number for order in desk.placer.orders] == [parse_number("22000010")]
    switchboard = Party(number=Number(kind=NumberKind.E164, digits="4722000010"))
    await desk.tell(leg(Direction.INBOUND, call="a", target=switchboard))
    assert desk.said[0] is RequestState.RINGING_EMPLOYEE
    assert len(desk.screen.cards) == 1


@pytest.mark.parametrize(("setting", "entries"), [("always", 1), ("never", 0)])
async def test_calls_dialled_by_hand_are_journaled_and_shown_to_nobody(
    database: Database, now: Clock, setting: str, entries: int
) -> None:
    company = await provision(database, company_text(settings=f'journal_outgoing = "{setting}"'))
    await company.install_all(now)
    desk = Desk(company, database, now)
    await desk.tell(leg(call="b"), answer(None, call="b", direction=OUT))
    desk.clock.move(30)
    await desk.tell(end(call="b", direction=OUT))
    await desk.journal()
    assert desk.screen.cards == {}
    assert len(desk.sources.crm.entries) == entries
    assert (desk.sources.crm.asked, desk.sources.directory.asked) == (entries, 0)
    desk.clock.move(2 * 3600)
    await Sweep(database, Bell(), now).delete_old()
    assert len(await desk.rows("SELECT call_id FROM smartcall.call")) == entries


async def test_no_directory_is_asked_about_whom_employees_call(desk: Desk) -> None:
    desk.sources.crm.knows = None
    await desk.tell(leg(call="b"), end(call="b", direction=OUT))
    await desk.journal()
    assert (desk.sources.crm.asked, desk.sources.directory.asked) == (1, 0)
    assert desk.sources.crm.entries == {}
