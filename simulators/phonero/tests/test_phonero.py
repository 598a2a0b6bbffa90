from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import aiohttp
import pytest

import simulators
from simulators.phonero.status import NEVER
from simulators.phonero.tests.client import LOG_IN, ORDER, WORLD, Client, hear, hear_call, running
from simulators.world import WorldError


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with running(WORLD) as made:
        yield made


async def test_a_world_without_an_exchange_is_refused() -> None:
    with pytest.raises(WorldError, match="exchange"):
        simulators.create_app({"phonero": WORLD["phonero"]}, bot_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "integrator", "password": "wrong"}, 401),
        ({"username": "integrator"}, 400),
        ({**LOG_IN, "more": 1}, 400),
        ({"username": "integrator", "password": 7}, 400),
        ([], 400),
    ],
)
async def test_log_ins_that_are_refused(body: object, status: int, client: Client) -> None:
    assert "errorMessage" in await client.ask("POST", "phonero/authenticate", body, status=status)


async def test_nothing_without_a_session(client: Client) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await client.connect()
    assert refusal.value.status == 401
    await client.ask("POST", "phonero/call/clicktodial", ORDER, status=401)


async def test_a_snapshot_and_then_what_happens(client: Client) -> None:
    await client.log_in()
    call = await client.ring("90000001")
    socket = await client.subscribe()
    snapshot = await hear(socket)
    assert (snapshot["topic"], snapshot["type"]) == ("callStatus.4711", "initial")
    (status,) = snapshot["data"]
    assert (status["callId"], status["status"], status["direction"]) == (call, "RINGING", "IN")
    assert (status["callingParty"], status["calledParty"]) == ("22334455", "90000001")
    assert [(phone["number"], phone["user"], phone["status"]) for phone in status["phones"]] == [
        ("90000001", "w0", "RINGING")
    ]
    began = datetime.fromisoformat(status["startDate"])
    assert began.tzinfo is None
    assert abs((datetime.now(ZoneInfo("Europe/Oslo")).replace(tzinfo=None) - began).total_seconds()) < 30
    assert status["answerDate"] == status["endDate"] == NEVER
    await client.act(call, "answer")
    answered = await hear_call(socket)
    assert (answered["status"], answered["answeredBy"]) == ("ANSWERED", {"number": "90000001", "user": "w0"})
    assert answered["phones"][0]["status"] == "CONNECTED"
    await client.act(call, "hangup")
    ended = await hear_call(socket)
    assert (ended["status"], ended["callResult"], ended["phones"][0]["callResult"]) == ("ENDED", "Answered", "Answered")
    again = await client.subscribe()
    assert (await hear(again))["data"] == []


async def test_hidden_callers(client: Client) -> None:
    await client.log_in()
    socket = await client.subscribe()
    await hear(socket)
    await client.ring("90000001", caller=None)
    status = await hear_call(socket)
    assert (status["callingParty"], status["callingPartyHidden"]) == (None, True)


async def test_a_queue_rings_many_and_the_others_stop(client: Client) -> None:
    await client.log_in()
    socket = await client.subscribe()
    await hear(socket)
    call = await client.ring("22000010")
    assert (await hear_call(socket))["queueName"] == "Salg"
    await client.act(call, "answer", by="90000002")
    status = await hear_call(socket)
    assert [(phone["status"], phone["callResult"]) for phone in status["phones"]] == [
        ("ENDED", "AnsweredElsewhere"),
        ("CONNECTED", None),
    ]


async def test_a_hunt_rings_one_after_the_other(client: Client) -> None:
    await client.log_in()
    socket = await client.subscribe()
    await hear(socket)
    call = await client.ring("22000020")
    await hear_call(socket)
    await client.act(call, "next")
    await hear_call(socket)  # the first has stopped
    status = await hear_call(socket)
    assert [(phone["number"], phone["status"], phone["callResult"]) for phone in status["phones"]] == [
        ("90000001", "ENDED", "NoAnswer"),
        ("90000002", "RINGING", None),
    ]


async def test_a_transfer_points_back(client: Client) -> None:
    await client.log_in()
    socket = await client.subscribe()
    await hear(socket)
    first = await client.ring("90000001")
    await client.act(first, "answer")
    placed = await client.ask("POST", f"exchange/calls/{first}/transfer", {"to": "90000002"}, status=201)
    for _ in range(2):
        await hear_call(socket)
    status = await hear_call(socket)
    assert (status["callId"], status["linkedCallId"], status["transferredBy"]) == (placed["id"], first, "90000001")
    assert status["callingParty"] == "22334455"
    await client.act(placed["id"], "answer")
    told = [await hear_call(socket) for _ in range(2)]
    assert [(each["callId"], each["callResult"]) for each in told] == [(placed["id"], None), (first, "Transferred")]


