from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown
from crm_connectors.http import MAX_ANSWER_BYTES, Request, Unauthorised, read_retry_after, send
from crm_connectors.testing.bad_line import serve_application
from crm_connectors.values import as_mapping, read_text

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers every request with ``answer`` and remembers them."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str, bytes, str]] = []
        self.answer: Handler = self._echo

    async def _echo(self, request: web.Request) -> web.Response:
        return web.json_response({"method": request.method})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        kind = request.headers.get("Content-Type", "")
        self.asked.append((request.method, request.path_qs, await request.read(), kind))
        return await self.answer(request)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    application, server = web.Application(), Server()
    application.router.add_route("*", "/{path:.*}", server.handle)
    async with serve_application(application) as url:
        server.url = url
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def later(seconds: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + seconds


def answering(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    return answer


async def hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def read_word(body: object) -> str | None:
    return read_text(as_mapping(body).get("category"))


def make_request(server: Server, *, writes: bool = False) -> Request:
    return Request(
        purpose="test",
        method="POST",
        url=f"{server.url}/people/22334455",
        headers={"Authorization": "Bearer secret-key"},
        body={"phone": "22334455"},
        writes=writes,
        read_code=read_word,
    )


async def test_it_sends_json_and_reads_json(server: Server, session: aiohttp.ClientSession) -> None:
    answer = await send(session, make_request(server), deadline=later())
    assert (answer.status, answer.body) == (200, {"method": "POST"})
    method, path, body, kind = server.asked[0]
    assert (method, path, json.loads(body), kind) == (
        "POST",
        "/people/22334455",
        {"phone": "22334455"},
        "application/json",
    )


async def test_it_sends_forms_and_queries_with_everything_escaped(
    server: Server, session: aiohttp.ClientSession
) -> None:
    form = Request(purpose="test", method="POST", url=f"{server.url}/token", form={"a": "1+2 & æ", "b": "="})
    await send(session, form, deadline=later())
    query = Request(purpose="test", method="GET", url=f"{server.url}/owners", query={"email": "a+b@c.example&d=1"})
    await send(session, query, deadline=later())
    assert server.asked[0][2:] == (b"a=1%2B2+%26+%C3%A6&b=%3D", "application/x-www-form-urlencoded")
    assert server.asked[1][1] == "/owners?email=a%2Bb@c.example%26d%3D1"


@pytest.mark.parametrize("status", [200, 204])
async def test_an_empty_answer_is_none(server: Server, session: aiohttp.ClientSession, status: int) -> None:
    server.answer = answering(status)
    assert (await send(session, make_request(server), deadline=later())).body is None


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (301, Refused, Refused),
        (400, Refused, Refused),
        (401, Unauthorised, Unauthorised),
        (403, NeedsSignIn, NeedsSignIn),
        (404, Gone, Gone),
        (409, Refused, Refused),
        (410, Gone, Gone),
        (408, Transient, Transient),
        (423, Transient, Transient),
        (429, Throttled, Throttled),
        (477, Transient, Transient),
        (500, Transient, Transient),
        (502, Transient, Unknown),
        (503, Transient, Transient),
        (504, Transient, Unknown),
    ],
)
async def test_statuses_become_our_errors(
    server: Server,
    session: aiohttp.ClientSession,
    status: int,
    read: type[OutsideError],
    write: type[OutsideError],
) -> None:
    server.answer = answering(status, b"<html>")
    for writes, kind in ((False, read), (True, write)):
        with pytest.raises(OutsideError) as caught:
            await send(session, make_request(server, writes=writes), deadline=later())
        assert type(caught.value) is kind
        assert str(status) in str(caught.value)


async def test_the_vendors_word_is_kept_when_it_is_a_word(server: Server, session: aiohttp.ClientSession) -> None:
    server.answer = answering(400, b'{"category": "VALIDATION_ERROR"}')
    with pytest.raises(Refused) as caught:
        await send(session, make_request(server), deadline=later())
    assert caught.value.code == "VALIDATION_ERROR"


