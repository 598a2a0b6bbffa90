"""HTTP as no honest client writes it, at every route there is: an answer below 500 or none, and nothing of it kept."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Iterator

import pytest

from bot import bodies, listener
from tests.hostile.made_up import FORM, JSON
from tests.hostile.product import Product
from tests.hostile.test_doors import check
from tests.hostile.test_leaks import found_in, lines
from tests.hostile.towns import CUSTOMER, FJORDVIK, NABO
from tests.hostile.wire import Answer, exchange, request

NAME = "Nora Lie"
SECRET = f"{CUSTOMER} {NAME} {NABO.url_token}"
BOMB = gzip.compress(b"\0" * 5_000_000)
CHUNKED = (b"Transfer-Encoding", b"chunked")
KIND = (b"Content-Type", JSON)


@pytest.fixture(autouse=True, scope="module")
def _short_patience() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "BODY_SECONDS", 0.3)
        patch.setattr(listener, "HEAD_SECONDS", 0.5)
        yield


def targets(product: Product) -> set[tuple[bytes, bytes]]:
    """Every public (method, path), with what fits in its placeholders; found by asking the product."""
    filled = {"connection": str(FJORDVIK.operator), "token": FJORDVIK.url_token}
    return {
        (method.replace("*", "POST").encode(), re.sub(r"\{(\w+)\}", lambda name: filled[name[1]], path).encode())
        for method, path in product.routes
    }


async def everywhere(product: Product, *tails: bytes) -> list[Answer]:
    """What each route says to the same request line's rest, one after another for all tails."""

    async def tried(method: bytes, path: bytes, tail: bytes) -> Answer:
        answer = await exchange(product.address, method + b" " + path + tail)
        check(answer)
        assert answer.raw.replace(b"HTTP/1.1 100 Continue", b"").count(b"HTTP/1.") <= 1
        assert NAME not in answer.text
        return answer

    found = [await asyncio.gather(*(tried(*target, tail) for target in sorted(targets(product)))) for tail in tails]
    return [answer for each in found for answer in each]


def tail(*headers: tuple[bytes, bytes], body: bytes = b"", query: bytes = b"", length: bool = True) -> bytes:
    whole = request(b"POST", b"/", headers, body, length=length)
    return query + whole.removeprefix(b"POST /")


SIZES = [
    *(b"-1", b"+2", b"0x2", b"zz", b"", b" 2", b"2 ", b"f" * 16, b"f" * 40, b"2_0", b"\xd9\xa2"),
    *(b"2;" + b"x" * 9000, b"2\n{}", b"2\r\n{}{}", b"2\r\n{}\r\n" * 3 + b"-2"),
]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: repr(size[:12]))
async def test_chunks_of_wrong_sizes(product: Product, size: bytes) -> None:
    said = await everywhere(product, tail(KIND, CHUNKED, body=size + b"\r\n{}\r\n0\r\n\r\n", length=False))
    assert {answer.status for answer in said} <= {0, 200, 400, 401, 408}  # 200: health reads no body


async def test_trailers_without_end(product: Product) -> None:
    trailers = b"".join(b"X-%d: %s\r\n" % (number, SECRET.encode()) for number in range(500))
    await everywhere(product, tail(KIND, CHUNKED, body=b"2\r\n{}\r\n0\r\n" + trailers + b"\r\n", length=False))


@pytest.mark.parametrize("encoding", [[b"gzip"], [b"identity", b"gzip"], [b"gzip", b"identity"], [b"gzip"] * 5])
async def test_bombs_however_they_are_announced(product: Product, encoding: list[bytes]) -> None:
    headers = [(b"Content-Encoding", each) for each in encoding]
    said = await everywhere(product, tail(KIND, *headers, body=BOMB))
    assert {answer.status for answer in said} <= {0, 200, 400, 401, 415}  # 200: health reads no body


