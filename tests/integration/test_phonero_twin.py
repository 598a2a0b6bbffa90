"""Phonero's operator against its strict twin: what the one says the other understands, whatever goes wrong between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

import simulators
from bot.outgoing import open_connector
from calls.errors import Refused, Transient, Unknown
from calls.model import Connection, Direction, Event, EventKind
from calls.numbers import Number, NumberKind
from calls.orders import Accepted, CallOrder, CallRefusal
from calls.ports import Limiter, Parsed, Quotas, Snapshot, Tools
from calls.reducer import CallState, fold
from calls.store.credentials import RowCredentials
from calls.store.tenants import read_connection
from operators.phonero import operator
from tests.support.companies import SECRETS as COMPANY_SECRETS
from tests.support.companies import TestCompany, provision
from tests.support.streaming import SECRETS, STREAM, with_stream

WORLD: dict[str, Any] = {
    "exchange": {
        "lines": [
            {"number": "90000001", "alias": "w0", "name": "Kari Hansen"},
            {"number": "90000002", "alias": "w1", "name": "Ola Berg"},
        ]
    },
    "phonero": {
        "customer_id": "4711",
        "username": SECRETS["TEST_PHONERO_USER"],
        "password": SECRETS["TEST_PHONERO_PASSWORD"],
        "target_answers_after": 0.1,
    },
}


class Twin:
    """The twin, the operator's connection to it, and tools as the service has them."""

    def __init__(self, address: str, http: aiohttp.ClientSession, connection: Connection, tools: Tools) -> None:
        self.address, self.http, self.connection, self.tools = address, http, connection, tools

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        async with self.http.request(method, f"{self.address}/{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else None

    async def fault(self, **order: object) -> None:
        await self.ask("POST", "control/phonero/faults", {"path": "/clicktodial", "times": 1, **order})

    async def orders(self) -> list[dict[str, Any]]:
        return list(await self.ask("GET", "phonero/_orders"))

    async def place(self, target: str = "22334455") -> Accepted:
        order = CallOrder(request_id=UUID(int=7), employee_number=phone("90000001"), target=phone(target))
        deadline = asyncio.get_running_loop().time() + 3
        return await operator.call_placer.place_call(order, self.connection, self.tools, deadline=deadline)


def phone(digits: str) -> Number:
    return Number(kind=NumberKind.E164, digits=f"47{digits}")


@pytest.fixture
async def company(database: Any) -> TestCompany:
    return await provision(database, with_stream(), environment=COMPANY_SECRETS | SECRETS)


@pytest.fixture
async def twin(company: TestCompany) -> AsyncIterator[Twin]:
    server = TestServer(simulators.create_app(WORLD, bot_url="http://127.0.0.1:1"))
    await server.start_server()
    address = str(server.make_url("/simulators"))
    async with company.database.tenant(company.tenant_id) as unit:
        connection = await read_connection(unit, STREAM)
    assert connection is not None
    settings = {**connection.settings, "base_url": f"{address}/phonero", "click_to_call": True}
    async with aiohttp.ClientSession(
        connector=open_connector(allow_loopback=True), cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        tools = Tools(
            http=http,
            limiter=cast("Limiter", None),
            credentials=RowCredentials(company.database, now),
            quotas=cast("Quotas", None),
            now=now,
        )
        yield Twin(address, http, replace(connection, settings=settings), tools)
    await server.close()


def now() -> datetime:
    return datetime.now(UTC)


async def hear(twin: Twin, until: EventKind) -> list[Event]:
    """Everything up to the first event of this kind."""
    heard: list[Event] = []
    async with asyncio.timeout(10), aclosing(operator.stream.listen(twin.connection, twin.tools)) as messages:
        async for message in messages:
            assert not message.ignored
            heard += message.events
            if any(event.kind is until for event in message.events):
                return heard
    raise AssertionError("it ended without a reason")


async def test_a_call_from_ring_to_end(twin: Twin) -> None:
    hearing = asyncio.create_task(hear(twin, EventKind.ENDED))
    placed = await twin.ask("POST", "exchange/calls", {"from": "22334455", "to": "90000001"})
    for what in ("answer", "hangup"):
        await asyncio.sleep(0.1)
        await twin.ask("POST", f"exchange/calls/{placed['id']}/{what}", {})
    events = {event.event_id: event for event in await hearing}
    assert [event.kind for event in events.values()][:1] == [EventKind.RINGING]
    call = fold(events.values())
    assert (call.call_ref, call.state, call.direction) == (placed["id"], CallState.ENDED, Direction.INBOUND)
    assert call.caller is not None
    assert call.caller.number == phone("22334455")


async def test_an_order_is_placed_and_told_as_the_employees_call(twin: Twin) -> None:
    hearing = asyncio.create_task(hear(twin, EventKind.ENDED))
    await asyncio.sleep(0.2)
    assert await twin.place() == Accepted()
    (order,) = await twin.orders()
    await twin.ask("POST", f"exchange/calls/{order['callId']}/answer", {})
    await asyncio.sleep(0.3)
    await twin.ask("POST", f"exchange/calls/{order['callId']}/hangup", {})
    call = fold({event.event_id: event for event in await hearing}.values())
    assert (call.call_ref, call.direction, call.state) == (order["callId"], Direction.OUTBOUND, CallState.ENDED)
    assert call.answered_at is not None
    assert call.called is not None
    assert call.called.number == phone("22334455")


@pytest.mark.parametrize(
    ("fault", "placed"),
    [
        ({"status": 502, "after": True}, 1),
        ({"drop": True, "after": True}, 1),
        ({"delay": 8, "after": True}, 1),
        ({"drop": True}, 0),
        ({"status": 503}, 0),
    ],
)
async def test_after_a_lost_answer_the_order_is_never_sent_again(
    fault: dict[str, object], placed: int, twin: Twin
) -> None:
    """Whether it was carried out or not: nobody can tell from here."""
    await twin.fault(**fault)
    with pytest.raises(Unknown):
        await twin.place()
    assert len(await twin.orders()) == placed
    assert len(await twin.ask("GET", "control/phonero/requests")) == 2  # the log-in, and one order


async def test_an_expired_session_costs_a_log_in_and_no_second_call(twin: Twin) -> None:
    await twin.place()
    await twin.ask("POST", f"exchange/calls/{(await twin.orders())[0]['callId']}/hangup", {})
    await twin.ask("PUT", "phonero/_stream", {"expire": True})
    await twin.place("22334456")
    assert [order["status"] for order in await twin.orders()] == [200, 401, 200]


async def test_what_the_twin_refuses_has_a_code(twin: Twin) -> None:
    await twin.place()
    with pytest.raises(Refused) as refusal:
        await twin.place("22334456")
    assert refusal.value.code == CallRefusal.CALL_IN_PROGRESS


async def test_while_nobody_is_there_nothing_was_ordered(twin: Twin) -> None:
    await twin.ask("PUT", "phonero/_stream", {"refuse_seconds": 60})
    with pytest.raises(Transient):
        await twin.place()
    assert await twin.orders() == []


async def test_two_listeners_share_a_session(twin: Twin) -> None:
    async def snapshot() -> Snapshot | Parsed:
        async with aclosing(operator.stream.listen(twin.connection, twin.tools)) as messages:
            return await anext(messages)

    found = await asyncio.gather(snapshot(), snapshot())
    assert all(isinstance(message, Snapshot) for message in found)
    assert (await twin.ask("GET", "phonero/_state"))["sessions"] == 1
