"""The inbound side: what the product is told, what it stores, and a connector that sends activities."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.teams.inbound import InboundMessages
from bot.teams.ports import CardAction, CardReply, InstalledChat, Reply


class Events:
    """What TeamsEvents was told; ``answers`` says what to reply."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.installed_reply: Reply | None = None
        self.message_reply: Reply | None = None
        self.action: Callable[[CardAction], Any] = lambda action: CardReply(card={"type": "AdaptiveCard"})
        self.fail: Exception | None = None

    def names(self) -> list[str]:
        return [name for name, _ in self.told]

    async def seen(self, chat: InstalledChat) -> None:
        self.told.append(("seen", chat))

    async def installed(self, chat: InstalledChat) -> Reply | None:
        self.told.append(("installed", chat))
        return self.installed_reply

    async def uninstalled(self, chat: InstalledChat) -> None:
        self.told.append(("uninstalled", chat))

    async def message(self, chat: InstalledChat, text: str) -> Reply | None:
        self.told.append(("message", (chat, text)))
        if self.fail:
            raise self.fail
        return self.message_reply

    async def card_action(self, action: CardAction) -> Any:
        self.told.append(("card_action", action))
        if self.fail:
            raise self.fail
        answer = self.action(action)
        return await answer if asyncio.iscoroutine(answer) else answer

    async def answered_again(self, action: CardAction) -> None:
        self.told.append(("answered_again", action))


class Seen:
    """SeenActivities in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], bytes | None] = {}

    async def first_time(self, entra_tenant: str, key: str) -> bool:
        if (entra_tenant, key) in self.rows:
            return False
        self.rows[entra_tenant, key] = None
        return True

    async def reply(self, entra_tenant: str, key: str) -> bytes | None:
        return self.rows.get((entra_tenant, key))

    async def store_reply(self, entra_tenant: str, key: str, reply: bytes) -> None:
        self.rows[entra_tenant, key] = reply

    async def forget(self, entra_tenant: str, key: str) -> None:
        del self.rows[entra_tenant, key]


class Client:
    """Sends activities to the bot as the connector would."""

    def __init__(self, bot: Any, server: TestServer) -> None:
        self._bot, self._server = bot, server
        self.url = str(server.make_url("/api/messages"))

    async def send(self, activity: Any, *, token: str | None = "", **headers: str) -> tuple[int, Any]:
        """Status and JSON body (or text). ``token`` "": a good one; None: no Authorization header."""
        if token == "":
            token = self._bot.microsoft.signers[0].sign(self._bot.claims())
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        return await self.raw(data, headers={"Content-Type": "application/json", **headers})

    async def raw(self, data: bytes, *, headers: dict[str, str], method: str = "POST") -> tuple[int, Any]:
        async with self._bot.http.request(method, self.url, data=data, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else text


@pytest.fixture
def bot(bot: Any) -> Any:
    """The bot with somebody who listens to it."""
    bot.events, bot.seen = Events(), Seen()
    return bot


@pytest.fixture
def inbound(bot: Any) -> Callable[..., InboundMessages]:
    """The handler, with options."""

    def build(**options: Any) -> InboundMessages:
        given = {"events": bot.events, "seen": bot.seen, "outbox": bot.gateway, "allow_loopback": True}
        return InboundMessages(**{"identities": bot.identities, "keys": bot.keys, **given, **options})

    return build


@pytest.fixture
async def serve(bot: Any, inbound: Callable[..., InboundMessages]) -> AsyncIterator[Callable[..., Any]]:
    """Start the inbound handler with options; returns a client."""
    servers: list[TestServer] = []

    async def start(**options: Any) -> Client:
        app = web.Application()
        inbound(**options).add_routes(app)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return Client(bot, server)

    yield start
    for server in servers:
        await server.close()