@pytest.mark.parametrize("word", ["Nora Lie", "+4722334455", "22334455", "x" * 61, "", None, {"a": 1}])
async def test_what_may_be_a_name_or_a_number_is_no_word(
    server: Server, session: aiohttp.ClientSession, word: object
) -> None:
    server.answer = answering(400, json.dumps({"category": word}).encode())
    with pytest.raises(Refused) as caught:
        await send(session, make_request(server), deadline=later())
    assert caught.value.code == "http_400"
    assert "4455" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("999999999", 86_400.0),
        ("nan", None),
        ("soon", None),
        (None, None),
        ("Wed, 01 Jul 2026 12:00:30 GMT", 30.0),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, now=datetime(2026, 7, 1, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    "body", [b"<html>", b"\xff", b"[" * 100_000, b"x" * (MAX_ANSWER_BYTES + 1)], ids=["html", "utf8", "deep", "large"]
)
async def test_an_unreadable_answer_to_a_write_leaves_it_unknown(
    server: Server, session: aiohttp.ClientSession, body: bytes
) -> None:
    server.answer = answering(200, body)
    for writes, kind in ((False, Transient), (True, Unknown)):
        with pytest.raises(kind):
            await send(session, make_request(server, writes=writes), deadline=later())


async def test_a_compressed_bomb_is_measured_unpacked(server: Server, session: aiohttp.ClientSession) -> None:
    async def answer(_: web.Request) -> web.Response:
        response = web.Response(body=b'{"a": "' + b"x" * 20_000_000 + b'"}')
        response.enable_compression(web.ContentCoding.gzip)
        return response

    server.answer = answer
    with pytest.raises(Transient, match="too large"):
        await send(session, make_request(server), deadline=later())


async def test_a_read_is_sent_again_when_the_connection_breaks_and_a_write_is_not(
    server: Server, session: aiohttp.ClientSession
) -> None:
    server.answer = hang_up
    with pytest.raises(Transient):
        await send(session, make_request(server), deadline=later())
    assert len(server.asked) == 2
    server.asked.clear()
    with pytest.raises(Unknown):
        await send(session, make_request(server, writes=True), deadline=later())
    assert len(server.asked) == 1


async def test_a_write_that_never_left_is_not_unknown(session: aiohttp.ClientSession) -> None:
    async with serve_application(web.Application()) as url:
        pass  # closed again: nobody listens there any more
    request = Request(purpose="test", method="POST", url=url, body={}, writes=True)
    with pytest.raises(Transient, match="no connection"):
        await send(session, request, deadline=later())
    with pytest.raises(Transient, match="in time"):
        await send(session, request, deadline=later(-1))


async def test_a_write_without_an_answer_in_time_is_unknown(server: Server, session: aiohttp.ClientSession) -> None:
    release = asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    server.answer = answer
    with pytest.raises(Unknown, match="in time"):
        await send(session, make_request(server, writes=True), deadline=later(0.3))
    assert len(server.asked) == 1
    with pytest.raises(Transient, match="in time"):
        await send(session, make_request(server), deadline=later(0.3))
    release.set()


async def test_a_redirect_is_not_followed(server: Server, session: aiohttp.ClientSession) -> None:
    server.answer = answering(307, headers={"Location": "/elsewhere"})
    with pytest.raises(Refused):
        await send(session, make_request(server), deadline=later())
    assert len(server.asked) == 1


@pytest.mark.parametrize("answer", [answering(400, b'{"category": "22334455"}'), answering(500), hang_up])
async def test_nothing_shows_where_an_error_is_shown(
    server: Server, session: aiohttp.ClientSession, answer: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    server.answer = answer
    request = make_request(server)
    with pytest.raises(OutsideError) as caught:
        await send(session, request, deadline=later())
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(request)
    assert "22334455" not in shown
    assert "secret-key" not in shown
