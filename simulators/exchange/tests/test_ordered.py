"""What the people at the telephones are shown of a call that an employee has asked for."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

import simulators
from simulators.exchange.tests.conftest import WORLD

_HEADERS = {"Authorization": "Bearer token"}
_ORDER = {"caller": {"number": "+4790000001"}, "callee": {"number": "+4722334455"}}


@pytest.fixture
async def http() -> AsyncIterator[TestClient[Any, Any]]:
    world = copy.deepcopy(WORLD)
    world["exchange"]["click_to_dial"] = {"token": "token", "people": [{"number": "22334455", "does": "wait"}]}
    server = TestServer(simulators.create_app(world, bot_url="http://127.0.0.1:1"))
    async with TestClient(server) as client:
        yield client


async def ask(http: TestClient[Any, Any], method: str, path: str, body: object = None) -> Any:
    async with http.request(method, f"/simulators/exchange/{path}", json=body, headers=_HEADERS) as answer:
        assert answer.status < 300, await answer.text()
        text = await answer.text()
        return json.loads(text) if text else None


async def shown(http: TestClient[Any, Any]) -> list[tuple[str, Any]]:
    return [(call["state"], call["ordered"]) for call in (await ask(http, "GET", "state"))["calls"]]


def order(state: str, reason: str | None = None) -> dict[str, str | None]:
    return {"callee": "+4722334455", "state": state, "reason": reason}


async def test_an_order_is_followed_from_phone_to_phone(http: TestClient[Any, Any]) -> None:
    placed = (await ask(http, "POST", "click-to-dial/calls", _ORDER))["callId"]
    assert await shown(http) == [("ringing", order("callingCaller"))]
    answered = await ask(http, "POST", f"calls/{placed}/answer", {"by": "90000001"})
    assert answered["ordered"] == order("callingCallee")
    await ask(http, "POST", f"click-to-dial/calls/{placed}/other-side", {"does": "answer"})
    assert await shown(http) == [("answered", order("connected"))]
    await ask(http, "POST", f"calls/{placed}/hangup")
    assert await shown(http) == [("ended", order("disconnected", "hangUp"))]


async def test_those_who_watch_see_the_other_side_answer_and_why_it_ended(http: TestClient[Any, Any]) -> None:
    placed = (await ask(http, "POST", "click-to-dial/calls", _ORDER))["callId"]
    await ask(http, "POST", f"calls/{placed}/answer", {"by": "90000001"})
    async with http.get("/simulators/exchange/stream") as stream:
        await stream.content.readuntil(b"\n\n")
        for does, state in (("answer", order("connected")), ("hangup", order("disconnected", "hangUp"))):
            await ask(http, "POST", f"click-to-dial/calls/{placed}/other-side", {"does": does})
            block = (await stream.content.readuntil(b"\n\n")).decode()
            assert block.startswith("event: call\n")
            assert json.loads(block.partition("data: ")[2])["ordered"] == state


async def test_a_call_from_outside_was_ordered_by_nobody(http: TestClient[Any, Any]) -> None:
    assert (await ask(http, "POST", "calls", {"from": "22334455", "to": "90000001"}))["ordered"] is None
