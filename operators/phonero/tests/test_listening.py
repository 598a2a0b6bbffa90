from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web

from calls.errors import NeedsSignIn, Refused, Throttled, Transient
from calls.model import Connection
from calls.ports import Parsed, Snapshot, Tools
from operators.phonero import operator
from operators.phonero.tests.conftest import PAYLOADS
from operators.phonero.tests.service import running_service


def recorded(name: str) -> str:
    return (PAYLOADS / f"{name}.json").read_text(encoding="utf-8")


def saying(*texts: str, close: int | None = None) -> Callable[[web.WebSocketResponse], object]:
    async def say(socket: web.WebSocketResponse) -> None:
        for text in texts:
            await socket.send_str(text)
        if close is not None:
            await socket.close(code=close)
        else:
            async for _ in socket:
                pass

    return say


async def listen(connection: Connection, tools: Tools, count: int) -> list[Snapshot | Parsed]:
    """The first messages that tell something."""
    heard: list[Snapshot | Parsed] = []
    async with asyncio.timeout(10), aclosing(operator.stream.listen(connection, tools)) as messages:
        async for message in messages:
            if message != Parsed():
                heard.append(message)
            if len(heard) == count:
                return heard
    raise AssertionError("it ended without a reason")


async def test_from_log_in_to_what_happens(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.on_socket = saying(recorded("initial_two_calls"), recorded("update_direct_ended"))  # type: ignore[assignment]
        snapshot, update = await listen(connection, tools, 2)
        assert isinstance(snapshot, Snapshot)
        assert isinstance(update, Parsed)
        assert service.log_ins == [{"username": "integrator", "password": "newest password"}]
        assert service.subscriptions == [{"action": "subscribe", "topic": "callStatus.4711", "param": "initial"}]


async def test_what_comes_before_the_snapshot_waits_for_it(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.on_socket = saying(recorded("update_hidden"), recorded("initial_nothing"))  # type: ignore[assignment]
        snapshot, update = await listen(connection, tools, 2)
        assert isinstance(snapshot, Snapshot)
        assert [event.call_ref for event in update.events] == ["h1"]


async def test_a_message_that_cannot_be_read_is_not_the_end(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        said = (recorded("initial_nothing"), recorded("unreadable_cut"), recorded("update_hidden"))
        service.on_socket = saying(*said)  # type: ignore[assignment]
        heard = await listen(connection, tools, 3)
        assert heard[1] == Parsed(ignored=("unreadable_message",))
        assert heard[2].events


async def test_a_session_is_used_again_and_replaced_once_when_it_is_refused(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.on_socket = saying(recorded("initial_nothing"))  # type: ignore[assignment]
        for _ in range(2):
            await listen(connection, tools, 1)
        assert len(service.log_ins) == 1
        service.sessions.clear()
        await listen(connection, tools, 1)
        assert len(service.log_ins) == 2
        service.refuse_sessions = True
        with pytest.raises(NeedsSignIn):
            await listen(connection, tools, 1)
        assert len(service.log_ins) == 3


async def test_the_older_password_is_tried_when_the_newest_is_refused(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.on_socket = saying(recorded("initial_nothing"))  # type: ignore[assignment]
        service.right_password = "older password"
        await listen(connection, tools, 1)
        assert [each["password"] for each in service.log_ins] == ["newest password", "older password"]


@pytest.mark.parametrize(
    ("status", "problem"),
    [(401, NeedsSignIn), (403, NeedsSignIn), (429, Throttled), (503, Transient), (302, Transient)],
)
async def test_a_log_in_that_fails(status: int, problem: type[Exception], connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.log_in_status = status
        with pytest.raises(problem) as failure:
            await listen(connection, tools, 1)
        assert "password" not in str(failure.value).replace("username or password refused", "")


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_a_close_is_a_lost_connection(code: int, connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.on_socket = saying(recorded("initial_nothing"), close=code)  # type: ignore[assignment]
        with pytest.raises(Transient):
            await listen(connection, tools, 2)
        with pytest.raises(Transient):
            await listen(connection, tools, 2)
        assert len(service.log_ins) == 1


@pytest.mark.parametrize("code", [1008, 4401])
async def test_a_close_because_of_the_session_leads_to_a_new_one(code: int, connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.on_socket = saying(recorded("initial_nothing"), close=code)  # type: ignore[assignment]
        for _ in range(2):
            with pytest.raises(Transient):
                await listen(connection, tools, 2)
        assert len(service.log_ins) == 2


async def test_a_subscription_that_is_refused(connection: Connection) -> None:
    async with running_service(connection) as (service, connection, tools):
        service.on_socket = saying(recorded("update_refused"))  # type: ignore[assignment]
        with pytest.raises(Refused) as refusal:
            await listen(connection, tools, 1)
        assert refusal.value.code == "subscription_refused"


async def test_silence_after_a_ping_is_a_lost_connection(connection: Connection) -> None:
    asked = []

    async def black_hole(socket: web.WebSocketResponse) -> None:
        await socket.send_str(recorded("initial_nothing"))
        asked.extend([message async for message in socket])

    async with running_service(connection) as (service, connection, tools):
        service.on_socket = black_hole
        quick = replace(connection, settings={**connection.settings, "ping_seconds": 0.2})
        with pytest.raises(Transient, match="silent"):
            await listen(quick, tools, 2)
    kinds = [(message.type, message.data) for message in asked[:2]]
    assert kinds == [(aiohttp.WSMsgType.TEXT, '{"action": "ping"}'), (aiohttp.WSMsgType.PING, b"")]


async def test_an_answer_to_the_ping_of_the_protocol_is_enough(connection: Connection) -> None:
    """Nobody knows whether the service answers the other one."""
    pings = 0

    async def answer_pings(socket: web.WebSocketResponse) -> None:
        nonlocal pings
        await socket.send_str(recorded("initial_nothing"))
        async for message in socket:
            if message.type is aiohttp.WSMsgType.PING:
                pings += 1
                await socket.pong(message.data)
            if pings == 3:
                await socket.send_str(recorded("update_hidden"))

    async with running_service(connection) as (service, connection, tools):
        service.on_socket = answer_pings
        quick = replace(connection, settings={**connection.settings, "ping_seconds": 0.2})
        assert (await listen(quick, tools, 2))[1].events


async def test_nobody_there(connection: Connection) -> None:
    async with running_service(connection) as (_, connection, tools):
        nobody = replace(connection, settings={**connection.settings, "events_url": "ws://127.0.0.1:9/events"})
        with pytest.raises(Transient):
            await listen(nobody, tools, 1)
