from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web


async def test_a_sipgate_call_told_as_forms(exchange: Any) -> None:
    exchange.customer.subscribe()
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/answer")
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    new, answer, hangup = await exchange.customer.wait(3)
    common = {"from": "4722334455", "to": "4790000001", "direction": "in", "callId": call["id"]}
    assert new.content_type == "application/x-www-form-urlencoded"
    assert new.path == "/events"
    xcid = new.form["xcid"]
    assert new.form == common | {
        "event": "newCall",
        "origCallId": call["id"],
        "xcid": xcid,
        "user[]": "Kari Hansen",
        "userId[]": "w0",
        "fullUserId[]": "1234567w0",
    }
    assert answer.path == "/answered"
    assert answer.form == common | {
        "event": "answer",
        "origCallId": call["id"],
        "xcid": xcid,
        "user": "Kari Hansen",
        "userId": "w0",
        "fullUserId": "1234567w0",
        "answeringNumber": "4790000001",
    }
    assert hangup.path == "/ended"
    assert hangup.form == common | {
        "event": "hangup",
        "origCallId": call["id"],
        "xcid": xcid,
        "cause": "normalClearing",
        "answeringNumber": "4790000001",
    }


async def test_a_group_call_names_everyone_who_rings(exchange: Any) -> None:
    await exchange.ring(**{"from": None, "queue": "Salg"})
    [new] = await exchange.customer.wait(1)
    assert new.all("user[]") == ["Kari Hansen", "Ola Berg", "Siri Dahl"]
    assert new.all("userId[]") == ["w0", "w1", "w2"]
    assert (new.form["from"], new.form["to"], new.form["queue"]) == ("anonymous", "4722000010", "Salg")


async def test_short_and_foreign_numbers_keep_their_form(exchange: Any) -> None:
    await exchange.ring(**{"from": "+46 8 123 456 78", "to": "02800"})
    [new] = await exchange.customer.wait(1)
    assert (new.form["from"], new.form["to"]) == ("46812345678", "02800")


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (web.Response, None),
        (lambda: web.Response(text="<Response onHangup='http://x.example/'/>"), "the reply's Content-Type"),
        (lambda: web.Response(text="OK", content_type="application/xml"), "not XML"),
        (lambda: web.Response(text="<Answer/>", content_type="application/xml"), "root"),
        (lambda: web.Response(text="<Response onAnswer='/x'/>", content_type="application/xml"), "absolute"),
        (lambda: web.Response(text="<!DOCTYPE x><Response/>", content_type="application/xml"), "document type"),
        (lambda: web.Response(status=404), None),
    ],
)
async def test_who_does_not_subscribe_hears_no_more(exchange: Any, reply: Any, problem: str | None) -> None:
    exchange.customer.reply = lambda _: reply()
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/answer")
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    new, answer, hangup = await exchange.wait_log(3)
    assert len(exchange.customer.received) == 1
    assert (problem or "") in (new["error"] or "")
    assert [(line["kind"], line["status"], line["error"]) for line in (answer, hangup)] == [
        ("answer", None, "not subscribed"),
        ("hangup", None, "not subscribed"),
    ]


async def test_one_event_may_be_subscribed_alone(exchange: Any) -> None:
    xml = f'<?xml version="1.0" encoding="UTF-8"?><Response onHangup="{exchange.customer.url}/ended"/>'
    exchange.customer.reply = lambda _: web.Response(text=xml, content_type="application/xml")
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/answer")
    await exchange.call("POST", f"calls/{call['id']}/hangup", {"cause": "normalClearing"})
    await exchange.wait_log(3)
    assert [received.path for received in exchange.customer.received] == ["/events", "/ended"]


async def test_a_zammad_call_told_as_json(exchange: Any) -> None:
    await exchange.aim(format="json")
    call = await exchange.ring(**{"from": "22334455", "queue": "Salg"})
    await exchange.call("POST", f"calls/{call['id']}/reject", {"by": "90000002"})
    await exchange.call("POST", f"calls/{call['id']}/answer", {"by": "90000003"})
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    received = await exchange.customer.wait(3)
    assert {one.path for one in received} == {"/events"}
    assert {one.content_type for one in received} == {"application/json"}
    common = {
        "from": "4722334455",
        "to": "4722000010",
        "direction": "in",
        "callId": call["id"],
        "queue": "Salg",
    }
    assert [json.loads(one.raw) for one in received] == [
        common | {"event": "newCall", "user": ["Kari Hansen", "Ola Berg", "Siri Dahl"]},
        common | {"event": "answer", "user": ["Siri Dahl"], "answeringNumber": "4790000003"},
        common | {"event": "hangup", "cause": "normalClearing", "answeringNumber": "4790000003"},
    ]


async def test_an_unnamed_answer_names_nobody(exchange: Any) -> None:
    exchange.customer.subscribe()
    call = await exchange.ring(**{"from": "22334455", "queue": "Salg"})
    await exchange.call("POST", f"calls/{call['id']}/answer", {"by": None})
    answer = (await exchange.customer.wait(2))[1]
    assert not {"user", "userId", "fullUserId", "answeringNumber"} & set(answer.form)


async def test_a_forwarded_call(exchange: Any) -> None:
    exchange.customer.subscribe()
    first = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    status, second = await exchange.call("POST", f"calls/{first['id']}/forward", {"to": "90000002"})
    assert (status, second["parent"], second["ringing"]) == (201, first["id"], ["90000002"])
    received = await exchange.customer.wait(3)
    told = {
        one.form["callId"]: [o.form for o in received if o.form["callId"] == one.form["callId"]] for one in received
    }
    assert [form["event"] for form in told[first["id"]]] == ["newCall", "hangup"]
    assert told[first["id"]][1]["cause"] == "forwarded"
    [new] = told[second["id"]]
    assert (new["origCallId"], new["diversion"], new["from"]) == (first["id"], "4790000001", "4722334455")


async def test_a_transferred_call(exchange: Any) -> None:
    """The first call ends when the second is answered, as sipgate's FAQ has it."""
    exchange.customer.subscribe()
    first = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    assert (await exchange.call("POST", f"calls/{first['id']}/transfer", {"to": "90000002"}))[0] == 409
    await exchange.call("POST", f"calls/{first['id']}/answer")
    _, second = await exchange.call("POST", f"calls/{first['id']}/transfer", {"to": "90000002"})
    await exchange.customer.wait(3)
    _, state = await exchange.call("GET", "state")
    assert [call["state"] for call in state["calls"]] == ["answered", "ringing"]
    await exchange.call("POST", f"calls/{second['id']}/answer")
    received = await exchange.customer.wait(5)
    assert {(one.form["callId"], one.form["event"]) for one in received[3:]} == {
        (first["id"], "hangup"),
        (second["id"], "answer"),
    }
    new = next(one.form for one in received if one.form["callId"] == second["id"])
    assert (new["event"], new["origCallId"], new["diversion"]) == ("newCall", first["id"], "4790000001")
