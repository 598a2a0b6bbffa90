from __future__ import annotations

from typing import Any

import pytest

import simulators
from simulators.world import WorldError


async def test_the_state_shows_the_world(exchange: Any) -> None:
    _, state = await exchange.call("GET", "state")
    assert state["lines"][0] == {
        "number": "90000001",
        "alias": "w0",
        "name": "Kari Hansen",
        "busy_forward": None,
    }
    assert state["queues"][0] == {
        "name": "Salg",
        "number": "22000010",
        "members": ["90000001", "90000002", "90000003"],
        "strategy": "all",
        "ring_seconds": None,
        "rounds": 1,
    }
    assert state["shared"] == []
    assert state["callers"][1] == {"number": None, "label": "Skjult nummer", "note": "hidden"}
    assert state["calls"] == []


async def test_a_direct_call_from_ring_to_end(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    assert (call["state"], call["ringing"], call["from"], call["to"], call["queue"]) == (
        "ringing",
        ["90000001"],
        "22334455",
        "90000001",
        None,
    )
    _, answered = await exchange.call("POST", f"calls/{call['id']}/answer", {"by": None})
    assert (answered["state"], answered["answered_by"], answered["ringing"]) == ("answered", "90000001", [])
    assert answered["answered"]
    _, ended = await exchange.call("POST", f"calls/{call['id']}/hangup")
    assert (ended["state"], ended["cause"]) == ("ended", "normalClearing")
    assert ended["ended"]
    _, state = await exchange.call("GET", "state")
    assert state["calls"] == [ended]


@pytest.mark.parametrize("to", ["+47 900 00 001", "4790000001", "004790000001", "900 00 001"])
async def test_lines_are_found_however_they_are_written(exchange: Any, to: str) -> None:
    assert (await exchange.ring(**{"from": "22334455", "to": to}))["to"] == "90000001"


async def test_a_queue_rings_all_who_are_free_until_one_answers(exchange: Any) -> None:
    direct = await exchange.ring(**{"from": "22334455", "to": "90000002"})
    call = await exchange.ring(**{"from": "22334466", "queue": "Salg"})
    assert (call["to"], call["queue"], call["ringing"]) == ("22000010", "Salg", ["90000001", "90000003"])
    _, answered = await exchange.call("POST", f"calls/{call['id']}/answer", {"by": "90000003"})
    assert (answered["ringing"], answered["answered_by"]) == ([], "90000003")
    status, body = await exchange.call("POST", f"calls/{call['id']}/answer", {"by": "90000001"})
    assert (status, body["error"]) == (409, "the call is not ringing but answered")
    # The one who did not answer is free again, the two who talk or ring are not.
    assert (await exchange.ring(**{"from": "22334477", "queue": "Salg"}))["ringing"] == ["90000001"]
    await exchange.call("POST", f"calls/{direct['id']}/hangup")


async def test_a_queue_by_its_number_and_with_a_certain_member(exchange: Any) -> None:
    call = await exchange.ring(**{"from": None, "to": "02800"})
    assert (call["queue"], call["from"], call["ringing"]) == ("Sentralbord", None, ["90000002", "90000003"])
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    assert (await exchange.ring(**{"from": "anonymous", "to": "90000001", "queue": "salg"}))["from"] is None
    status, body = await exchange.call("POST", "calls", {"from": None, "to": "90000001", "queue": "Sentralbord"})
    assert (status, body["error"]) == (400, "to: not a member of that queue")
    status, body = await exchange.call("POST", "calls", {"from": None, "to": "90000002", "queue": "Salg"})
    assert (status, body["error"]) == (409, "busy")


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"from": "22334455", "to": "11111111"}, 400),
        ({"from": "22334455"}, 400),
        ({"from": "22334455", "queue": "Ingen"}, 400),
        ({"from": "22334455", "queue": "Salg", "to": "11111111"}, 400),
        ({"from": "Nora", "to": "90000001"}, 400),
        ({"from": "22334455", "to": 5}, 400),
    ],
    ids=str,
)
async def test_calls_that_cannot_be_made(exchange: Any, order: dict[str, Any], status: int) -> None:
    answered, body = await exchange.call("POST", "calls", order)
    assert answered == status
    assert body["error"]


async def test_a_busy_line_takes_no_second_call(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    assert await exchange.call("POST", "calls", {"from": "22334466", "to": "90000001"}) == (409, {"error": "busy"})
    await exchange.call("POST", f"calls/{call['id']}/answer")
    assert (await exchange.call("POST", "calls", {"from": "22334466", "to": "90000001"}))[0] == 409
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    await exchange.ring(**{"from": "22334466", "to": "90000001"})


async def test_declining(exchange: Any) -> None:
    direct = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    _, ended = await exchange.call("POST", f"calls/{direct['id']}/reject", {"by": "90000001"})
    assert (ended["state"], ended["cause"]) == ("ended", "noAnswer")

    queued = await exchange.ring(**{"from": "22334455", "queue": "Salg"})
    path = f"calls/{queued['id']}/reject"
    assert (await exchange.call("POST", path))[0] == 400
    _, still = await exchange.call("POST", path, {"by": "90000002"})
    assert (still["state"], still["ringing"]) == ("ringing", ["90000001", "90000003"])
    assert (await exchange.call("POST", path, {"by": "90000002"}))[0] == 409
    await exchange.call("POST", path, {"by": "90000001"})
    _, ended = await exchange.call("POST", path, {"by": "90000003"})
    assert (ended["state"], ended["cause"]) == ("ended", "noAnswer")


async def test_causes(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    path = f"calls/{call['id']}/hangup"
    assert (await exchange.call("POST", path, {"cause": "boredom"}))[0] == 400
    _, ended = await exchange.call("POST", path)
    assert ended["cause"] == "cancel"
    assert (await exchange.call("POST", path))[0] == 409
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    _, ended = await exchange.call("POST", f"calls/{call['id']}/hangup", {"cause": "busy"})
    assert ended["cause"] == "busy"
    assert (await exchange.call("POST", "calls/none/hangup"))[0] == 404


async def test_answered_by_somebody_the_operator_does_not_name(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "22334455", "queue": "Salg"})
    _, answered = await exchange.call("POST", f"calls/{call['id']}/answer", {"by": None})
    assert (answered["state"], answered["answered_by"], answered["ringing"]) == ("answered", None, [])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"events_url": "events"}, "exchange.events_url"),
        ({"secret": "whsec_"}, "exchange.secret"),
        ({"format": "xml"}, "exchange.format"),
        ({"queues": [{"name": "Salg", "number": "22000010", "members": ["1"]}]}, "exchange: "),
        ({"shared": [{"name": "Felles", "number": "22000000", "members": ["1"]}]}, "Felles: 1 is no line"),
        ({"lines": [{"number": "1", "alias": "a", "name": "A", "busy_forward": "1"}], "queues": []}, "busy_forward 1"),
        ({"line": []}, "exchange.line"),
    ],
    ids=str,
)
def test_a_world_that_makes_no_sense_stops_the_start(world: dict[str, Any], change: dict[str, Any], named: str) -> None:
    world["exchange"] |= change
    with pytest.raises(WorldError, match=named):
        simulators.create_app(world, bot_url="http://127.0.0.1:9")
