"""The working day for the demo's page: start, progress, stop. One day at a time."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
from aiohttp import web

from demo.day_player import DayPlayer, Progress
from demo.outside import Outside
from demo.working_day import read_day

PATH = "/demo/day"


class DayRoutes:
    """``GET`` tells how far it is (null: none was played), ``POST {"speed"}`` begins, ``DELETE`` stops."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._day = read_day()
        self._progress: Progress | None = None
        self._playing: asyncio.Task[None] | None = None

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get(PATH, self._show)
        app.router.add_post(PATH, self._begin)
        app.router.add_delete(PATH, self._stop)
        app.on_shutdown.append(self._end)

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response(self._progress.show() if self._progress else None)

    async def _begin(self, request: web.Request) -> web.Response:
        try:
            speed = (await request.json())["speed"]
        except (ValueError, KeyError, TypeError):
            return web.json_response({"error": "speed: a number, or null"}, status=400)
        number = isinstance(speed, int | float) and not isinstance(speed, bool) and 0 < speed <= 1000
        if speed is not None and not number:
            return web.json_response({"error": "speed: a number, or null"}, status=400)
        if self._playing is not None and not self._playing.done():
            return web.json_response({"error": "a day is being played"}, status=409)
        self._progress = Progress(calls=len(self._day), clock=self._day[0].at, speed=speed)
        self._playing = asyncio.create_task(self._play(speed), name="working day")
        return web.json_response(self._progress.show(), status=201)

    async def _stop(self, _: web.Request) -> web.Response:
        await self._end()
        return await self._show(_)

    async def _play(self, speed: float | None) -> None:
        outside = Outside(self._base)
        player = DayPlayer(outside, self._day, speed)
        self._progress = player.progress
        try:
            await outside.open()
            await player.play()
        except aiohttp.ClientError:
            player.progress.state = "failed"
        except asyncio.CancelledError:
            player.progress.state = "stopped"
            with contextlib.suppress(aiohttp.ClientError):
                await player.hang_up_all()
            raise
        finally:
            await outside.close()

    async def _end(self, _: web.Application | None = None) -> None:
        if self._playing is not None:
            self._playing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._playing
