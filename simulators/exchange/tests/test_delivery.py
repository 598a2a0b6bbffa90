from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


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
