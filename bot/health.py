"""``GET /healthz``: the process is alive. ``GET /readyz``: it can do its work."""

from __future__ import annotations

from aiohttp import web

from calls.store.database import DATABASE_AWAY, Database
from calls.store.schema import is_current


class Health:
    """Asks nobody but the database: a health check must not depend on Teams, a CRM or an operator."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.warm = False  # what takes its time once has taken it

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)

    async def alive(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(self, _: web.Request) -> web.Response:
        if not self.warm:
            return web.json_response({"status": "not ready", "why": "it is just starting"}, status=503)
        try:
            async with self._database.pool.acquire(timeout=2) as connection:
                current = await is_current(connection)
        except DATABASE_AWAY:
            return web.json_response({"status": "not ready", "why": "the database does not answer"}, status=503)
        if not current:
            why = "the database has another version's schema: run `smartcall migrate`"
            return web.json_response({"status": "not ready", "why": why}, status=503)
        return web.json_response({"status": "ready"})
