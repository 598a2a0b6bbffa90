"""Queues that hunt or go round, and numbers that are shared."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

KARI, OLA, SIRI = "90000001", "90000002", "90000003"


@pytest.fixture
def world(world: dict[str, Any]) -> dict[str, Any]:
    everybody = [OLA, KARI, SIRI]
    world["exchange"]["queues"] += [
        {"name": "Vakt", "number": "22000030", "members": everybody, "strategy": "hunt"},
        {"name": "Runde", "number": "22000040", "members": [KARI, OLA], "rounds": 2},
        {"name": "Jakt", "number": "22000050", "members": [KARI, OLA], "strategy": "hunt", "rounds": 2},
        {"name": "Rask", "number": "22000060", "members": [KARI, OLA], "strategy": "hunt", "ring_seconds": 0.05},
    ]
    world["exchange"]["shared"] = [{"name": "Resepsjon", "number": "22000000", "members": [KARI, OLA, SIRI]}]
    return world


async def test_a_hunt_rings_one_after_the_other(exchange: Any) -> None:
    exchange.customer.subscribe()
    call = await exchange.ring(**{"from": "22334455", "queue": "Vakt"})
    assert (call["ringing"], call["queue"]) == ([OLA], "Vakt")
    _, call = await exchange.call("POST", f"calls/{call['id']}/next")
    assert (call["ringing"], call["rang"]) == ([KARI], [OLA, KARI])
    # Ola's telephone is free again.
    other = await exchange.ring(**{"from": "22334466", "to": OLA})
    assert (await exchange.call("POST", f"calls/{call['id']}/answer", {"by": OLA}))[0] == 409
    _, call = await exchange.call("POST", f"calls/{call['id']}/reject", {"by": KARI})
    assert call["ringing"] == [SIRI]
    _, call = await exchange.call("POST", f"calls/{call['id']}/answer", {"by": SIRI})
    assert (call["answered_by"], call["rang"]) == (SIRI, [OLA, KARI, SIRI])
    told = [one for one in await exchange.customer.wait(5) if one.form["callId"] != other["id"]]
    assert [(one.form["event"], one.all("userId[]") or [one.form["userId"]]) for one in told] == [
        ("newCall", ["w1"]),
        ("newCall", ["w0"]),
        ("newCall", ["w2"]),
        ("answer", ["w2"]),
    ]
    assert {one.form["queue"] for one in told} == {"Vakt"}


async def test_a_hunt_gives_up(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "22334455", "to": SIRI, "queue": "Vakt"})
    assert call["ringing"] == [SIRI]  # begins at the one who was asked for
    _, call = await exchange.call("POST", f"calls/{call['id']}/next")
    assert (call["state"], call["cause"]) == ("ended", "congestion")
    assert (await exchange.call("POST", f"calls/{call['id']}/next"))[0] == 409


async def test_a_hunt_passes_over_who_is_busy_and_goes_round(exchange: Any) -> None:
    talk = await exchange.ring(**{"from": "22334466", "to": OLA})
    call = await exchange.ring(**{"from": "22334455", "queue": "Jakt"})
    _, call = await exchange.call("POST", f"calls/{call['id']}/next")
    assert (call["ringing"], call["round"]) == ([KARI], 2)
    await exchange.call("POST", f"calls/{talk['id']}/hangup")
    _, call = await exchange.call("POST", f"calls/{call['id']}/reject", {"by": KARI})
    assert call["ringing"] == [OLA]
    _, call = await exchange.call("POST", f"calls/{call['id']}/reject", {"by": OLA})
    assert (call["state"], call["cause"]) == ("ended", "noAnswer")


async def test_a_queue_rings_the_same_telephones_in_rounds(exchange: Any) -> None:
    exchange.customer.subscribe()
    call = await exchange.ring(**{"from": "22334455", "queue": "Runde"})
    _, call = await exchange.call("POST", f"calls/{call['id']}/next")
    assert (call["ringing"], call["round"], call["state"]) == ([KARI, OLA], 2, "ringing")
    _, call = await exchange.call("POST", f"calls/{call['id']}/next")
    assert (call["state"], call["cause"]) == ("ended", "congestion")
    told = await exchange.customer.wait(3)
    assert [(one.form["event"], one.all("userId[]")) for one in told] == [
        ("newCall", ["w0", "w1"]),
        ("newCall", ["w0", "w1"]),
        ("hangup", []),
    ]


async def test_ring_times_pass_by_themselves(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "22334455", "queue": "Rask"})
    assert call["rings_until"] is not None
    async with asyncio.timeout(20):
        while call["state"] != "ended":
            _, state = await exchange.call("GET", "state")
            call = state["calls"][0]
            await asyncio.sleep(0.01)
    assert (call["cause"], call["rang"], call["rings_until"]) == ("congestion", [KARI, OLA], None)


async def test_an_answer_stops_the_clock(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "22334455", "queue": "Rask"})
    _, call = await exchange.call("POST", f"calls/{call['id']}/answer")
    await asyncio.sleep(0.2)
    _, state = await exchange.call("GET", "state")
    assert state["calls"][0] == call


async def test_a_shared_number_rings_all_and_is_told_as_any_number(exchange: Any) -> None:
    exchange.customer.subscribe()
    call = await exchange.ring(**{"from": "02800", "to": "22 00 00 00"})
    assert (call["ringing"], call["queue"], call["to"]) == ([KARI, OLA, SIRI], None, "22000000")
    assert (await exchange.call("POST", "calls", {"from": None, "queue": "Resepsjon"}))[0] == 400
    await exchange.call("POST", f"calls/{call['id']}/answer", {"by": OLA})
    new, answer = await exchange.customer.wait(2)
    assert (new.form["from"], new.form["to"], new.all("userId[]")) == ("02800", "4722000000", ["w0", "w1", "w2"])
    assert (answer.form["userId"], answer.form["answeringNumber"]) == ("w1", "4790000002")
    assert "queue" not in new.form


async def test_only_groups_go_on(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "22334455", "to": KARI})
    assert (await exchange.call("POST", f"calls/{call['id']}/next"))[0] == 409
