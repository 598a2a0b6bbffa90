"""Bodies that are too much, too slow or not what they say: refused by each door that reads one."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from bot import bodies, events_door
from bot.teams import inbound
from tests.hostile.product import Product
from tests.hostile.towns import FJORDVIK
from tests.hostile.wire import exchange, request, stream

DOORS = {"events": events_door.SIZE_LIMIT, "messages": inbound.SIZE_LIMIT}
TARGETS = {
    "events": f"/api/events/{FJORDVIK.operator}/{FJORDVIK.url_token}".encode(),
    "messages": b"/api/messages",
}
JSON = (b"Content-Type", b"application/json")
Proof = tuple[bytes, bytes]
CHUNKED = (b"Transfer-Encoding", b"chunked")


@pytest.fixture(scope="module")
async def proof(product: Product) -> Proof:
    """A right token: who has none is not read at all. The events door has its token in the address."""
    return b"Authorization", b"Bearer " + (await product.forge()).encode()


def head(door: str, *headers: tuple[bytes, bytes]) -> bytes:
    return request(b"POST", TARGETS[door], [JSON, *headers], length=False)


def test_no_door_reads_a_body_that_is_not_tried_here(product: Product) -> None:
    readers = {path for method, path in product.routes if method not in ("GET", "HEAD")}
    assert readers == {"/api/events/{connection}", "/api/events/{connection}/{token}", "/api/messages"}


@pytest.mark.parametrize("door", DOORS)
async def test_one_byte_too_many_is_413_announced_or_not(product: Product, proof: Proof, door: str) -> None:
    limit = DOORS[door]
    announced = request(b"POST", TARGETS[door], [JSON, proof], b"x" * (limit + 1))
    assert (await exchange(product.address, announced)).status == 413
    chunk = b"%x\r\n%s\r\n" % (1000, b"x" * 1000)
    unannounced = head(door, proof, CHUNKED) + chunk * (limit // 1000 + 1) + b"0\r\n\r\n"
    assert (await exchange(product.address, unannounced)).status == 413
    assert (await exchange(product.address, request(b"POST", TARGETS[door], [JSON, proof], b"x" * limit))).status == 400


@pytest.mark.parametrize("door", DOORS)
async def test_a_body_without_end_is_cut_off(product: Product, proof: Proof, door: str) -> None:
    """Only the refusal ends it: whoever goes on sending is not read."""

    async def endless() -> AsyncIterator[bytes]:
        yield head(door, proof, CHUNKED)
        while True:
            yield b"%x\r\n%s\r\n" % (60_000, b"x" * 60_000)

    assert (await stream(product.address, endless())).status in (0, 413)  # 0: cut off before it listened


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("announced", [True, False])
async def test_a_byte_at_a_time_ends_by_the_clock(
    product: Product, proof: Proof, door: str, announced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.3)

    async def drip() -> AsyncIterator[bytes]:
        yield head(door, proof, (b"Content-Length", b"5000") if announced else CHUNKED)
        while True:
            yield b"x" if announced else b"1\r\nx\r\n"
            await asyncio.sleep(0.05)

    assert (await stream(product.address, drip())).status == 408


@pytest.mark.parametrize("door", DOORS)
async def test_silence_after_the_headers_ends_by_the_clock(
    product: Product, proof: Proof, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.3)
    assert (await exchange(product.address, head(door, proof, (b"Content-Length", b"10")))).status == 408


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"zstd", b"x-gzip", b"identity, gzip", b"made-up"])
async def test_compressed_bodies_are_415_and_never_unpacked(
    product: Product, proof: Proof, door: str, encoding: bytes
) -> None:
    """A small gzip holds hundreds of megabytes: it is refused by what it says it is."""
    bomb = gzip.compress(b"\0" * 20_000_000) if b"gzip" in encoding else zlib.compress(b"\0" * 20_000_000)
    answer = await exchange(
        product.address, request(b"POST", TARGETS[door], [JSON, proof, (b"Content-Encoding", encoding)], bomb)
    )
    assert answer.status == 415
    assert b"Accept-Encoding: identity" in answer.raw


@pytest.mark.parametrize("door", DOORS)
async def test_a_bomb_that_does_not_say_so_is_only_bytes(product: Product, proof: Proof, door: str) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)[:50_000]
    assert (await exchange(product.address, request(b"POST", TARGETS[door], [JSON, proof], bomb))).status == 400


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "headers",
    [
        [(b"Content-Length", b"2"), (b"Content-Length", b"3")],
        [(b"Content-Length", b"2"), CHUNKED],
        [CHUNKED, (b"Transfer-Encoding", b"identity")],
        [(b"Content-Length", b"-1")],
        [(b"Content-Length", b"+2")],
        [(b"Content-Length", b"0x2")],
        [(b"Transfer-Encoding", b"\x0bchunked")],
        [(b"Host", b"another.example")],
        [(b"X-Long", b"x" * 9000)],
        [(b"X-%d" % number, b"x") for number in range(200)],
    ],
    ids=lambda headers: " ".join(f"{name.decode()}={value[:12]!r}" for name, value in headers[:3]),
)
async def test_what_two_servers_could_read_differently_is_400(
    product: Product, door: str, headers: list[tuple[bytes, bytes]]
) -> None:
    """Request smuggling needs a server that takes these."""
    answer = await exchange(product.address, head(door, *headers) + b"{}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status == 400
    assert answer.raw.count(b"HTTP/1.") == 1


async def test_a_hangup_in_the_middle_is_nothing_to_speak_of(product: Product) -> None:
    before = len(product.logged)
    _, writer = await asyncio.open_connection("127.0.0.1", int(product.address.rpartition(":")[2]))
    writer.write(head("events", (b"Content-Length", b"100")) + b"half")
    await writer.drain()
    writer.transport.abort()
    assert await product.tell(FJORDVIK) == 200
    assert not [record for record in product.logged[before:] if record.levelname == "ERROR"]