@pytest.mark.parametrize(
    "query",
    [
        b"?" + b"a&" * 3500,
        b"?" + b"&".join(b"p%d=%s" % (number, SECRET.encode().replace(b" ", b"+")) for number in range(100)),
        b"?token=" + FJORDVIK.url_token.encode() + b"&token=x",
        b"?a[]=1&a[b][c]=2&__proto__=3",
        b"?%00=%ff&%zz=%",
        b"?" + b"x" * 20_000,
        b"#" + SECRET.encode().replace(b" ", b"%20"),
        b";" + b"a=b;" * 1000,
    ],
    ids=lambda query: repr(query[:14]),
)
async def test_questions_in_the_address(product: Product, query: bytes) -> None:
    await everywhere(product, tail(KIND, body=b"{}", query=query), tail((b"Content-Type", FORM), query=query))


@pytest.mark.parametrize(
    "headers",
    [
        [(b"X-%d" % number, b"x" * 4000) for number in range(60)],
        [(b"X-%d" % number, b"x") for number in range(2000)],
        [(b"X" * 9000, b"x")],
        [(b"X", b"x" * 100_000)],
        [KIND, (b"Content-Type", FORM)],
        [(b"Content-Type", b"application/json; charset=made-up; charset=utf-8")],
        [(b"Authorization", b"Bearer a.b.c"), (b"Authorization", b"Bearer d.e.f")],
        [(b"Authorization", b"Bearer " + SECRET.encode())],
        [(b"Webhook-Id", b"a"), (b"Webhook-Id", b"b"), (b"Webhook-Timestamp", b"1"), (b"Webhook-Timestamp", b"2")],
        [(b"Expect", b"100-continue"), (b"Expect", b"\xff")],
        [(b"Cookie", b"; ".join(b"c%d=%s" % (number, SECRET.encode()) for number in range(50)))],
        [(b"Host", SECRET.encode())],
        [(b"X-Forwarded-For", SECRET.encode()), (b"Forwarded", b'for="' + SECRET.encode() + b'"')],
        [(b"Upgrade", b"websocket"), (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ==")],
        [(b"Upgrade", b"h2c"), (b"HTTP2-Settings", b"AAMAAABkAAQAAP__")],
        [(b"X", b"a\r\n b")],
        [(b"X ", b"a")],
        [(b"", b"a")],
        [(b"X", b"a\0b")],
        [(b"\xff\xfe", b"\xff")],
        [(b"TE", b"trailers"), (b"Connection", b"keep-alive, close, TE")],
    ],
    ids=lambda headers: " ".join(f"{name[:16]!r}" for name, _ in headers[:2]),
)
async def test_headers(product: Product, headers: list[tuple[bytes, bytes]]) -> None:
    own = [] if any(name == b"Content-Type" for name, _ in headers) else [KIND]
    await everywhere(product, tail(*own, *headers, body=b"{}"))


@pytest.mark.parametrize(
    "line",
    [b"", b" HTTP/0.9", b" HTTP/1.0", b" HTTP/2.0", b" HTTP/9.9", b" HTTP/1.1 " + SECRET.encode(), b" http/1.1", b"\0"],
)
async def test_request_lines(product: Product, line: bytes) -> None:
    await everywhere(product, line + b"\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
        b"\n" * 10_000,
        b"A" * 100_000,
        b"GET /" + b"%2e%2e/" * 900 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET //evil.example/%5c..%5c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        SECRET.encode() + b"\r\n\r\n",
    ],
    ids=lambda raw: repr(raw[:20]),
)
async def test_what_is_hardly_http(product: Product, raw: bytes) -> None:
    check(await exchange(product.address, raw))


async def test_nothing_of_it_was_a_failure_or_is_written_down(product: Product) -> None:
    """Runs last: not in the log, on whatever level, and not in a table, the queue's among them."""
    await product.quiet()
    assert not [record.getMessage() for record in product.logged if record.levelname == "ERROR"]
    assert not found_in(lines(product.logged))
    assert not found_in([f"{table} {row}" for table, rows in (await product.dump()).items() for row in rows])
    async with product.http.get(f"{product.address}/healthz") as answer:
        assert answer.status == 200
