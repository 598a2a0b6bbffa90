"""The Teams face against the strict twins of Entra, the Bot Connector and Teams (``simulators/``), which were written
from Microsoft's documentation by other hands: signed activities in, cards out, and the clients' view of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import simulators
from bot.teams.activities import card_activity
from bot.teams.errors import BlockedByUser, CardGone, NotInstalled
from bot.teams.gateway import ChatGateway
from bot.teams.identity import BotIdentity
from bot.teams.inbound import InboundMessages
from bot.teams.keys import SigningKeys
from bot.teams.ports import ActionReply, CardAction, CardReply, Chat, InstalledChat, Reply
from bot.teams.retries import RetryPolicy
from bot.teams.tokens import TokenSource
from calls.errors import Unknown

KARI = "0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d01"
IDENTITY = BotIdentity(
    app_id="5f0a3c52-6f0e-4d6b-9a43-0c1f8c1d7a10",
    home_tenant="3b6cc1e4-77b1-4f2e-8a3d-1f4c0a7b9e21",
    secret="demo-bot-secret",
)
ENTRA_TENANT = "9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"
WORLD = {
    "login": {"apps": [{"app_id": IDENTITY.app_id, "tenant": IDENTITY.home_tenant, "secret": IDENTITY.secret}]},
    "teams": {
        "tenant": ENTRA_TENANT,
        "bot_app_id": IDENTITY.app_id,
        "bot_name": "SmartCall",
        "anonymous": False,
        "users": [
            {"aad_object_id": KARI, "mri": "29:kari", "name": "Kari Hansen", "upn": "kari.hansen@fjordvik.example"}
        ],
    },
}


def card(text: str) -> dict[str, Any]:
    button = {
        "type": "Action.Execute",
        "title": "Søk igjen",
        "verb": "search_again",
        "data": {"popup": "p-1"},
        "fallback": {"type": "Action.Submit", "title": "Søk igjen", "data": {"verb": "search_again", "popup": "p-1"}},
    }
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
        "actions": [button],
    }


class World:
    """Both sides, running, and what the bot was told."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self.http, self.base = http, base
        self.chats: list[InstalledChat] = []
        self.presses: list[CardAction] = []
        self.gone: list[InstalledChat] = []
        self.tokens = TokenSource(login_url=f"{base}/simulators/login")
        self.keys = SigningKeys(http, metadata_url=f"{base}/simulators/botframework/v1/.well-known/openidconfiguration")
        self.gateway = ChatGateway(
            http=http,
            tokens=self.tokens,
            identities=self,
            limiter=self,
            retries=RetryPolicy(waits=(0.01,)),
            allow_loopback=True,
        )
        self.inbound = InboundMessages(
            identities=self, keys=self.keys, events=self, seen=self, outbox=self.gateway, allow_loopback=True
        )
        self.rows: dict[tuple[str, str], bytes | None] = {}

    async def find(self, app_id: str) -> BotIdentity | None:
        return IDENTITY if app_id == IDENTITY.app_id else None

    async def take(self, tenant_id: object, *buckets: object) -> None:
        """Never short of anything."""

    async def first_time(self, entra_tenant: str, key: str) -> bool:
        known = (entra_tenant, key) in self.rows
        self.rows.setdefault((entra_tenant, key), None)
        return not known

    async def reply(self, entra_tenant: str, key: str) -> bytes | None:
        return self.rows.get((entra_tenant, key))

    async def store_reply(self, entra_tenant: str, key: str, reply: bytes) -> None:
        self.rows[entra_tenant, key] = reply

    async def forget(self, entra_tenant: str, key: str) -> None:
        del self.rows[entra_tenant, key]

    async def seen(self, chat: InstalledChat) -> None: ...

    async def installed(self, chat: InstalledChat) -> Reply | None:
        self.chats.append(chat)
        return None

    async def uninstalled(self, chat: InstalledChat) -> None:
        self.gone.append(chat)

    async def message(self, chat: InstalledChat, text: str) -> Reply | None:
        return Reply(text=f"Du skrev: {text}")

    async def card_action(self, action: CardAction) -> ActionReply:
        self.presses.append(action)
        return CardReply(card=card("søkt igjen"), summary="søkt igjen")

    async def answered_again(self, action: CardAction) -> None:
        pass

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.base}/simulators/{path}", json=body) as answer:
            assert answer.status < 300, (path, answer.status, await answer.text())
            return await answer.json() if answer.content_type == "application/json" else None

    async def user(self, what: str, body: Any = None) -> Any:
        return await self.call("POST", f"teams/users/{KARI}/{what}", body)

    async def messages(self) -> list[dict[str, Any]]:
        state = await self.call("GET", "teams/state")
        return [message for message in state["messages"] if not message["deleted"]]

    async def install(self) -> Chat:
        await self.user("install")
        return self.chats[-1].address(uuid4())

    def deadline(self, seconds: float = 20.0) -> float:
        return asyncio.get_running_loop().time() + seconds


