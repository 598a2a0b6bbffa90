from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from calls.errors import Unreadable
from calls.model import Connection, Event, EventKind, Party, Presentation
from calls.ports import Parsed
from operators.bodies import FORM, JSON
from operators.generic import operator
from operators.generic.events import LONGEST_REF
from operators.testing import NOW, Kit, request

EXPECTED = tomllib.loads((Path(__file__).parent / "payloads" / "expected.toml").read_text(encoding="utf-8"))
PRESENTATIONS = {Presentation.WITHHELD: "hidden", Presentation.UNAVAILABLE: "unavailable"}


def written(party: Party | None) -> str | None:
    if party is None:
        return None
    if party.presentation is not Presentation.ALLOWED:
        return PRESENTATIONS[party.presentation]
    return f"{party.number.key if party.number else ''}|{party.alias or ''}|{party.name or ''}"


def told(event: Event) -> dict[str, object]:
    queue = event.queue
    values = {
        "kind": event.kind.value,
        "call": event.call_ref,
        "parent": event.parent_ref,
        "direction": None if event.direction.value == "inbound" else event.direction.value,
        "caller": written(event.caller),
        "called": written(event.called),
        "agents": [written(agent) for agent in event.agents] if event.kind is EventKind.RINGING else None,
        "answered_by": written(event.answered_by),
        "diverted_from": written(event.diverted_from),
        "queue": f"{queue.name or ''}|{queue.number.key if queue.number else ''}" if queue else None,
        "outcome": event.outcome.value if event.outcome else None,
        "cause": event.cause_raw,
    }
    return {name: value for name, value in values.items() if value is not None}


def test_every_recording_is_explained(kit: Kit) -> None:
    assert set(kit.usable()) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_recordings(name: str, kit: Kit) -> None:
    parsed = operator.parse(kit.recorded()[name], kit.connection, NOW)
    if "ignored" in EXPECTED[name]:
        assert parsed == Parsed(ignored=(EXPECTED[name]["ignored"],))
        return
    (event,) = parsed.events
    assert told(event) == EXPECTED[name]
    assert event.occurred_at is None
    assert event.received_at == NOW
    assert event.kind is EventKind.RINGING or event.agents == ()


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"event=newCall&callId=1", "", "content-type"),
        (b"event=newCall&callId=1", "text/plain", "content-type"),
        (b"event=newCall&callId=1", "multipart/form-data; boundary=x", "content-type"),
        (b"event=newCall&callId=1", f"{FORM}; charset=iso-8859-1", "charset"),
        (b"event=newCall&callId=\xff", FORM, "UTF-8"),
        (b"event=newCall&callId=%ff", FORM, "UTF-8"),
        (b"event=newCall&callId=%00", FORM, "NUL"),
        (b"event=newCall&callId=a%0Ab", FORM, "callId"),
        (b"event=newCall&callId=" + b"x" * (LONGEST_REF + 1), FORM, "callId"),
        (b"event=newCall&callId=++", FORM, "callId"),
        (b"&".join([b"a=1"] * 2_000), FORM, "fields"),
        (b"event=newCall&callId=1" + b"&user[]=x" * 600, FORM, "values"),
        (b'{"event": "newCall"}', JSON, "callId"),
        (b'{"callId": "1"}', JSON, "event"),
        (b'{"event": true, "callId": "1"}', JSON, "event"),
        (b'"newCall"', JSON, "object"),
        (b"", JSON, "object"),
        (b"", FORM, "event"),
        (b"[" * 100_000, JSON, "object"),
        (b'{"callId": ' + b"9" * 5_000 + b"}", JSON, "object"),
    ],
)
def test_unreadable_says_what_was_expected(body: bytes, content_type: str, says: str, connection: Connection) -> None:
    with pytest.raises(Unreadable, match=says):
        operator.parse(request(body, content_type), connection, NOW)


