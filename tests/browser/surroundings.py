"""Page and simulators on one port, as the demo has them, with a bot that says what a test tells it to."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

import simulators

DIST = Path(__file__).resolve().parents[2] / "web" / "dist"
BOT_APP_ID = "5f0a3c52-6f0e-4d6b-9a43-0c1f8c1d7a10"
TENANT = "9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"
KARI, OLA, AMINA = (f"0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d0{number}" for number in (1, 2, 3))

Json = dict[str, Any]


class Surroundings:
    """Start, stop, and what the bot and the outside would do meanwhile."""

    def __init__(self) -> None:
        self.address = ""
        self.bot_answer: Json | None = None  # to an invoke; None: the bot hangs up on us
        self.invokes: list[Json] = []
        self._port = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Again after :meth:`stop`: same address, everything else forgotten."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}/"
        app = web.Application()
        app.router.add_post("/bot/api/messages", self._take_activity)
        app.router.add_get("/", _send_index)
        simulators.add_routes(app, _world(), bot_url=f"{self.address}bot")
        app.router.add_static("/", DIST)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        async with ClientSession() as http, http.request(method, self.address + path, json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json()

    async def post_card(self, user: str, card: Json, summary: str, *, instead_of: str | None = None) -> str:
        """What the bot would do: post a card to somebody's chat (or edit one); gives the message's id."""
        member = {"id": f"29:{user[-2:]}"}
        bot = {"id": f"28:{BOT_APP_ID}"}
        channel = {"tenant": {"id": TENANT}}
        create = {"isGroup": False, "bot": bot, "members": [member], "tenantId": TENANT, "channelData": channel}
        conversation = (await self.ask("POST", "simulators/connector/v3/conversations", create))["id"]
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        activity = {"type": "message", "from": bot, "summary": summary, "attachments": [attachment]}
        activities = f"simulators/connector/v3/conversations/{conversation}/activities"
        if instead_of is None:
            return str((await self.ask("POST", activities, activity))["id"])
        await self.ask("PUT", f"{activities}/{instead_of}", activity)
        return instead_of

    async def calls(self) -> list[Json]:
        """The exchange's own word for what happened."""
        state = await self.ask("GET", "simulators/exchange/state")
        return list(state["calls"])

    async def _take_activity(self, request: web.Request) -> web.Response:
        activity = await request.json()
        if activity["type"] != "invoke":
            return web.Response()
        self.invokes.append(activity)
        if self.bot_answer is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return web.json_response(self.bot_answer)


async def _send_index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(DIST / "index.html")


def _world() -> Json:
    people = ((KARI, "Kari Hansen"), (OLA, "Ola Berg"), (AMINA, "Amina Ali"))
    users: list[Json] = [
        {"aad_object_id": id_, "mri": f"29:{id_[-2:]}", "name": name, "upn": f"{id_[-2:]}@fjordvik.example"}
        for id_, name in people
    ]
    for user in users[:2]:
        user["installed"] = True
    lines = [
        {"number": f"9000000{index}", "alias": f"w{index}", "name": name} for index, (_, name) in enumerate(people, 1)
    ]
    everybody = [line["number"] for line in lines]
    return {
        "login": {"apps": []},
        "phonero": {"customer_id": "4711", "username": "integrator", "password": "secret"},
        "hubspot": {"portal": 1234567, "client_id": "c", "client_secret": "s", "refresh_token": "r"},
        "teams": {"tenant": TENANT, "bot_app_id": BOT_APP_ID, "anonymous": True, "limits": False, "users": users},
        "exchange": {
            "lines": lines,
            "queues": [
                {"name": "Salg", "number": "22000010", "members": everybody},
                {"name": "Vakt", "number": "22000030", "members": everybody, "strategy": "hunt"},
            ],
            "shared": [{"name": "Sentralbord", "number": "22000000", "members": everybody}],
            "callers": [
                {"number": "22334455", "label": "Nora Lie", "note": "Kunde i HubSpot"},
                {"label": "Skjult nummer", "note": "Innringeren skjuler nummeret"},
            ],
        },
    }