@pytest.fixture
async def world() -> AsyncIterator[World]:
    holder: list[World] = []
    app = web.Application()

    async def messages(request: web.Request) -> web.Response:
        return await holder[0].inbound.handle(request)

    app.router.add_route("*", "/api/messages", messages)
    bot_server = TestServer(app)
    await bot_server.start_server()
    outside = TestServer(simulators.create_app(WORLD, bot_url=str(bot_server.make_url("")).rstrip("/")))
    await outside.start_server()
    async with aiohttp.ClientSession() as http:
        holder.append(World(http, str(outside.make_url("")).rstrip("/")))
        yield holder[0]
        await holder[0].keys.stop()
        await holder[0].tokens.stop()
    await outside.close()
    await bot_server.close()


async def test_installing_tells_where_the_chat_is(world: World) -> None:
    chat = await world.install()
    told = world.chats[-1]
    assert (told.entra_tenant, told.app_id) == (ENTRA_TENANT, IDENTITY.app_id)
    assert (told.user.aad_object_id, told.user.mri) == (KARI, "29:kari")
    assert chat.service_url.startswith(world.base)


async def test_a_card_is_posted_updated_and_deleted(world: World) -> None:
    chat = await world.install()
    first = card_activity(card("ringer"), summary="Nora Lie ringer")
    activity_id = await world.gateway.post(chat, first, deadline=world.deadline())
    (message,) = [message for message in await world.messages() if message["card"]]
    assert (message["id"], message["summary"], message["text"]) == (activity_id, "Nora Lie ringer", None)
    assert message["card"] == card("ringer")
    second = card_activity(card("besvart"), summary="Nora Lie")
    await world.gateway.update(chat, activity_id, second, deadline=world.deadline())
    (message,) = [message for message in await world.messages() if message["card"]]
    assert (message["edits"], message["card"]) == (1, card("besvart"))
    await world.gateway.delete(chat, activity_id, deadline=world.deadline())
    assert not [message for message in await world.messages() if message["card"]]
    with pytest.raises(CardGone):
        await world.gateway.update(chat, activity_id, second, deadline=world.deadline())


async def test_a_pressed_button_is_answered_with_the_new_card(world: World) -> None:
    chat = await world.install()
    activity_id = await world.gateway.post(chat, card_activity(card("ringer"), summary="s"), deadline=world.deadline())
    press = {"message": activity_id, "verb": "search_again", "data": {"popup": "p-1"}}
    answer = await world.user("invoke", press)
    assert answer["status"] == 200
    assert answer["body"] == {
        "statusCode": 200,
        "type": "application/vnd.microsoft.card.adaptive",
        "value": card("søkt igjen"),
    }
    (action,) = world.presses
    assert (action.verb, dict(action.data), action.reply_to_id) == ("search_again", {"popup": "p-1"}, activity_id)


async def test_an_old_clients_button_updates_the_card(world: World) -> None:
    chat = await world.install()
    activity_id = await world.gateway.post(chat, card_activity(card("ringer"), summary="s"), deadline=world.deadline())
    await world.user("submit", {"message": activity_id, "data": {"verb": "search_again", "popup": "p-1"}})
    (message,) = [message for message in await world.messages() if message["id"] == activity_id]
    assert message["card"] == card("søkt igjen")


async def test_a_message_is_answered(world: World) -> None:
    await world.install()
    await world.user("messages", {"text": "hei"})
    assert "Du skrev: hei" in [message["text"] for message in await world.messages()]


async def test_opening_a_chat_gives_the_one_that_is_there(world: World) -> None:
    chat = await world.install()
    made = await world.gateway.create_chat(
        IDENTITY, chat.service_url, ENTRA_TENANT, chat.user_mri, deadline=world.deadline()
    )
    assert made == chat.conversation_id


async def test_a_person_who_removed_or_blocked_the_bot_is_told_apart(world: World) -> None:
    chat = await world.install()
    await world.user("block")
    with pytest.raises(BlockedByUser):
        await world.gateway.post(chat, card_activity(card("x"), summary="s"), deadline=world.deadline())
    await world.user("unblock")
    await world.user("uninstall")
    assert len(world.gone) >= 1
    with pytest.raises(NotInstalled):
        await world.gateway.post(chat, card_activity(card("x"), summary="s"), deadline=world.deadline())


async def test_a_throttled_post_arrives_once(world: World) -> None:
    chat = await world.install()
    fault = {"path": "activities", "method": "POST", "times": 2, "status": 429, "headers": {"Retry-After": "0"}}
    await world.call("POST", "control/connector/faults", fault)
    await world.gateway.post(chat, card_activity(card("x"), summary="s"), deadline=world.deadline())
    assert len([message for message in await world.messages() if message["card"]]) == 1


async def test_a_lost_answer_is_unknown_and_the_card_is_there_once(world: World) -> None:
    chat = await world.install()
    fault = {"path": "activities", "method": "POST", "times": 1, "after": True, "drop": True}
    await world.call("POST", "control/connector/faults", fault)
    with pytest.raises(Unknown):
        await world.gateway.post(chat, card_activity(card("x"), summary="s"), deadline=world.deadline())
    assert len([message for message in await world.messages() if message["card"]]) == 1
