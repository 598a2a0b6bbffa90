"""How the day's file is read, and what its routes refuse. Playing it is tried in tests/scenarios."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from demo.day_routes import PATH, DayRoutes
from demo.working_day import Step, read_day


def test_a_line_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "day.toml"
    file.write_text(
        'calls = [{ at = "08:01:05", from = "22334455", to = "Salg", does = ["4 answer Kari", "9 meanwhile", '
        '"3 hang up first"], meanwhile = { from = "anonymous", to = "Ola", does = [], when_busy = "tell" } }]'
    )
    (call,) = read_day(file)
    assert (call.at, call.caller, call.to) == (8 * 3600 + 65, "22334455", "Salg")
    assert call.steps == (
        Step(after=4, verb="answer", who="Kari"),
        Step(after=9, verb="meanwhile", who=None),
        Step(after=3, verb="hang up first", who=None),
    )
    assert call.names() == {"22334455", "Salg", "Kari", "anonymous", "Ola"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{ at = "08:00:00", from = "1", to = "Kari", does = ["4 shout"] }', "no such step"),
        ('{ at = "08:00:00", from = "1", to = "Kari", does = [], busy = "tell" }', "busy: no such key"),
        (
            '{ at = "09:00:00", from = "1", to = "Kari", does = [] },'
            '{ at = "08:00:00", from = "1", to = "Kari", does = [] }',
            "not in order",
        ),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path: Path, line: str, problem: str) -> None:
    file = tmp_path / "day.toml"
    file.write_text(f"calls = [{line}]")
    with pytest.raises(ValueError, match=problem):
        read_day(file)


async def test_the_routes_refuse_what_is_no_speed_and_say_when_nobody_is_there() -> None:
    app = web.Application()
    DayRoutes("http://127.0.0.1:9").add_routes(app)
    async with TestClient(TestServer(app)) as client:
        assert await (await client.get(PATH)).json() is None
        bodies: tuple[object, ...] = ({"speed": 0}, {"speed": True}, {"speed": "10"}, {}, [])
        for body in bodies:
            assert (await client.post(PATH, json=body)).status == 400
        assert (await client.post(PATH, data=b"x")).status == 400
        begun = await client.post(PATH, json={"speed": None})
        assert begun.status == 201
        async with asyncio.timeout(20):
            progress = await begun.json()
            while progress["state"] == "playing":
                await asyncio.sleep(0.02)
                progress = await (await client.get(PATH)).json()
        assert (progress["state"], progress["done"]) == ("failed", 0)
        assert (await client.delete(PATH)).status == 200
