"""Who may play with the demo's telephones from a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from demo.strangers import refuse_strangers


@pytest.fixture
async def client() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application(middlewares=[refuse_strangers])

    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    app.router.add_route("*", "/simulators/exchange/calls", answer)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://127.0.0.1:3978", 200),
        ("http://localhost:5173", 200),
        ("https://forwarded.example", 200),
        ("https://evil.example", 403),
        ("https://127.0.0.1.evil.example", 403),
        ("https://forwarded.example:8443", 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_page_of_elsewhere_rings_no_telephone(
    client: TestClient[web.Request, web.Application], method: str, origin: str | None, status: int
) -> None:
    headers = {"Host": "forwarded.example", **({} if origin is None else {"Origin": origin})}
    async with client.request(method, "/simulators/exchange/calls", headers=headers) as answer:
        assert answer.status == status


async def test_one_origin_does_not_excuse_another(client: TestClient[web.Request, web.Application]) -> None:
    origins = [("Origin", "http://localhost"), ("Origin", "https://evil.example")]
    async with client.post("/simulators/exchange/calls", headers=origins) as answer:
        assert answer.status == 403
