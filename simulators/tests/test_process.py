"""The process: its ready line, its end, and starts that cannot work; and which simulators a world wakes."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import simulators
from simulators.world import WorldError, read_world

WORLD = """
[hubspot]
portal = 1234567
service_keys = ["pat-key"]
[[hubspot.contacts]]
id = "101"
firstname = "Nora"
[directory_1881]
keys = ["key"]
"""


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(simulators.__file__).parent.parent,
    )


@pytest.mark.processes
async def test_the_process_is_ready_when_it_says_so_and_stops_when_told(tmp_path: Path) -> None:
    world = tmp_path / "world.toml"
    world.write_text(WORLD, encoding="utf-8")
    process = await start(
        "--host", "127.0.0.1", "--port", "0", "--world", str(world), "--bot-url", "http://127.0.0.1:1"
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        assert line.startswith("simulators ready: http://127.0.0.1:")
        address = line.removeprefix("simulators ready: ").strip()
        async with aiohttp.ClientSession() as session:
            async with session.get(address) as response:
                assert (await response.json())["simulators"] == ["hubspot", "directory_1881"]
            headers = {"Authorization": "Bearer pat-key"}
            async with session.get(f"{address}/hubspot/crm/objects/2026-03/contacts/101", headers=headers) as response:
                assert (await response.json())["url"].startswith(f"{address}/hubspot/contacts/")
            async with session.get(f"{address}/hubspot/contacts/1234567/stream") as stream:
                await stream.content.readuntil(b"\n\n")
                process.send_signal(signal.SIGTERM)  # an open stream does not hold it up
                assert await asyncio.wait_for(process.wait(), 10) == 0
        assert await process.stderr.read() == b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.processes
async def test_a_world_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text("[hubspot]\nportal = 'x'", encoding="utf-8")
    process = await start("--world", str(path), "--bot-url", "http://127.0.0.1:1")
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, out) == (2, b"")
    assert err.decode().startswith("hubspot.portal: ")
    assert err.count(b"\n") == 1


@pytest.mark.parametrize(
    ("world", "says"),
    [
        (None, "cannot be read"),
        ("portal = ", "not TOML"),
        ("[hubspot]\nportal = 1\nportall = 2", "hubspot.portall"),
        ("[hubspot]\nportal = 1\n[[hubspot.contacts]]\nid = '1'\ncompany = '9'", "company 9 is no company's id"),
        ("[hubspot]\nportal = 1\n[[hubspot.companies]]\nid = '1'\nname = 'A'\nowner = '9'", "owner 9 is no owner's id"),
        (
            "[hubspot]\nportal = 1\n[[hubspot.contacts]]\nid = '1'\nproperties = {nonsense = '1'}",
            "no such property: nonsense",
        ),
        ("[directory_1881]\nkeys = []\nno_hit = 'maybe'", "directory_1881.no_hit"),
        ("[directory_1881]\nkeys = []\n[[directory_1881.contacts]]\nid = '1'\nphone = '90011223'", "a person needs"),
        ("[directory_1881]\nkeys = []\n[[directory_1881.contacts]]\nid = '1'\nphone = '+4790011223'", "phone"),
    ],
)
def test_the_error_names_what_is_wrong_with_a_world(tmp_path: Path, world: str | None, says: str) -> None:
    path = tmp_path / "world.toml"
    if world is not None:
        path.write_text(world, encoding="utf-8")
    with pytest.raises(WorldError) as raised:
        simulators.create_app(read_world(path), bot_url="http://127.0.0.1:1")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


async def test_only_the_simulators_of_the_world_are_there(world: dict[str, Any]) -> None:
    del world["hubspot"]
    app = simulators.create_app(world, bot_url="http://127.0.0.1:1")
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/simulators/hubspot/_records")).status == 404
        assert (await client.get("/simulators/1881/person/100000001S0")).status == 200


async def test_simulators_live_in_somebody_elses_application(world: dict[str, Any]) -> None:
    async def show(_: web.Request) -> web.Response:
        return web.Response(text="mine")

    app = web.Application()
    app.router.add_get("/mine", show)
    simulators.add_routes(app, world, bot_url="http://127.0.0.1:1", base_url="https://demo.example")
    async with TestClient(TestServer(app)) as client:
        assert await (await client.get("/mine")).text() == "mine"
        headers = {"Authorization": "Bearer pat-key"}
        answer = await client.get("/simulators/hubspot/crm/objects/2026-03/contacts/101", headers=headers)
        assert (await answer.json())["url"].startswith("https://demo.example/simulators/hubspot/contacts/")
        fault = {"path": "/contacts/101", "status": 503, "times": 1}
        assert (await client.post("/simulators/control/hubspot/faults", json=fault)).status == 201
        statuses = [
            (await client.get("/simulators/hubspot/crm/objects/2026-03/contacts/101", headers=headers)).status
            for _ in range(2)
        ]
        assert statuses == [503, 200]


def test_two_applications_know_nothing_of_each_other(world: dict[str, Any]) -> None:
    first, second = (simulators.create_app(world, bot_url="http://127.0.0.1:1") for _ in "12")
    assert not {id(value) for value in first.values()} & {id(value) for value in second.values()}
