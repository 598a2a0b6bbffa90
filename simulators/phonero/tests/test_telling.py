"""One exchange behind two interfaces: a call is told through the one that has been chosen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulators.phonero.tests.client import WORLD, Client, hear, hear_call, running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    exchange = {**WORLD["exchange"], "told_through": "webhook"}
    async with running({**WORLD, "exchange": exchange}) as made:
        await made.log_in()
        yield made


async def by_webhook(client: Client) -> list[str]:
    """The kinds of events that the webhook's courier has been given."""
    log: list[dict[str, Any]] = await client.ask("GET", "exchange/deliveries")
    return [line["kind"] for line in log]


async def tell(client: Client, through: str, status: int = 200) -> dict[str, Any]:
    answer: dict[str, Any] = await client.ask("PUT", "exchange/telling", {"through": through}, status)
    return answer


async def test_a_webhooks_calls_are_not_in_the_stream(client: Client) -> None:
    await client.ring("90000001")
    socket = await client.subscribe()
    assert (await hear(socket))["data"] == []
    assert await by_webhook(client) == ["newCall"]
    await client.ring("90000002")
    await socket.send_json({"action": "ping"})
    assert await hear(socket) == {"action": "pong"}


async def test_a_streams_calls_are_not_sent(client: Client) -> None:
    socket = await client.subscribe()
    await hear(socket)
    assert await tell(client, "stream") == {"through": "stream"}
    call = await client.ring("90000001")
    assert (await hear_call(socket))["callId"] == call
    assert [told["callId"] for told in (await hear(await client.subscribe()))["data"]] == [call]
    await client.act(call, "hangup")
    assert (await hear_call(socket))["status"] == "ENDED"
    assert await by_webhook(client) == []


async def test_a_call_ordered_at_the_other_door_is_told_as_the_one_it_is() -> None:
    rules = {"token": "t", "people": [{"number": "22334455", "does": "wait"}]}
    exchange = {**WORLD["exchange"], "told_through": "stream", "click_to_dial": rules}
    async with running({**WORLD, "exchange": exchange}) as client:
        await client.log_in()
        socket = await client.subscribe()
        await hear(socket)
        order = {"caller": {"number": "+4790000001"}, "callee": {"number": "+4722334455"}}
        url, right = f"{client.address}/exchange/click-to-dial/calls", {"Authorization": "Bearer t"}
        async with client.http.post(url, json=order, headers=right) as answer:
            placed = await answer.json()
        told = [await hear_call(socket)]
        await client.act(placed["callId"], "answer", by="90000001")
        told.append(await hear_call(socket))
        for does in ("answer", "hangup"):
            path = f"exchange/click-to-dial/calls/{placed['callId']}/other-side"
            await client.ask("POST", path, {"does": does})
            told.append(await hear_call(socket))
    assert [(each["status"], each["phones"][0]["status"]) for each in told] == [
        ("RINGING", "RINGING"),
        ("RINGING", "CONNECTED"),
        ("ANSWERED", "CONNECTED"),
        ("ENDED", "ENDED"),
    ]
    assert {(each["direction"], each["callingParty"], each["calledParty"]) for each in told} == {
        ("OUT", "90000001", "22334455")
    }
    assert told[-1]["callResult"] == "Answered"


async def test_no_call_changes_over(client: Client) -> None:
    call = await client.ring("90000001")
    assert "under way" in (await tell(client, "stream", 409))["error"]
    await client.act(call, "answer", by="90000001")
    await tell(client, "stream", 409)
    await client.act(call, "hangup")
    await tell(client, "stream")
    assert await client.ask("GET", "exchange/telling") == {"through": "stream"}
    await tell(client, "nobody", 400)


async def test_without_a_choice_both_tell() -> None:
    async with running(WORLD) as client:
        await client.log_in()
        socket = await client.subscribe()
        await hear(socket)
        await client.ring("90000001")
        await hear_call(socket)
        assert await by_webhook(client) == ["newCall"]


async def test_how_long_the_stream_is_refused_can_be_read(client: Client) -> None:
    await client.subscribe()
    assert (await client.ask("GET", "phonero/_state"))["refused_seconds"] == 0
    await client.ask("PUT", "phonero/_stream", {"cut": True, "refuse_seconds": 60})
    assert 0 < (await client.ask("GET", "phonero/_state"))["refused_seconds"] <= 60


async def test_a_stream_tells_twice_what_an_operator_tells_twice(client: Client) -> None:
    await tell(client, "stream")
    socket = await client.subscribe()
    assert (await hear(socket))["data"] == []
    await client.ask("PUT", "exchange/delivery", {"duplicate": True})
    first = await client.ring("90000001")
    assert [(await hear_call(socket))["callId"] for _ in range(2)] == [first, first]
    await client.ask("PUT", "exchange/delivery", {})
    second = await client.ring("90000002")
    assert (await hear_call(socket))["callId"] == second
    await socket.send_json({"action": "ping"})
    assert await hear(socket) == {"action": "pong"}
