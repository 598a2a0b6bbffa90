"""Stand-ins that answer at once: a Bot Connector, Entra's token endpoint and a HubSpot, in one process.

They keep no limit and check nothing but what they need to answer: the strict ones in ``simulators/`` would be what is
measured. ``PUT /delay`` makes the CRM slow. Times are of the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from typing import Any

from aiohttp import web

# Who a card is about: by the name our HubSpot gives to whoever calls, or by the number where nobody was asked.
CALLER = re.compile(rb"Ringer (\d{8})|\+47 ((?:\d ?){8})")


class Twins:
    """Everything outside, with a memory of what was asked."""

    def __init__(self) -> None:
        self.ids = itertools.count(1)
        self.delay = 0.0
        self.forget()

    def forget(self) -> None:
        self.sent: list[tuple[float, str, str, str]] = []  # when, POST or PUT, activity id, caller
        self.cards: dict[str, bytes] = {}  # the newest body of each activity
        self.relayed: dict[str, float] = {}
        self.journal: dict[str, dict[str, Any]] = {}  # by our key
        self.upserts = 0

    def add_routes(self, app: web.Application) -> None:
        crm = "/hubspot/crm/objects/2026-03"
        app.add_routes(
            [
                web.get("/login/{tenant}/v2.0/.well-known/openid-configuration", self.openid),
                web.post("/login/{tenant}/oauth2/v2.0/token", self.token),
                web.get("/keys/openid", self.keys),
                web.get("/keys/jwks", self.keys),
                web.post("/connector/v3/conversations/{conversation}/activities", self.post),
                web.post("/connector/v3/conversations/{conversation}/activities/{id}", self.post),
                web.put("/connector/v3/conversations/{conversation}/activities/{id}", self.put),
                web.post(f"{crm}/contacts/search", self.search),
                web.post(f"{crm}/companies/search", self.nothing),
                web.get(f"{crm}/contacts/{{id}}", self.contact),
                web.get("/hubspot/crm/owners/2026-03", self.owner),
                web.post(f"{crm}/calls/batch/upsert", self.upsert),
                web.put(f"{crm}/calls/{{id}}/associations/default/contacts/{{contact}}", self.empty),
                web.post("/relayed/{key}", self.relay),
                web.get("/log", self.log),
                web.get("/count", self.count),
                web.delete("/log", self.wipe),
                web.put("/delay", self.slow),
            ]
        )

    async def openid(self, request: web.Request) -> web.Response:
        base = str(request.url.origin()) + f"/login/{request.match_info['tenant']}"
        found = {"issuer": f"{base}/v2.0", "authorization_endpoint": f"{base}/oauth2/v2.0/authorize"}
        return web.json_response(found | {"token_endpoint": f"{base}/oauth2/v2.0/token"})

    async def token(self, request: web.Request) -> web.Response:
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": "t" * 1200})

    async def keys(self, request: web.Request) -> web.Response:
        jwks = str(request.url.origin()) + "/keys/jwks"
        return web.json_response({"issuer": "https://api.botframework.com", "jwks_uri": jwks, "keys": []})

    async def post(self, request: web.Request) -> web.Response:
        at, card_id = time.monotonic(), str(next(self.ids))
        self._note(at, "POST", card_id, await request.read())
        return web.json_response({"id": card_id}, status=201)

    async def put(self, request: web.Request) -> web.Response:
        at, card_id = time.monotonic(), request.match_info["id"]
        self._note(at, "PUT", card_id, await request.read())
        return web.json_response({"id": card_id})

    def _note(self, at: float, method: str, card_id: str, body: bytes) -> None:
        caller = CALLER.search(body)
        self.sent.append((at, method, card_id, (caller[1] or caller[2]).decode().replace(" ", "") if caller else ""))
        self.cards[card_id] = body

    async def search(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        if self.delay:
            await asyncio.sleep(self.delay)
        digits = asked["filterGroups"][0]["filters"][0]["value"]
        found = {"firstname": "Ringer", "lastname": digits, "jobtitle": "Innkjøpssjef", "phone": f"+47{digits}"}
        contact = {"id": digits, "properties": found, "url": f"https://crm.example/contacts/{digits}"}
        return web.json_response({"total": 1, "results": [contact]})

    async def contact(self, request: web.Request) -> web.Response:
        return web.json_response({"id": request.match_info["id"], "properties": {"jobtitle": "Innkjøpssjef"}})

    async def nothing(self, request: web.Request) -> web.Response:
        return web.json_response({"total": 0, "results": []})

    async def owner(self, request: web.Request) -> web.Response:
        return web.json_response({"results": [{"id": "501", "email": request.query.get("email", "")}]})

    async def upsert(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())["inputs"][0]
        self.upserts += 1
        self.journal[asked["id"]] = asked["properties"]
        return web.json_response({"results": [{"id": f"c{asked['id']}"}]})

    async def empty(self, request: web.Request) -> web.Response:
        return web.json_response({})

    async def relay(self, request: web.Request) -> web.Response:
        at = time.monotonic()
        await request.read()
        self.relayed[request.match_info["key"]] = at
        return web.json_response({"id": "1"}, status=201)

    async def log(self, request: web.Request) -> web.Response:
        callers = [entry["hs_call_from_number"] for entry in self.journal.values()]
        cards = {card_id: body.decode() for card_id, body in self.cards.items()}
        return web.json_response(
            {"sent": self.sent, "cards": cards, "relayed": self.relayed, "journal": callers, "upserts": self.upserts}
        )

    async def count(self, request: web.Request) -> web.Response:
        return web.json_response({"sent": len(self.sent), "relayed": len(self.relayed), "journal": len(self.journal)})

    async def wipe(self, request: web.Request) -> web.Response:
        self.forget()
        return web.json_response({})

    async def slow(self, request: web.Request) -> web.Response:
        self.delay = float((await request.json())["crm"])
        return web.json_response({})


async def serve(app: web.Application, name: str) -> None:
    """Listen on a free port, say so, and stay."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"{name} ready: http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    outside = web.Application(client_max_size=2**24)
    Twins().add_routes(outside)
    asyncio.run(serve(outside, "twins"))
