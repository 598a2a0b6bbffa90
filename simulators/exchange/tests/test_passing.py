"""Forwards, transfers and consultations, as they stand at the exchange and as the customer is told."""

from __future__ import annotations

from typing import Any

KARI, OLA, SIRI = "90000001", "90000002", "90000003"


async def test_a_busy_line_forwards_to_another(exchange: Any) -> None:
    exchange.customer.subscribe()
    status, line = await exchange.call("PUT", f"lines/{KARI}", {"busy_forward": OLA})
    assert (status, line["busy_forward"]) == (200, OLA)
    talk = await exchange.ring(**{"from": "22334455", "to": KARI})
    await exchange.call("POST", f"calls/{talk['id']}/answer")
    passed = await exchange.ring(**{"from": "22334466", "to": KARI})
    assert (passed["ringing"], passed["diversion"], passed["to"]) == ([OLA], KARI, OLA)
    # Only one step: Ola is busy now, and nobody else is named.
    assert (await exchange.call("POST", "calls", {"from": "22334477", "to": KARI}))[0] == 409
    received = [one.form for one in await exchange.customer.wait(5) if one.form["callId"] != talk["id"]]
    first, second = passed["parent"], passed["id"]
    told = {ref: [form for form in received if form["callId"] == ref] for ref in (first, second)}
    assert [(form["event"], form.get("cause"), form["to"]) for form in told[first]] == [
        ("newCall", None, "4790000001"),
        ("hangup", "forwarded", "4790000001"),
    ]
    assert [(f["event"], f["origCallId"], f["diversion"], f["user[]"], f["from"]) for f in told[second]] == [
        ("newCall", first, "4790000001", "Ola Berg", "4722334466")
    ]


async def test_a_forward_that_cannot_be(exchange: Any) -> None:
    for body in ({"busy_forward": KARI}, {"busy_forward": "11111111"}, {"forward": OLA}, {}):
        assert (await exchange.call("PUT", f"lines/{KARI}", body))[0] == 400
    assert (await exchange.call("PUT", "lines/11111111", {"busy_forward": OLA}))[0] == 404
    await exchange.call("PUT", f"lines/{KARI}", {"busy_forward": OLA})
    assert (await exchange.call("PUT", f"lines/{KARI}", {"busy_forward": None}))[1]["busy_forward"] is None


async def test_the_tone_of_a_busy_line_is_told_when_asked_for(exchange: Any) -> None:
    exchange.customer.subscribe()
    await exchange.ring(**{"from": "22334455", "to": KARI})
    call = await exchange.ring(**{"from": "22334466", "to": KARI, "when_busy": "tell"})
    assert (call["state"], call["cause"], call["ringing"]) == ("ended", "busy", [])
    received = [one.form for one in await exchange.customer.wait(3) if one.form["callId"] == call["id"]]
    assert [(form["event"], form.get("cause")) for form in received] == [("newCall", None), ("hangup", "busy")]
    assert (await exchange.call("POST", "calls", {"from": None, "to": KARI, "when_busy": "shout"}))[0] == 400


async def test_two_hidden_callers_knock_at_the_same_telephones(exchange: Any) -> None:
    one = await exchange.ring(**{"from": None, "queue": "Salg"})
    two = await exchange.ring(**{"from": None, "queue": "Salg", "when_busy": "knock"})
    assert one["ringing"] == two["ringing"] == [KARI, OLA, SIRI]
    await exchange.call("POST", f"calls/{one['id']}/answer", {"by": KARI})
    _, other = await exchange.call("POST", f"calls/{two['id']}/answer", {"by": OLA})
    assert (other["answered_by"], other["rang"]) == (OLA, [KARI, OLA, SIRI])


async def test_a_transfer_that_nobody_picks_up_goes_back(exchange: Any) -> None:
    exchange.customer.subscribe()
    first = await exchange.ring(**{"from": "22334455", "to": KARI})
    assert (await exchange.call("POST", f"calls/{first['id']}/return"))[0] == 409
    await exchange.call("POST", f"calls/{first['id']}/answer")
    _, second = await exchange.call("POST", f"calls/{first['id']}/transfer", {"to": OLA})
    assert (await exchange.call("POST", f"calls/{first['id']}/transfer", {"to": SIRI}))[0] == 409
    _, back = await exchange.call("POST", f"calls/{second['id']}/return")
    assert (back["state"], back["cause"]) == ("ended", "cancel")
    _, state = await exchange.call("GET", "state")
    assert [(call["state"], call["answered_by"]) for call in state["calls"]] == [("answered", KARI), ("ended", None)]
    received = await exchange.customer.wait(4)
    assert [(o.form["event"], o.form["callId"]) for o in received[2:]] == [
        ("newCall", second["id"]),
        ("hangup", second["id"]),
    ]
    # And once more to somebody else, where the caller gives up.
    _, third = await exchange.call("POST", f"calls/{first['id']}/transfer", {"to": SIRI})
    await exchange.call("POST", f"calls/{first['id']}/hangup")
    _, state = await exchange.call("GET", "state")
    ends = {call["id"]: call["cause"] for call in state["calls"]}
    assert (ends[third["id"]], ends[first["id"]]) == ("cancel", "normalClearing")


