from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from calls.errors import NeedsSignIn, Refused, Throttled, Transient, Unknown
from calls.model import Connection
from calls.numbers import Number, parse_number
from calls.orders import Accepted, CallOrder, CallRefusal
from calls.ports import Tools
from operators.phonero import operator
from operators.phonero.tests.service import running_service


def number(text: str) -> Number:
    found = parse_number(text)
    assert found is not None
    return found


def order(target: str = "22334455", shown: str | None = None, own: str = "90000001") -> CallOrder:
    return CallOrder(
        request_id=UUID(int=7),
        employee_number=number(own),
        target=number(target),
        shown_number=number(shown) if shown else None,
    )


async def place(what: CallOrder, connection: Connection, tools: Tools, seconds: float = 5) -> Accepted:
    deadline = asyncio.get_running_loop().time() + seconds
    return await operator.call_placer.place_call(what, connection, tools, deadline=deadline)


@pytest.mark.parametrize(
    ("what", "numbers"),
    [
        (order(), ("90000001", "22334455", "90000001")),
        (order(shown="22000010"), ("90000001", "22334455", "22000010")),
        (order("+46 70 123 45 67"), ("90000001", "0046701234567", "90000001")),
        (order("02800"), ("90000001", "02800", "90000001")),
    ],
)
async def test_an_order_on_the_wire(what: CallOrder, numbers: tuple[str, ...], connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.order_answer = (200, {"callId": "c-1"})
        assert await place(what, connection, tools) == Accepted(call_ref="c-1")
        (sent,) = service.orders
        assert sent == dict(
            zip(("customerId", "number", "destinationNumber", "callerId"), ("4711", *numbers), strict=True)
        )


@pytest.mark.parametrize("body", [{}, {"errorMessage": None}, {"errorMessage": ""}, [], None, {"callId": 7}])
async def test_a_success_without_a_reference(body: Any, connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.order_answer = (200, body)
        assert await place(order(), connection, tools) == Accepted()


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (200, "Invalid number", CallRefusal.INVALID_NUMBER),
        (400, "Illegal callerId for customer", CallRefusal.SHOWN_NUMBER_NOT_ALLOWED),
        (409, "User is busy", CallRefusal.CALL_IN_PROGRESS),
        (403, None, CallRefusal.NOT_AUTHORISED),
        (404, "Something nobody has heard of 22334455", CallRefusal.OPERATOR_ERROR),
        (400, {"text": "no"}, CallRefusal.OPERATOR_ERROR),
    ],
)
async def test_refusals(status: int, message: object, code: CallRefusal, connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.order_answer = (status, {"errorMessage": message} if message else None)
        with pytest.raises(Refused) as refusal:
            await place(order(), connection, tools)
        assert refusal.value.code == code
        assert "22334455" not in str(refusal.value)
        assert len(service.orders) == 1


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (order("90000001"), CallRefusal.SAME_NUMBER),
        (order(own="+46701234567"), CallRefusal.INVALID_NUMBER),
        (order(shown="+46701234567"), CallRefusal.INVALID_NUMBER),
        (order("+47 58 00 00 00 00 00"), CallRefusal.INVALID_NUMBER),
    ],
)
async def test_what_is_refused_before_it_is_sent(what: CallOrder, code: CallRefusal, connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        with pytest.raises(Refused) as refusal:
            await place(what, connection, tools)
        assert refusal.value.code == code
        assert service.orders == service.log_ins == []


async def test_what_was_not_ordered_is_not_asked_for(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        without = replace(connection, settings={**connection.settings, "click_to_call": False})
        assert operator.abilities_of(connection).click_to_call
        assert not operator.abilities_of(without).click_to_call
        with pytest.raises(Refused) as refusal:
            await place(order(), without, tools)
        assert refusal.value.code == CallRefusal.NOT_SUPPORTED
        assert service.orders == []


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_after_a_failure_of_the_server_nobody_knows(status: int, connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.order_answer = (status, {"errorMessage": "busy"})
        with pytest.raises(Unknown):
            await place(order(), connection, tools)
        assert len(service.orders) == 1


async def test_a_lost_answer_is_never_asked_for_again(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.order_hangs = True
        with pytest.raises(Unknown):
            await place(order(), connection, tools, seconds=0.5)
        assert len(service.orders) == 1


async def test_a_session_that_was_refused_before_dialling_is_replaced_once(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        await place(order(), connection, tools)
        service.sessions.clear()
        await place(order(), connection, tools)
        assert (len(service.orders), len(service.log_ins)) == (2, 2)
        service.refuse_sessions = True
        with pytest.raises(NeedsSignIn):
            await place(order(), connection, tools)
        assert len(service.orders) == 2


async def test_without_a_connection_nothing_was_ordered(connection: Connection) -> None:
    async with running_service(connection) as (_, connection, tools):
        nobody = replace(connection, settings={**connection.settings, "base_url": "http://127.0.0.1:9"})
        with pytest.raises(Transient):
            await place(order(), nobody, tools)


async def test_asked_too_often(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.order_answer = (429, None)
        with pytest.raises(Throttled):
            await place(order(), connection, tools)