@pytest.mark.parametrize("content_type", [FORM, FORM.upper(), f"{FORM}; charset=UTF-8", f'{FORM};charset="utf-8"'])
def test_content_type_with_parameters(content_type: str, connection: Connection) -> None:
    parsed = operator.parse(request(b"event=hangup&callId=1&cause=busy", content_type), connection, NOW)
    assert parsed.events[0].cause_raw == "busy"


def ring(connection: Connection, fields: str) -> Event:
    (event,) = operator.parse(request(f"event=newCall&callId=c1&{fields}".encode(), FORM), connection, NOW).events
    return event


def test_the_same_call_to_another_phone_is_another_event(connection: Connection) -> None:
    """An exchange may tell each member's ringing apart, under one callId: the line is part of what identifies it."""
    first = ring(connection, "from=22334455&to=22000010&userId[]=w0")
    second = ring(connection, "from=22334455&to=22000010&userId[]=w1")
    by_number = ring(connection, "from=22334455&to=90000003")
    again = ring(connection, "from=004722334455&to=22000010&userId[]=w0")
    assert len({first.event_id, second.event_id, by_number.event_id}) == 3
    assert again.event_id == first.event_id


def test_the_callers_number_is_not_part_of_an_id(connection: Connection) -> None:
    """A digest over so few digits could be turned back by trying them all."""
    one = ring(connection, "from=22334455&to=90000001&userId[]=w0")
    two = ring(connection, "from=99887766&to=90000001&userId[]=w0")
    assert one.event_id == two.event_id


def test_two_causes_of_one_call_are_two_events(connection: Connection) -> None:
    ids = set()
    for cause in ("cancel", "normalClearing"):
        parsed = operator.parse(request(f"event=hangup&callId=1&cause={cause}".encode(), FORM), connection, NOW)
        ids.add(parsed.events[0].event_id)
    assert len(ids) == 2


def test_an_unsigned_delivery_id_is_not_believed(kit: Kit) -> None:
    """On the address with a token nobody has vouched for a header: two bodies under one id are still two events."""
    raws = [replace(raw, url_token="t", headers={**raw.headers, "webhook-id": "1"}) for raw in kit.usable().values()]
    events = [event for raw in raws for event in operator.parse(raw, kit.connection, NOW).events]
    assert len({event.event_id for event in events}) == len(events)


def test_a_foreign_number_without_plus_that_no_metadata_knows(connection: Connection) -> None:
    assert written(ring(connection, "from=4915700000000&to=90000001").caller) == "+4915700000000||"
    assert written(ring(connection, "from=580012345678&to=90000001").caller) == "other:580012345678||"


def test_the_region_is_that_of_the_connection(connection: Connection) -> None:
    swedish = replace(connection, settings={"region": "SE"})
    assert written(ring(swedish, "from=0701234567&to=0812345678").caller) == "+46701234567||"


def test_unequal_lists_are_not_paired(connection: Connection) -> None:
    event = ring(connection, "user[]=Kari&userId[]=w0&userId[]=w1")
    assert [written(agent) for agent in event.agents] == ["|w0|", "|w1|"]
    full = ring(connection, "user[]=Kari&fullUserId[]=1234567w0")
    assert [written(agent) for agent in full.agents] == ["|1234567w0|Kari"]


def test_untrusted_names_are_shortened_and_made_printable(connection: Connection) -> None:
    event = ring(connection, "userId[]=w0&user[]=Kari%0D%0A%07Hansen" + "x" * 500)
    assert event.agents[0].name is not None
    assert event.agents[0].name.startswith("Kari Hansenxxx")
    assert len(event.agents[0].name) == 200


def test_an_outbound_call_with_a_hidden_number_is_still_the_employees(connection: Connection) -> None:
    event = ring(connection, "direction=out&from=anonymous&to=22334455&userId[]=w0&user[]=Kari")
    assert [agent.alias for agent in event.agents] == ["w0"]
    assert event.caller is not None
    assert (event.caller.alias, event.caller.number, event.caller.presentation) == ("w0", None, Presentation.WITHHELD)
    nobody = ring(connection, "direction=out&from=anonymous&to=22334455")
    assert nobody.agents == ()
