"""``GET /healthz``: the process is alive. ``GET /readyz``: it can do its work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from calls.store.database import DATABASE_AWAY, Database
from calls.store.schema import is_current

REMEMBERED = 1.0  # seconds


class Health:
    """Asks nobody but the database: a health check must not depend on Teams, a CRM or an operator. Whoever asks has
    proved nothing, so the database is asked once a second, however many they are."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._turn = asyncio.Lock()
        self._asked_at: float | None = None
        self._trouble: str | None = None  # what the database is like; None: well
        self.warm = False  # what takes its time once has taken it

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)

    async def alive(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(self, _: web.Request) -> web.Response:
        trouble = await self._ask() if self.warm else "it is just starting"
        if trouble is not None:
            return web.json_response({"status": "not ready", "why": trouble}, status=503)
        return web.json_response({"status": "ready"})

    async def _ask(self) -> str | None:
        async with self._turn:
            if self._asked_at is None or self._clock() - self._asked_at >= REMEMBERED:
                self._trouble = await self._look()
                self._asked_at = self._clock()
        return self._trouble

    async def _look(self) -> str | None:
        try:
            async with self._database.pool.acquire(timeout=2) as connection:
                current = await is_current(connection)
        except DATABASE_AWAY:
            return "the database does not answer"
        return None if current else "the database has another version's schema: run `smartcall migrate`"
