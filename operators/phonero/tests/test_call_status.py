from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from calls.model import Direction, Event, EventKind, Party, Presentation
from calls.ports import Snapshot
from operators.phonero.call_status import read_message
from operators.phonero.reading import read_time
from operators.phonero.tests.conftest import PAYLOADS
from operators.testing import NOW
from operators.testing_streams import StreamKit

EXPECTED = tomllib.loads((PAYLOADS / "expected.toml").read_text(encoding="utf-8"))


def written(party: Party | None) -> str:
    number = party.number.digits.removeprefix("47") if party and party.number else ""
    return f"{number}/{party.alias or ''}" if party else ""


def told(event: Event) -> str:
    who = " ".join(written(agent) for agent in event.agents) or written(event.answered_by)
    attempt = f"#{event.attempt_ref}" if event.attempt_ref else ""
    outcome = event.outcome.value if event.outcome else ""
    cause = f"={event.cause_raw}" if event.cause_raw else ""
    time = f"{event.occurred_at:%H:%M:%S.%f}".rstrip("0").rstrip(".") if event.occurred_at else ""
    return " ".join(part for part in (event.kind.value, who, attempt, outcome + cause, time) if part)


def one(kit: StreamKit, name: str) -> Event:
    return kit.read(kit.recorded()[f"{name}.json"], kit.connection, NOW).events[0]


def test_every_recording_is_explained(kit: StreamKit) -> None:
    assert set(kit.usable()) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_recordings(name: str, kit: StreamKit) -> None:
    message = kit.read(kit.recorded()[name], kit.connection, NOW)
    assert [*map(told, message.events), *(f"ignored {code}" for code in message.ignored)] == EXPECTED[name]


def test_a_snapshot_names_its_calls(kit: StreamKit) -> None:
    message = kit.read(kit.recorded()["initial_two_calls.json"], kit.connection, NOW)
    assert isinstance(message, Snapshot)
    assert message.call_refs == {"a1", "b1"}


def test_hidden_and_unavailable_differ(kit: StreamKit) -> None:
    hidden, unavailable = one(kit, "update_hidden").caller, one(kit, "update_unavailable").caller
    assert hidden == Party(presentation=Presentation.WITHHELD)
    assert unavailable == Party(presentation=Presentation.UNAVAILABLE)


def test_numbers_of_every_kind(kit: StreamKit) -> None:
    keys = {
        name: party.number.key
        for name in ("direct_ringing", "foreign", "short_number", "numbers_as_numbers")
        if (party := one(kit, f"update_{name}").caller) and party.number
    }
    assert keys == {
        "direct_ringing": "+4722334455",
        "foreign": "+4670123456",
        "short_number": "short:02800",
        "numbers_as_numbers": "+4722334455",
    }


def test_a_transfer_and_a_forward_point_back_and_keep_the_original_caller(kit: StreamKit) -> None:
    for name, parent in (("update_transferred", "a1"), ("update_forwarded", "a5")):
        event = one(kit, name)
        assert event.parent_ref == parent
        assert (written(event.caller), written(event.diverted_from)) == ("22334455/", "90000001/")


def test_a_queue_has_id_name_and_number(kit: StreamKit) -> None:
    queue = one(kit, "update_queue_ringing").queue
    assert queue is not None
    assert queue.number is not None
    assert (queue.ref, queue.name, queue.number.key) == ("12", "Salg", "+4722000010")
    assert one(kit, "update_direct_ringing").queue is None


def test_an_outbound_call_is_the_employees(kit: StreamKit) -> None:
    event = one(kit, "update_outbound_ringing_own_phone")
    assert event.direction is Direction.OUTBOUND
    assert (written(event.caller), written(event.called)) == ("90000001/101", "22334455/")
    assert one(kit, "update_internal").direction is Direction.INTERNAL


def test_of_a_call_outwards_ones_own_phone_rings_first_and_then_the_others(kit: StreamKit) -> None:
    message = json.loads(kit.recorded()["update_outbound_ringing_own_phone.json"])

    def read(state: str, **phone: object) -> list[tuple[EventKind, bool]]:
        phones = [{**message["data"]["phones"][0], **phone}]
        told = {**message, "data": {**message["data"], "status": state, "phones": phones}}
        events = read_message(json.dumps(told), kit.connection, NOW).events
        seen.update(event.event_id for event in events if event.kind is EventKind.RINGING)
        return [(event.kind, event.rings_caller) for event in events]

    seen: set[str] = set()
    ringing = EventKind.RINGING
    assert read("RINGING") == [(ringing, True)]
    assert read("ENDED", status="ENDED")[0] == (ringing, True)  # never picked up
    assert len(seen) == 1
    assert read("RINGING", status="CONNECTED") == [(ringing, False)]
    assert read("ANSWERED", status="CONNECTED")[0] == (ringing, False)
    assert read("ENDED", status="ENDED", callResult="Answered")[0] == (ringing, False)
    assert len(seen) == 2


def test_told_at_its_end_a_call_is_told_whole(kit: StreamKit) -> None:
    """Who heard nothing of it before learns of ringing and answer too, under the ids they had."""
    ids = [
        [event.event_id for event in kit.read(kit.recorded()[f"update_direct_{name}.json"], kit.connection, NOW).events]
        for name in ("ringing", "answered", "ended")
    ]
    assert ids[0] == ids[1][:1] == ids[2][:1]
    assert ids[1] == ids[2][:2]


def test_an_unknown_cause_is_kept_in_its_own_words(kit: StreamKit) -> None:
    message: dict[str, Mapping[str, object]] = json.loads(kit.recorded()["update_caller_cancelled.json"])
    message["data"] = {**message["data"], "callResult": "Something new " * 9}
    event = read_message(json.dumps(message), kit.connection, NOW).events[-1]
    assert (event.outcome, event.cause_raw) == ("unknown", ("Something new " * 9)[:40].strip())


WINTER = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-05T13:00:00", "2026-01-05T12:00:00"),
        ("2026-07-05T13:00:00.5", "2026-07-05T11:00:00.500000"),
        ("2026-07-05 13:00:00", "2026-07-05T11:00:00"),
        ("2026-07-05T13:00:00+05:00", "2026-07-05T08:00:00"),
        ("2026-07-05T13:00:00Z", "2026-07-05T13:00:00"),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("", None),
        ("in a minute", None),
        (1767614400, None),
        (None, None),
    ],
)
def test_times(text: object, utc: str | None) -> None:
    told = read_time(text, WINTER)
    assert (told.isoformat() if told else None) == (f"{utc}+00:00" if utc else None)


def test_the_hour_that_comes_twice_is_the_one_that_has_just_been() -> None:
    """25 October 2026: 02:30 is 00:30 UTC, and an hour later 01:30 UTC. A ringing must be neither late nor to come."""
    for now in (datetime(2026, 10, 25, 0, 30, 5, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, 5, tzinfo=UTC)):
        assert read_time("2026-10-25T02:30:00", now) == now - timedelta(seconds=5)
    assert read_time("2026-10-25T02:30:00", datetime(2026, 10, 25, 9, tzinfo=UTC)) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_the_hour_that_does_not_come_is_still_a_time() -> None:
    assert read_time("2026-03-29T02:30:00", WINTER) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
