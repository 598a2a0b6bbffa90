from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


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


async def test_signatures_can_be_verified(exchange: Any) -> None:
    await exchange.aim(secret=SECRET)
    exchange.customer.subscribe()
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    received = await exchange.customer.wait(2)
    for one in received:
        Webhook(SECRET).verify(one.raw, one.headers, json_parse=False)
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(one.raw + b"&x=1", one.headers, json_parse=False)
    assert received[0].headers["webhook-id"] != received[1].headers["webhook-id"]


async def test_without_a_secret_nothing_is_signed(exchange: Any) -> None:
    await exchange.ring(**{"from": "22334455", "to": "90000001"})
    [new] = await exchange.customer.wait(1)
    assert not [name for name in new.headers if name.startswith("webhook-")]


async def test_an_unwell_endpoint_is_tried_three_times(exchange: Any) -> None:
    await exchange.aim(secret=SECRET)
    exchange.customer.reply = lambda _: web.Response(status=503, text="later")
    await exchange.ring(**{"from": "22334455", "to": "90000001"})
    log = await exchange.wait_log(3)
    assert [(line["attempt"], line["status"], line["reply"]) for line in log] == [
        (1, 503, "later"),
        (2, 503, "later"),
        (3, 503, "later"),
    ]
    assert len({one.headers["webhook-id"] for one in exchange.customer.received}) == 1


async def test_a_recovered_endpoint_gets_the_event_once(exchange: Any) -> None:
    exchange.customer.reply = lambda _: web.Response(status=500 if len(exchange.customer.received) == 1 else 200)
    await exchange.ring(**{"from": "22334455", "to": "90000001"})
    log = await exchange.wait_log(2)
    assert [line["status"] for line in log] == [500, 200]


async def test_a_refusal_is_final(exchange: Any) -> None:
    exchange.customer.reply = lambda _: web.Response(status=401)
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    log = await exchange.wait_log(2)
    assert [(line["kind"], line["status"]) for line in log] == [("newCall", 401), ("hangup", None)]


async def test_nobody_there(exchange: Any, unused_tcp_port: int) -> None:
    await exchange.aim(url=f"http://127.0.0.1:{unused_tcp_port}/events", format="json")
    await exchange.ring(**{"from": "22334455", "to": "90000001"})
    log = await exchange.wait_log(3)
    assert [line["status"] for line in log] == [None] * 3
    assert all(line["error"].startswith("not reached") for line in log)


async def test_no_target_yet(exchange: Any) -> None:
    await exchange.aim(url="")
    await exchange.ring(**{"from": "22334455", "to": "90000001"})
    [line] = await exchange.wait_log(1)
    assert (line["status"], line["error"]) == (None, "no target")


async def test_everything_twice(exchange: Any) -> None:
    await exchange.aim(format="json", secret=SECRET)
    await exchange.call("PUT", "delivery", {"duplicate": True})
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    received = await exchange.customer.wait(4)
    ids = [one.headers["webhook-id"] for one in received]
    assert (ids[0], ids[2]) == (ids[1], ids[3])
    assert ids[0] != ids[2]


async def test_events_change_places(exchange: Any) -> None:
    await exchange.aim(format="json")
    await exchange.call("PUT", "delivery", {"reorder": True})
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/answer")
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    received = await exchange.customer.wait(3)
    assert [json.loads(one.raw)["event"] for one in received] == ["answer", "newCall", "hangup"]


async def test_a_form_call_begins_with_its_beginning(exchange: Any) -> None:
    exchange.customer.subscribe()
    await exchange.call("PUT", "delivery", {"reorder": True})
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/answer")
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    received = await exchange.customer.wait(3)
    assert [one.form["event"] for one in received] == ["newCall", "hangup", "answer"]


async def test_kinds_can_be_lost(exchange: Any) -> None:
    await exchange.aim(format="json")
    await exchange.call("PUT", "delivery", {"drop_kinds": ["answer"]})
    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await exchange.call("POST", f"calls/{call['id']}/answer")
    await exchange.call("POST", f"calls/{call['id']}/hangup")
    log = await exchange.wait_log(3)
    assert [(line["kind"], line["error"]) for line in log] == [
        ("newCall", None),
        ("answer", "dropped on purpose"),
        ("hangup", None),
    ]
    await exchange.call("DELETE", "deliveries")
    assert await exchange.call("GET", "deliveries") == (200, [])


async def test_a_slow_call_does_not_hold_up_another(exchange: Any) -> None:
    await exchange.aim(format="json")
    await exchange.call("PUT", "delivery", {"delay": 30})
    await exchange.ring(**{"from": "22334455", "to": "90000001"})
    await asyncio.sleep(0)  # the first call's worker has begun to wait
    await exchange.call("PUT", "delivery", {})
    second = await exchange.ring(**{"from": "22334466", "to": "90000002"})
    [received] = await exchange.customer.wait(1)
    assert json.loads(received.raw)["callId"] == second["id"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("target", {"url": "ftp://x.example"}),
        ("target", {"url": "/events"}),
        ("target", {"format": "xml"}),
        ("target", {"secret": "whsec_"}),
        ("target", {"secret": "whsec_a"}),
        ("target", {"address": "x"}),
        ("delivery", {"delay": -1}),
        ("delivery", {"drop_kinds": ["ring"]}),
        ("delivery", {"lose": True}),
    ],
    ids=str,
)
async def test_orders_that_make_no_sense(exchange: Any, path: str, body: dict[str, Any]) -> None:
    status, answer = await exchange.call("PUT", path, body)
    assert status == 400
    assert answer["error"]


async def test_the_target_shows_everything_but_its_secret(exchange: Any) -> None:
    await exchange.aim(secret=SECRET, format="json")
    _, target = await exchange.call("GET", "target")
    assert target == {"url": f"{exchange.customer.url}/events", "format": "json", "signed": True}


async def test_the_stream(exchange: Any) -> None:
    events: list[tuple[str, Any]] = []
    async with exchange.client.get("/simulators/exchange/stream") as response:
        name = ""
        async for line in response.content:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text.removeprefix("event: ")
            elif text.startswith("data: "):
                events.append((name, json.loads(text.removeprefix("data: "))))
                if len(events) == 1:
                    call = await exchange.ring(**{"from": "22334455", "to": "90000001"})
                    await exchange.call("POST", f"calls/{call['id']}/hangup")
                if len(events) == 3:
                    break
    assert [name for name, _ in events] == ["state", "call", "call"]
    assert [data["state"] for _, data in events[1:]] == ["ringing", "ended"]
