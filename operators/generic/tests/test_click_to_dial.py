"""What we write to an exchange, and what we make of each of its answers. The server here answers as a test tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from calls.errors import NeedsSignIn, Refused, Throttled, Transient, Unknown
from calls.model import Connection
from calls.numbers import Number, NumberKind
from calls.orders import Accepted, CallOrder, CallRefusal
from calls.ports import Tools
from operators.generic import operator
from operators.testing import Kit

ORDER = CallOrder(
    request_id=UUID("00000000-0000-4000-8000-00000000ca11"),
    employee_number=Number(kind=NumberKind.E164, digits="4790000001"),
    target=Number(kind=NumberKind.E164, digits="4722334455"),
)


class Exchange:
    """An exchange that keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.answer = web.json_response({"callId": "call_1"}, status=201)
        self.pause = 0.0

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append((request.path, headers, await request.json()))
        await asyncio.sleep(self.pause)
        return self.answer


@pytest.fixture
async def exchange() -> AsyncIterator[tuple[Exchange, str]]:
    exchange = Exchange()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", exchange.take)
    async with TestServer(app) as server:
        yield exchange, str(server.make_url("/api"))


async def place(kit: Kit, url: str, order: CallOrder = ORDER, *, seconds: float = 2.0) -> Accepted:
    secrets = {**kit.connection.secrets, "call_token": ("token-1", "token-0")}
    connection: Connection = replace(kit.connection, settings={"call_url": url + "/"}, secrets=secrets)
    async with aiohttp.ClientSession() as http:
        unused: Any = None
        tools = Tools(http=http, limiter=unused, credentials=unused, quotas=unused, now=unused)
        assert operator.call_placer is not None
        deadline = asyncio.get_running_loop().time() + seconds
        return await operator.call_placer.place_call(order, connection, tools, deadline=deadline)


async def test_the_order_is_what_camara_documents(kit: Kit, exchange: tuple[Exchange, str]) -> None:
    server, url = exchange
    assert await place(kit, url) == Accepted(call_ref="call_1")
    ((path, headers, body),) = server.asked
    assert path == "/api/calls"
    assert body == {"caller": {"number": "+4790000001"}, "callee": {"number": "+4722334455"}}
    assert headers["authorization"] == "Bearer token-1"
    assert headers["x-correlator"] == str(ORDER.request_id)
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "code", "refusal"),
    [
        (400, "INVALID_ARGUMENT", CallRefusal.OPERATOR_ERROR),
        (403, "PERMISSION_DENIED", CallRefusal.NOT_AUTHORISED),
        (403, "", CallRefusal.NOT_AUTHORISED),
        (404, "NOT_FOUND", CallRefusal.OPERATOR_ERROR),
        (409, "ALREADY_EXISTS", CallRefusal.CALL_IN_PROGRESS),
        (422, "INVALID_PHONE_NUMBER", CallRefusal.INVALID_NUMBER),
        (422, "SAME_CALLER_CALLEE", CallRefusal.SAME_NUMBER),
        (422, "CALLER_NOT_AVAILABLE", CallRefusal.EMPLOYEE_UNAVAILABLE),
        (422, "CALLEE_NOT_AVAILABLE", CallRefusal.TARGET_UNAVAILABLE),
        (302, "", CallRefusal.OPERATOR_ERROR),
    ],
)
async def test_refusals_are_told_apart(
    kit: Kit, exchange: tuple[Exchange, str], status: int, code: str, refusal: CallRefusal
) -> None:
    server, url = exchange
    server.answer = web.json_response({"status": status, "code": code, "message": "secret 22334455"}, status=status)
    with pytest.raises(Refused) as refused:
        await place(kit, url)
    assert refused.value.code is refusal
    assert "22334455" not in str(refused.value)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "problem"), [(401, NeedsSignIn), (429, Throttled), (500, Unknown), (502, Unknown), (503, Unknown)]
)
async def test_what_is_known_after_other_answers(
    kit: Kit, exchange: tuple[Exchange, str], status: int, problem: type[Exception]
) -> None:
    server, url = exchange
    server.answer = web.Response(status=status, text="<html>", headers={"Retry-After": "7"})
    with pytest.raises(problem) as raised:
        await place(kit, url)
    if isinstance(raised.value, Throttled):
        assert raised.value.retry_after == 7


async def test_an_answer_that_does_not_come_in_time_is_unknown(kit: Kit, exchange: tuple[Exchange, str]) -> None:
    server, url = exchange
    server.pause = 1.0
    with pytest.raises(Unknown):
        await place(kit, url, seconds=0.1)


@pytest.mark.parametrize("body", ["", "[]", "no json", '{"callId": 7}', '{"callId": ""}'])
async def test_a_yes_that_cannot_be_read_is_a_yes(kit: Kit, exchange: tuple[Exchange, str], body: str) -> None:
    server, url = exchange
    server.answer = web.Response(status=201, text=body, content_type="application/json")
    assert await place(kit, url) == Accepted(call_ref=None)


async def test_an_exchange_that_is_not_there_has_certainly_not_called(kit: Kit) -> None:
    with pytest.raises(Transient):
        await place(kit, "http://127.0.0.1:1")


async def test_short_numbers_cannot_be_written(kit: Kit, exchange: tuple[Exchange, str]) -> None:
    server, url = exchange
    with pytest.raises(Refused):
        await place(kit, url, replace(ORDER, target=Number(kind=NumberKind.SHORT, digits="02800")))
    assert server.asked == []


def test_calling_is_possible_where_it_is_set_up(kit: Kit) -> None:
    assert not operator.abilities_of(kit.connection).click_to_call
    assert operator.abilities_of(replace(kit.connection, settings={"call_url": "https://x.example"})).click_to_call


@pytest.mark.parametrize(
    ("settings", "secrets", "named"),
    [
        ({"call_url": "https://x.example"}, {}, "call_token"),
        ({"call_url": "http://x.example"}, {"call_token": ("t",)}, "call_url"),
        ({"call_url": "https://x.example/?a=1"}, {"call_token": ("t",)}, "call_url"),
        ({"call_url": "https://u:p@x.example"}, {"call_token": ("t",)}, "call_url"),
        ({"call_url": 7}, {"call_token": ("t",)}, "call_url"),
        ({}, {"call_token": ("t",)}, "call_url"),
        ({"call_url": "https://x.example"}, {"call_token": ("line\nbreak",)}, "call_token"),
    ],
)
def test_wrong_settings_are_named(
    kit: Kit, settings: dict[str, object], secrets: dict[str, tuple[str, ...]], named: str
) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        operator.check_settings(
            replace(kit.connection, settings=settings, secrets={**kit.connection.secrets, **secrets})
        )
