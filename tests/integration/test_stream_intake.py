"""What a stream's messages do to the rows, and what a snapshot says by leaving a call out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from calls.callers.lookup import Lookup
from calls.intake.events import read_events
from calls.intake.stream_intake import LeaseLost, take_message
from calls.jobs.queue import Bell
from calls.model import Connection, Event, Outcome
from calls.popups.popup import opens, popup_for
from calls.ports import Parsed, Snapshot
from calls.reducer import FRESH, Call, CallState, fold
from calls.store.database import Database
from calls.store.tenants import read_connection
from tests.support.companies import SECRETS as COMPANY_SECRETS
from tests.support.companies import TestCompany, provision
from tests.support.events import answer, at, end, line, ring
from tests.support.streaming import SECRETS, STREAM, with_stream

OWNER = "a node 1 abc"


@pytest.fixture
async def company(database: Database) -> TestCompany:
    return await provision(database, with_stream(), environment=COMPANY_SECRETS | SECRETS)


@pytest.fixture
async def connection(company: TestCompany) -> Connection:
    async with company.database.tenant(company.tenant_id) as unit:
        await unit.sql.execute(
            "INSERT INTO smartcall.stream (tenant_id, connection_id, owner, lease_until) VALUES ($1, $2, $3, $4)",
            *(company.tenant_id, STREAM, OWNER, at(1_000)),
        )
        found = await read_connection(unit, STREAM)
    assert found is not None
    return found


async def hear(
    company: TestCompany, connection: Connection, message: Snapshot | Parsed, seconds: float, owner: str = OWNER
) -> Any:
    events = tuple(replace(event, received_at=at(seconds)) for event in message.events)
    return await take_message(company.database, Bell(), connection, owner, replace(message, events=events), at(seconds))


async def calls(company: TestCompany) -> dict[str, Call]:
    async with company.database.tenant(company.tenant_id) as unit:
        ids: Sequence[UUID] = [row["call_id"] for row in await unit.sql.fetch("SELECT call_id FROM smartcall.call")]
        folded = [fold(await read_events(unit, call_id)) for call_id in ids]
    return {call.call_ref: call for call in folded}


def heard(*events: Event) -> Parsed:
    return Parsed(events=events)


def there(*events: Event, ignored: tuple[str, ...] = ()) -> Snapshot:
    return Snapshot(events=events, ignored=ignored)


async def test_what_a_snapshot_repeats_changes_nothing(company: TestCompany, connection: Connection) -> None:
    await hear(company, connection, heard(ring(line(0)), answer(line(0))), 0)
    before = await calls(company)
    taken = await hear(company, connection, there(ring(line(0)), answer(line(0))), 60)
    assert (taken.stored, taken.repeated) == (0, 2)
    assert await calls(company) == before


async def test_a_call_that_vanished_is_over_and_how_long_it_lasted_is_not_known(
    company: TestCompany, connection: Connection
) -> None:
    await hear(company, connection, heard(ring(line(0)), answer(line(0)), ring(line(1), call="c2")), 0)
    await hear(company, connection, there(ring(line(1), call="c2")), 60)
    found = await calls(company)
    assert (found["c1"].state, found["c1"].outcome) == (CallState.ENDED, Outcome.COMPLETED)
    assert found["c1"].talk_seconds is None
    assert found["c2"].state is CallState.RINGING


async def test_a_call_that_vanished_while_it_rang_has_no_known_outcome(
    company: TestCompany, connection: Connection
) -> None:
    await hear(company, connection, heard(ring(line(0))), 0)
    await hear(company, connection, there(), 30)
    (call,) = (await calls(company)).values()
    assert (call.state, call.outcome, call.legs[0].outcome) == (CallState.ENDED, Outcome.UNKNOWN, Outcome.UNKNOWN)


async def test_ending_what_has_vanished_again_changes_nothing(company: TestCompany, connection: Connection) -> None:
    await hear(company, connection, heard(ring(line(0))), 0)
    await hear(company, connection, there(), 30)
    before, jobs = await calls(company), await company.database.pool.fetchval("SELECT count(*) FROM queue.pgqueuer")
    await hear(company, connection, there(), 31)
    assert await calls(company) == before
    assert await company.database.pool.fetchval("SELECT count(*) FROM queue.pgqueuer") == jobs


async def test_the_operators_own_end_counts_more_than_ours(company: TestCompany, connection: Connection) -> None:
    talk = answer(line(0))
    await hear(company, connection, heard(ring(line(0)), replace(talk, occurred_at=at(0))), 0)
    await hear(company, connection, there(), 60)
    await hear(company, connection, heard(replace(end(), occurred_at=at(42))), 61)
    (call,) = (await calls(company)).values()
    assert (call.outcome, call.talk_seconds, call.ended_at) == (Outcome.COMPLETED, 42, at(61))


async def test_what_was_answered_in_the_gap_lasts_as_long_as_the_operator_says(
    company: TestCompany, connection: Connection
) -> None:
    await hear(company, connection, heard(ring(line(0))), 0)
    await hear(company, connection, there(ring(line(0)), replace(answer(line(0)), occurred_at=at(10))), 60)
    await hear(company, connection, heard(replace(end(), occurred_at=at(100))), 100)
    (call,) = (await calls(company)).values()
    assert call.talk_seconds == 90


async def test_calls_of_another_operator_are_left_alone(company: TestCompany, connection: Connection) -> None:
    other = await company.operator()
    await hear(company, other, heard(ring(line(0))), 0)
    await hear(company, connection, there(), 30)
    (call,) = (await calls(company)).values()
    assert call.state is CallState.RINGING


async def test_a_snapshot_with_a_gap_ends_nothing(company: TestCompany, connection: Connection) -> None:
    await hear(company, connection, heard(ring(line(0))), 0)
    taken = await hear(company, connection, there(ignored=("unreadable_call",)), 30)
    assert taken.ignored == ["unreadable_call"]
    (call,) = (await calls(company)).values()
    assert call.state is CallState.RINGING


@pytest.mark.parametrize(("age", "late"), [(FRESH - timedelta(seconds=1), False), (FRESH + timedelta(seconds=1), True)])
async def test_an_unknown_call_rings_only_when_it_is_fresh(
    age: timedelta, late: bool, company: TestCompany, connection: Connection
) -> None:
    began = at(100) - age
    ringing = replace(ring(line(0)), occurred_at=began)
    await hear(company, connection, there(ringing), 100)
    (call,) = (await calls(company)).values()
    assert call.legs[0].rang_late is late


async def test_an_unknown_call_that_was_answered_long_ago_has_rung_late(
    company: TestCompany, connection: Connection
) -> None:
    """Its leg is answered, and still no news to anybody: ``rang_late`` keeps the card away."""
    ringing, answered = replace(ring(line(0)), occurred_at=at(0)), replace(answer(line(0)), occurred_at=at(5))
    await hear(company, connection, there(ringing, answered), 300)
    (call,) = (await calls(company)).values()
    assert (call.state, call.legs[0].rang_late) == (CallState.ANSWERED, True)


async def test_a_minute_without_news(company: TestCompany, connection: Connection) -> None:
    """What was answered, what has ended, what began long ago and what has just begun; and who is shown a first card."""
    before = {place: replace(ring(line(place), call=f"c{place}"), occurred_at=at(0)) for place in (0, 1)}
    await hear(company, connection, heard(*before.values()), 0)
    long_ago = replace(ring(line(2), call="c2"), occurred_at=at(10))
    answered = (
        replace(ring(line(3), call="c3"), occurred_at=at(12)),
        replace(answer(line(3), call="c3"), occurred_at=at(15)),
    )
    just_now = replace(ring(line(4), call="c4"), occurred_at=at(55))
    snapshot = there(before[0], replace(answer(line(0), call="c0"), occurred_at=at(5)), long_ago, *answered, just_now)
    for seconds in (60, 61, 62):
        await hear(company, connection, snapshot, seconds)
        found = await calls(company)
        assert {ref: (call.state.value, first_card(call)) for ref, call in found.items()} == {
            "c0": ("answered", True),  # it has one already: from before
            "c1": ("ended", True),
            "c2": ("ringing", False),
            "c3": ("answered", False),
            "c4": ("ringing", True),
        }


def first_card(call: Call) -> bool:
    """Whether the employee may be shown a card, when there is none yet."""
    (leg,) = call.legs
    popup = popup_for(call, leg.employee_id, popup_id=leg.employee_id, lookup=Lookup(), names={})
    return popup is not None and opens(popup, leg)


async def test_who_has_lost_the_lease_ends_nothing(company: TestCompany, connection: Connection) -> None:
    await hear(company, connection, heard(ring(line(0))), 0)
    for owner, seconds in (("somebody else", 30.0), (OWNER, 1_000.0)):
        with pytest.raises(LeaseLost):
            await hear(company, connection, there(), seconds, owner)
    (call,) = (await calls(company)).values()
    assert call.state is CallState.RINGING


async def test_a_call_that_began_after_the_snapshot_is_not_missed_in_it(
    company: TestCompany, connection: Connection
) -> None:
    """Heard by another node, while this one stood still with the snapshot in its hands."""
    await hear(company, connection, heard(ring(line(0), call="before")), 0)
    await hear(company, connection, heard(ring(line(1), call="after")), 8)
    await hear(company, connection, there(), 5)
    states = {ref: call.state for ref, call in (await calls(company)).items()}
    assert states == {"before": CallState.ENDED, "after": CallState.RINGING}


async def test_one_call_that_cannot_be_stored_does_not_hide_the_others(
    company: TestCompany, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    broken = replace(ring(line(0), call="broken"), event_id="\ud800")
    taken = await hear(company, connection, there(broken, ring(line(1), call="c2")), 0)
    assert taken.stored == 1
    assert set(await calls(company)) == {"c2"}
    assert "not_stored" in taken.ignored
    assert "9000000" not in caplog.text
