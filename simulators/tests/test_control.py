"""Faults and request logs, over real HTTP, on somebody else's application as on our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from simulators import control, recorder

Client = TestClient[web.Request, web.Application]

HUBSPOT = "/simulators/hubspot/notes"
FAULTS = "/simulators/control/hubspot/faults"
REQUESTS = "/simulators/control/hubspot/requests"


@pytest.fixture
async def done() -> list[str]:
    return []


@pytest.fixture
async def client(done: list[str]) -> AsyncIterator[Client]:
    """Somebody else's application, with a tiny simulator and a route of its own."""

    async def write_note(request: web.Request) -> web.Response:
        done.append((await request.text()) or "-")
        return web.json_response({"written": len(done)}, status=201)

    async def show_page(_: web.Request) -> web.Response:
        return web.Response(text="page")

    async def break_down(_: web.Request) -> web.Response:
        raise RuntimeError("broken")

    app = web.Application()
    app.router.add_post(HUBSPOT, write_note)
    app.router.add_post("/simulators/1881/notes", write_note)
    app.router.add_get("/simulators/hubspot/page", control.beside(show_page))
    app.router.add_get("/simulators/hubspot/broken", break_down)
    app.router.add_post("/own", write_note)
    control.add_routes(app)
    async with TestClient(TestServer(app)) as running:
        yield running


async def order(client: Client, **fault: Any) -> None:
    async with client.post(FAULTS, json=fault) as response:
        assert response.status == 201, await response.text()


async def post(client: Client, path: str = HUBSPOT) -> int:
    async with client.post(path, data=b"x") as response:
        return response.status


async def recorded(client: Client) -> list[dict[str, Any]]:
    async with client.get(REQUESTS) as response:
        found: list[dict[str, Any]] = await response.json()
        return found


async def test_a_fault_answers_instead_of_the_simulator_as_often_as_ordered(client: Client, done: list[str]) -> None:
    await order(
        client, path="/notes$", method="POST", times=2, status=429, headers={"Retry-After": "3"}, body='{"a":1}'
    )
    async with client.post(HUBSPOT) as response:
        assert response.status == 429
        assert response.headers["Retry-After"] == "3"
        assert await response.json() == {"a": 1}
    assert await post(client) == 429
    assert done == []
    assert await post(client) == 201
    assert done == ["x"]


async def test_faults_fit_by_method_path_and_system(client: Client) -> None:
    await order(client, path="/other$", status=500)
    await order(client, method="GET", status=500)
    assert await post(client) == 201
    await order(client, path="^/notes$", status=503)
    assert await post(client, "/simulators/1881/notes") == 201
    assert await post(client, "/own") == 201
    assert await post(client) == 503


async def test_the_first_fitting_fault_wins_and_the_queue_is_listed_and_cleared(client: Client) -> None:
    await order(client, times=2, status=500)
    await order(client, status=502)
    assert await post(client) == 500
    async with client.get(FAULTS) as response:
        listed = await response.json()
    assert [(fault["status"], fault["times"]) for fault in listed] == [(500, 1), (502, None)]
    assert [await post(client) for _ in range(3)] == [500, 502, 502]
    async with client.delete(FAULTS) as response:
        assert response.status == 204
    assert await post(client) == 201


async def test_after_carries_the_request_out_and_hides_it(client: Client, done: list[str]) -> None:
    await order(client, times=1, status=502, after=True)
    assert await post(client) == 502
    assert done == ["x"]
    (record,) = await recorded(client)
    assert (record["status"], record["handled"]) == (502, 201)


@pytest.mark.parametrize(("after", "written"), [(False, []), (True, ["x"])])
async def test_drop_closes_the_connection_without_an_answer(
    client: Client, done: list[str], after: bool, written: list[str]
) -> None:
    await order(client, drop=True, after=after)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await post(client)
    assert done == written
    (record,) = await recorded(client)
    assert (record["status"], record["handled"]) == (None, 201 if after else None)


async def test_a_delay_alone_keeps_the_right_answer(client: Client, done: list[str]) -> None:
    await order(client, delay=0.05, times=1)
    assert await post(client) == 201
    assert done == ["x"]
    await order(client, delay=30, after=True)
    with pytest.raises(TimeoutError):
        await client.post(HUBSPOT, data=b"late", timeout=aiohttp.ClientTimeout(total=0.3))
    assert done == ["x", "late"]


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ({"path": "("}, "path"),
        ({"status": 42}, "status"),
        ({"status": 500, "times": 0}, "times"),
        ({"status": 500, "drop": True}, "not both"),
        ({"delay": 1, "body": "x"}, "need a status"),
        ({}, "give a status"),
        ({"status": 500, "statsu": 1}, "statsu"),
    ],
)
async def test_an_unusable_order_is_refused_and_names_the_key(client: Client, fault: dict[str, Any], key: str) -> None:
    async with client.post(FAULTS, json=fault) as response:
        assert response.status == 400
        assert key in (await response.json())["error"]
    assert await post(client) == 201


async def test_the_log_holds_what_was_sent_without_secrets(client: Client) -> None:
    headers = {"Authorization": "Bearer secret-1", "Ocp-Apim-Subscription-Key": "secret-2", "X-Seen": "yes"}
    async with client.post(HUBSPOT + "?a=1&a=2&b=3", json={"k": [1]}, headers=headers):
        pass
    async with client.post(HUBSPOT, data={"grant_type": "refresh_token"}):
        pass
    async with client.post(HUBSPOT, data=b"\xff"):
        pass
    async with client.get(REQUESTS) as response:
        assert "secret-" not in await response.text()
        first, second, third = await response.json()
    assert (first["method"], first["path"], first["status"]) == ("POST", HUBSPOT, 201)
    assert first["query"] == {"a": ["1", "2"], "b": "3"}
    assert first["body"] == {"k": [1]}
    assert first["headers"]["authorization"] == "Bearer"
    assert first["headers"]["x-seen"] == "yes"
    assert second["body"] == {"grant_type": "refresh_token"}
    assert third["body"] is None
    assert first["at"] <= second["at"] <= third["at"]


async def test_the_log_forgets_on_request(client: Client) -> None:
    for _ in range(3):
        await post(client)
    async with client.delete(REQUESTS) as response:
        assert response.status == 204
    assert await recorded(client) == []


async def test_the_log_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    monkeypatch.setattr(recorder, "KEPT", 2)
    app = web.Application()
    app.router.add_get("/simulators/hubspot/{id}", answer)
    control.add_routes(app)
    async with TestClient(TestServer(app)) as client:
        for number in (1, 2, 3):
            await client.get(f"/simulators/hubspot/{number}")
        assert [record["path"][-1] for record in await recorded(client)] == ["2", "3"]


async def test_a_crash_and_an_unknown_path_are_in_the_log(client: Client) -> None:
    async with client.get("/simulators/hubspot/broken") as response:
        assert response.status == 500
    async with client.get("/simulators/hubspot/nowhere") as response:
        assert response.status == 404
    assert [record["status"] for record in await recorded(client)] == [500, 404]


async def test_what_lies_beside_the_api_is_neither_recorded_nor_disturbed(client: Client) -> None:
    await order(client, status=500)
    async with client.get("/simulators/hubspot/page") as response:
        assert response.status == 200
    assert await recorded(client) == []


async def test_an_unknown_system_is_404(client: Client) -> None:
    async with client.get("/simulators/control/telex/faults") as response:
        assert response.status == 404
