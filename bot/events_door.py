"""``POST /api/events/{connection}[/{token}]``: the door operators come through.

401 for failed proof (an unknown connection is one: nothing tells them apart), 400 for an unreadable body, 413 for one
too large (408 too slow, 415 compressed), 503 while it cannot be checked or stored, and 2xx with a count for what is
readable but of no use. What costs a stranger least is looked at first: the address, then whose it is (a bounded
number at a time), then the body, then the proof.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from aiohttp import web

from bot.acquaintances import Acquaintances
from bot.bodies import read_body
from bot.gates import Crowded, Gates
from bot.refusals import Refusals
from calls import telemetry
from calls.errors import BadProof, Unreadable
from calls.intake.ingest import Outdated, Taken, take_in
from calls.jobs.queue import Bell
from calls.model import Connection
from calls.ports import Operator, Parsed, RawRequest, Response, Webhook
from calls.store.database import DATABASE_AWAY, Database
from calls.store.vault import Unsealable

log = logging.getLogger(__name__)
SIZE_LIMIT = 64 * 1024  # bytes; the largest real event is a few kilobytes
ROOM = 4  # deliveries of one tenant that are stored at a time; the node's pool has room for 12
LINE = 250  # that wait for it: a second's work, and half of the sockets that a node has
PATIENCE = 30.0  # seconds in line


class EventsDoor:
    """Authenticates, checks, stores and acknowledges; everything slow comes later."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        operators: Mapping[str, Operator],
        now: Callable[[], datetime],
        *,
        public_url: str | None = None,
    ) -> None:
        self._database = database
        self._bell = bell
        self._acquaintances = Acquaintances(database)
        self._gates = Gates(room=ROOM, patience=PATIENCE, line=LINE)
        self._refusals = Refusals("events", log)
        self._operators = operators
        self._now = now
        self._public_url = public_url.rstrip("/") if public_url else None

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/api/events/{connection}", self.handle)
        app.router.add_post("/api/events/{connection}/{token}", self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        received_at = self._now()
        try:
            answer = await self._take(request, received_at)
        except BadProof as problem:
            self._refusals.note("events refused", str(problem), level=logging.WARNING)
            return web.Response(status=401, text="the sender could not prove who it is")
        except Unreadable as problem:
            return web.Response(status=400, text=str(problem))
        except Unsealable as problem:
            log.error("events refused: %s", problem)  # noqa: TRY400
            return web.Response(status=503, text="try again later", headers={"Retry-After": "60"})
        except Crowded:
            self._refusals.note("events put off", "too many of one tenant at once", level=logging.WARNING)
            return web.Response(status=503, text="try again in a moment", headers={"Retry-After": "1"})
        except Outdated:
            return web.Response(status=503, text="try again in a moment", headers={"Retry-After": "1"})
        except DATABASE_AWAY as problem:
            log.error("events could not be stored: %s", type(problem).__name__)  # noqa: TRY400 - no stack traces
            return web.Response(status=503, text="try again in a moment", headers={"Retry-After": "1"})
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    async def _take(self, request: web.Request, received_at: datetime) -> Response:
        named = request.match_info["connection"]
        connection, remembered = await self._connection(named)
        raw = await _read(request)
        while True:
            try:
                webhook, parsed, taken = await self._store(raw, connection, received_at)
            except (BadProof, Unreadable, Outdated):
                if not remembered:
                    raise
            else:
                if parsed.events or not remembered:  # else nothing was stored, and the version not compared
                    break
            connection, remembered = await self._connection(named, anew=True)
        telemetry.events.add(taken.stored, {"outcome": "stored"})
        telemetry.events.add(taken.repeated, {"outcome": "repeated"})
        for reason in taken.ignored:
            telemetry.events.add(1, {"outcome": reason})
        if taken.ignored or taken.repeated:
            reasons = ",".join(sorted(set(taken.ignored))) or "-"
            log.info("connection %s: %d repeated, ignored: %s", connection.connection_id, taken.repeated, reasons)
        base = self._public_url or str(request.url.origin())
        return webhook.reply(parsed, raw, f"{base}{request.rel_url.path}")

    async def _store(
        self, raw: RawRequest, connection: Connection, received_at: datetime
    ) -> tuple[Webhook, Parsed, Taken]:
        webhook = self._operators[connection.type].webhook
        if webhook is None:
            raise BadProof("no such connection")
        proof = webhook.verify(raw, connection, received_at)
        parsed = webhook.parse(raw, connection, received_at)
        async with self._gates.through(connection.tenant_id):
            taken = await take_in(self._database, self._bell, connection, proof, parsed, received_at)
        return webhook, parsed, taken

    async def _connection(self, text: str, *, anew: bool = False) -> tuple[Connection, bool]:
        """The connection, and whether it is as this node remembers it."""
        try:
            connection_id = UUID(text)
        except ValueError:
            raise BadProof("no such connection") from None
        connection, remembered = await self._acquaintances.find(connection_id, anew=anew)
        if connection is None or connection.type not in self._operators:
            raise BadProof("no such connection")
        return connection, remembered


async def _read(request: web.Request) -> RawRequest:
    return RawRequest(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query),
        body=await read_body(request, SIZE_LIMIT),
        url_token=request.match_info.get("token"),
    )