async def test_a_consultation_that_becomes_a_transfer(exchange: Any) -> None:
    exchange.customer.subscribe()
    first = await exchange.ring(**{"from": "22334455", "to": KARI})
    assert (await exchange.call("POST", f"calls/{first['id']}/consult", {"to": OLA}))[0] == 409
    await exchange.call("POST", f"calls/{first['id']}/answer")
    status, asked = await exchange.call("POST", f"calls/{first['id']}/consult", {"to": OLA})
    assert (status, asked["from"], asked["dialled_by"], asked["consults"]) == (201, KARI, KARI, first["id"])
    await exchange.call("POST", f"calls/{asked['id']}/answer")
    status, joined = await exchange.call("POST", f"calls/{asked['id']}/join")
    assert (status, joined["state"], joined["answered_by"], joined["from"]) == (201, "answered", OLA, "22334455")
    assert (joined["parent"], joined["diversion"]) == (first["id"], KARI)
    assert (await exchange.call("POST", f"calls/{asked['id']}/join"))[0] == 409
    told: dict[str, list[dict[str, str]]] = {}
    for one in await exchange.customer.wait(8):
        told.setdefault(one.form["callId"], []).append(one.form)
    assert [form["event"] for form in told[first["id"]]] == ["newCall", "answer", "hangup"]
    assert [(form["event"], form["from"]) for form in told[asked["id"]]] == [
        ("newCall", "4790000001"),
        ("answer", "4790000001"),
        ("hangup", "4790000001"),
    ]
    assert [(form["event"], form["from"], form["origCallId"]) for form in told[joined["id"]]] == [
        ("newCall", "4722334455", first["id"]),
        ("answer", "4722334455", first["id"]),
    ]
    # Kari is free, Ola is not.
    await exchange.ring(**{"from": "22334466", "to": KARI})
    assert (await exchange.call("POST", "calls", {"from": "22334477", "to": OLA}))[0] == 409


async def test_a_consultation_joined_before_the_colleague_picks_up_rings_on(exchange: Any) -> None:
    first = await exchange.ring(**{"from": "22334455", "to": KARI})
    await exchange.call("POST", f"calls/{first['id']}/answer")
    _, asked = await exchange.call("POST", f"calls/{first['id']}/consult", {"to": OLA})
    _, joined = await exchange.call("POST", f"calls/{asked['id']}/join")
    assert (joined["state"], joined["ringing"], joined["from"]) == ("ringing", [OLA], "22334455")
    await exchange.call("POST", f"calls/{joined['id']}/answer")
    _, state = await exchange.call("GET", "state")
    assert [call["state"] for call in state["calls"]] == ["ended", "ended", "answered"]


async def test_a_consultation_without_a_transfer(exchange: Any) -> None:
    first = await exchange.ring(**{"from": "22334455", "to": KARI})
    await exchange.call("POST", f"calls/{first['id']}/answer")
    _, asked = await exchange.call("POST", f"calls/{first['id']}/consult", {"to": OLA})
    assert (await exchange.call("POST", f"calls/{first['id']}/transfer", {"to": SIRI}))[0] == 409
    await exchange.call("POST", f"calls/{asked['id']}/reject")
    _, second = await exchange.call("POST", f"calls/{first['id']}/transfer", {"to": SIRI})
    assert second["ringing"] == [SIRI]


async def test_a_colleague_calls(exchange: Any) -> None:
    call = await exchange.ring(**{"from": "900 00 002", "to": KARI})
    assert call["dialled_by"] == OLA
    assert (await exchange.call("POST", "calls", {"from": "22334455", "to": OLA}))[0] == 409
    assert (await exchange.call("POST", "calls", {"from": OLA, "to": SIRI}))[0] == 409
    assert (await exchange.call("POST", "calls", {"from": SIRI, "to": SIRI}))[0] == 400
    # A queue does not ring the colleague who calls it.
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    assert (await exchange.ring(**{"from": OLA, "queue": "Salg"}))["ringing"] == [KARI, SIRI]
