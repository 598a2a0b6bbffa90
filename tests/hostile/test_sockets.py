"""Who opens sockets and says little: cut in bounded time, and never at the cost of who has something to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot import acquaintances, listener
from tests.hostile.product import Product, until
from tests.hostile.towns import FJORDVIK
from tests.hostile.wire import exchange, request, stream

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
TARGET = f"/api/events/{FJORDVIK.operator}/{FJORDVIK.url_token}".encode()
SLOW_BODY = b"POST " + TARGET + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
FEW = 20


@pytest.fixture(autouse=True, scope="module")
def _short_patience() -> Iterator[None]:
    """Before the product listens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listener, "HEAD_SECONDS", 0.4)
        yield


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "SOCKETS", FEW)


class Caller:
    """One socket, by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> int:
        """The status of the next answer, which is read to its end; 0: cut."""
        try:
            async with asyncio.timeout(10):
                head = await self._reader.readuntil(b"\r\n\r\n")
                length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
                await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0
        return int(head.split()[1])


@asynccontextmanager
async def calling(product: Product) -> AsyncIterator[Caller]:
    place = urlsplit(product.address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()


async def crowd(stack: AsyncExitStack, product: Product, number: int, said: bytes) -> list[Caller]:
    """So many sockets that have said so much, and wait."""
    callers = []
    for _ in range(number):
        callers.append(await stack.enter_async_context(calling(product)))
        await callers[-1].say(said)
    return callers


def sockets(product: Product) -> Any:
    return product.service._listener._sockets


@pytest.mark.parametrize("said", [b"", b"G", HEALTH[:-2], b"POST " + TARGET + b" HTTP/1.1\r\n", b"\r\n\r\n"])
async def test_silence_before_the_end_of_the_headers_is_cut(product: Product, said: bytes) -> None:
    assert (await exchange(product.address, said)).status == 0


async def test_a_byte_at_a_time_is_cut(product: Product) -> None:
    """That something comes is not enough."""

    async def drip() -> AsyncIterator[bytes]:
        yield b"GET /healthz HTTP/1.1\r\n"
        while True:
            yield b"X-More: x\r\n"
            await asyncio.sleep(0.05)

    assert (await stream(product.address, drip())).status == 0


async def test_a_byte_at_a_time_is_cut_in_the_second_request_too(product: Product) -> None:
    async with calling(product) as caller:
        await caller.say(HEALTH)
        assert await caller.answer() == 200
        dripping = asyncio.create_task(drip_into(caller))
        assert await caller.answer() == 0
        dripping.cancel()


async def drip_into(caller: Caller) -> None:
    for place in range(200):
        await caller.say(b"GET /healthz HTTP/1.1\r\n" if not place else b"X: x\r\n")
        await asyncio.sleep(0.05)


async def test_a_socket_that_is_idle_between_two_requests_stays(product: Product) -> None:
    """The proxy in front keeps its sockets."""
    async with calling(product) as caller:
        for _ in range(2):
            await caller.say(HEALTH)
            assert await caller.answer() == 200
            await asyncio.sleep(listener.HEAD_SECONDS * 2.5)
        await caller.say(HEALTH)
        assert await caller.answer() == 200


@pytest.mark.parametrize("said", [b"GET /he", SLOW_BODY])
async def test_a_crowd_of_the_slow_keeps_nobody_out(product: Product, few: None, said: bytes) -> None:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(calling(product))  # an idle socket, older than all of them
        await proxy.say(HEALTH)
        assert await proxy.answer() == 200
        await crowd(stack, product, FEW * 3, said)
        for number in range(5):
            assert await product.tell(FJORDVIK, callId=f"through the crowd {number}{said[:1]!r}") == 200
        await proxy.say(HEALTH)
        assert await proxy.answer() == 200
        assert len(sockets(product)) <= FEW


async def test_whose_request_is_worked_on_is_never_cut(
    product: Product, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When all are, the newcomer has to come again."""
    go_on, find = asyncio.Event(), acquaintances.find_connection

    async def waiting(*arguments: Any) -> Any:
        await go_on.wait()
        return await find(*arguments)

    monkeypatch.setattr(acquaintances, "find_connection", waiting)
    whole = request(b"POST", TARGET, [(b"Content-Type", b"application/json")], b"{}")
    async with AsyncExitStack() as stack:
        callers = await crowd(stack, product, FEW, whole)
        await until(_true_when(lambda: all(each.worth is None for each in sockets(product))))
        assert (await exchange(product.address, HEALTH)).status == 0
        go_on.set()
        assert {await each.answer() for each in callers} == {400}
    await until(_true_when(lambda: len(sockets(product)) < FEW))
    assert await product.tell(FJORDVIK, callId="afterwards") == 200


def _true_when(look: Callable[[], bool]) -> Any:
    async def looked() -> bool:
        return look()

    return looked


@pytest.mark.parametrize("path", [b"/healthz", b"/readyz", b"/nowhere", b"/api/messages", TARGET])
@pytest.mark.parametrize("wish", [b"\xff\xfe", b"200-ok", b"100-continue, x", b"x" * 5000])
async def test_a_wish_that_nobody_grants_is_417(product: Product, path: bytes, wish: bytes) -> None:
    for method in (b"GET", b"POST"):
        answer = await exchange(product.address, request(method, path, [(b"Expect", wish)]))
        assert answer.status == 417
        assert wish not in answer.raw


async def test_who_asks_first_is_told_to_go_on(product: Product) -> None:
    raw = request(b"POST", TARGET, [(b"Expect", b"100-continue"), (b"Content-Type", b"application/json")], b"{")
    answer = await exchange(product.address, raw[:-1], raw[-1:], pause=0.1)
    assert answer.raw.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400")


@pytest.mark.parametrize("path", [b"/healthz", b"/nowhere", b"/api/messages"])
async def test_a_body_that_nobody_wants_is_no_further_request(product: Product, path: bytes) -> None:
    """The socket ends with the answer, so nothing that follows can be taken for a request."""
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    answer = await exchange(product.address, head, HEALTH * 20, pause=0.05)
    assert answer.status in (401, 404, 405)
    assert b"\r\nConnection: close\r\n" in answer.raw
    assert answer.raw.count(b"HTTP/1.1 ") == 1


async def test_nothing_of_it_was_a_failure_of_ours(product: Product) -> None:
    """Runs last."""
    assert not [record.getMessage() for record in product.logged if record.levelname == "ERROR"]