@pytest.mark.parametrize(
    "message",
    [
        {"action": "subscribe", "topic": "callStatus.4712", "param": "initial"},
        {"action": "subscribe", "topic": "callStatus.4711"},
        {"action": "listen"},
        [],
    ],
)
async def test_what_is_no_subscription_is_refused(message: object, client: Client) -> None:
    await client.log_in()
    socket = await client.connect()
    await socket.send_json(message)
    assert "errorMessage" in await hear(socket)


async def test_without_a_ping_the_socket_is_closed(client: Client) -> None:
    await client.log_in()
    socket = await client.subscribe()
    await hear(socket)
    for _ in range(4):
        await asyncio.sleep(0.2)
        await socket.send_json({"action": "ping"})
        assert await hear(socket) == {"action": "pong"}
    end = await socket.receive(timeout=5)
    assert (end.type, end.data) == (aiohttp.WSMsgType.CLOSE, 4408)


async def test_an_expired_session_ends_its_socket_and_is_refused(client: Client) -> None:
    async with running({**WORLD, "phonero": {**WORLD["phonero"], "session_seconds": 0.3}}) as short:
        await short.log_in()
        socket = await short.subscribe()
        await hear(socket)
        end = await socket.receive(timeout=5)
        assert (end.type, end.data) == (aiohttp.WSMsgType.CLOSE, 4401)
        await short.ask("POST", "phonero/call/clicktodial", ORDER, status=401)


async def test_stream_faults(client: Client) -> None:
    await client.log_in()
    socket = await client.subscribe()
    await hear(socket)
    assert await client.ask("PUT", "phonero/_stream", {"cut": True, "refuse_seconds": 60}) == {"cut": 1}
    assert (await socket.receive(timeout=5)).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    with pytest.raises(aiohttp.ClientError):
        await client.log_in()
    await client.ask("PUT", "phonero/_stream", {})
    socket = await client.subscribe()
    await hear(socket)
    await client.ask("PUT", "phonero/_stream", {"silent": True})
    await client.ring("90000001")
    with pytest.raises(TimeoutError):
        await socket.receive(timeout=0.3)
    await client.ask("PUT", "phonero/_stream", {"expire": True})
    assert (await client.ask("GET", "phonero/_state"))["sessions"] == 0
    await client.ask("PUT", "phonero/_stream", {"cot": True}, status=400)


async def test_click_to_dial_rings_the_employee_first_and_then_the_number(client: Client) -> None:
    await client.log_in()
    socket = await client.subscribe()
    await hear(socket)
    assert await client.ask("POST", "phonero/call/clicktodial", ORDER) == {"errorMessage": None}
    status = await hear_call(socket)
    assert (status["direction"], status["status"]) == ("OUT", "RINGING")
    assert (status["callingParty"], status["calledParty"]) == ("90000001", "22334455")
    (entry,) = await client.ask("GET", "phonero/_orders")
    assert (entry["body"], entry["status"], entry["callId"]) == (ORDER, 200, status["callId"])
    await client.act(status["callId"], "answer")
    status = await hear_call(socket)
    assert (status["status"], status["phones"][0]["status"]) == ("RINGING", "CONNECTED")
    target = f"phonero/_orders/{status['callId']}/target"
    await client.ask("POST", target, {"does": "answer"}, status=204)
    assert (await hear_call(socket))["status"] == "ANSWERED"
    await client.ask("POST", target, {"does": "hangup"}, status=204)
    ended = await hear_call(socket)
    assert (ended["status"], ended["callResult"]) == ("ENDED", "Answered")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"customerId": "4712"}, 403),
        ({"number": "+4790000001"}, 400),
        ({"number": "90000009"}, 400),
        ({"destinationNumber": "+4722334455"}, 400),
        ({"destinationNumber": "112"}, 400),
        ({"destinationNumber": "90000001"}, 400),
        ({"callerId": "22334455"}, 400),
        ({"callerId": None}, 400),
        ({"more": "1"}, 400),
    ],
)
async def test_orders_that_are_refused(change: dict[str, object], status: int, client: Client) -> None:
    await client.log_in()
    answer = await client.ask("POST", "phonero/call/clicktodial", {**ORDER, **change}, status=status)
    assert answer["errorMessage"]
    (entry,) = await client.ask("GET", "phonero/_orders")
    assert (entry["status"], entry["callId"]) == (status, None)


async def test_a_busy_employee_and_a_product_that_was_not_ordered(client: Client) -> None:
    await client.log_in()
    await client.ring("90000001")
    assert (await client.ask("POST", "phonero/call/clicktodial", ORDER, status=409))["errorMessage"] == "User is busy"
    async with running({**WORLD, "phonero": {**WORLD["phonero"], "click_to_dial": False}}) as without:
        await without.log_in()
        await without.ask("POST", "phonero/call/clicktodial", ORDER, status=403)
