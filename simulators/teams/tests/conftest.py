from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric import rsa

import simulators

APP = "5f0a3c52-6f0e-4d6b-9a43-0c1f8c1d7a10"
HOME = "3b6cc1e4-77b1-4f2e-8a3d-1f4c0a7b9e21"
TENANT = "9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"
KARI = "0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d01"
OLA = "0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d02"

WORLD: dict[str, Any] = {
    "login": {
        "apps": [
            {"app_id": APP, "tenant": HOME, "secret": "bot-secret", "accept_assertions": True},
            {"app_id": "11111111-0000-4000-8000-000000000001", "tenant": HOME, "secret": "another-secret"},
        ]
    },
    "teams": {
        "tenant": TENANT,
        "bot_app_id": APP,
        "users": [
            {"aad_object_id": KARI, "mri": "29:kari", "name": "Kari Hansen", "upn": "kari@fjordvik.example"},
            {"aad_object_id": OLA, "mri": "29:ola", "name": "Ola Berg", "upn": "ola@fjordvik.example"},
        ],
    },
}

Client = TestClient[web.Request, web.Application]
Answer = Callable[[dict[str, Any]], web.Response]


class Bot:
    """A messaging endpoint that writes down what comes and answers as told."""

    def __init__(self) -> None:
        self.activities: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Answer = lambda activity: web.Response(status=200)

    async def receive(self, request: web.Request) -> web.Response:
        activity = await request.json()
        self.activities.append(activity)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        return self.answer(activity)


class Twin:
    """The simulators with a bot beside them, and the steps most tests begin with."""

    def __init__(self, client: Client, bot: Bot) -> None:
        self.client = client
        self.bot = bot
        self.token = ""

    @property
    def url(self) -> str:
        return str(self.client.make_url("")).rstrip("/")

    async def sign_in(self, **changes: str) -> dict[str, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_id": APP,
            "client_secret": "bot-secret",
            "scope": "https://api.botframework.com/.default",
        } | changes
        async with self.client.post(f"/simulators/login/{HOME}/oauth2/v2.0/token", data=form) as response:
            body: dict[str, Any] = await response.json()
        self.token = body.get("access_token", "")
        return body

    async def call(self, method: str, path: str, body: object = None, **options: Any) -> tuple[int, Any]:
        async with self.client.request(method, path, json=body, **options) as response:
            text = await response.text()
            return response.status, (await response.json() if text else None)

    async def connect(
        self, method: str, path: str, body: object = None, token: str | None = None, **options: Any
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return await self.call(method, f"/simulators/connector/v3/{path}", body, headers=headers, **options)

    async def install(self, user: str = KARI) -> str:
        """Install for a user and sign the bot in; returns the conversation id."""
        await self.call("POST", f"/simulators/teams/users/{user}/install")
        await self.sign_in()
        conversation: str = self.bot.activities[-1]["conversation"]["id"]
        return conversation

    async def messages(self) -> list[dict[str, Any]]:
        _, state = await self.call("GET", "/simulators/teams/state")
        messages: list[dict[str, Any]] = state["messages"]
        return messages


@pytest.fixture(scope="session")
def private_keys() -> Iterator[rsa.RSAPrivateKey]:
    """A fresh key costs up to a second of a busy processor, and one application needs three: eight go round."""
    return cycle([rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(8)])


@pytest.fixture(autouse=True)
def _few_keys(private_keys: Iterator[rsa.RSAPrivateKey], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.teams.keys.rsa.generate_private_key", lambda **_: next(private_keys))


@pytest.fixture
def world() -> dict[str, Any]:
    return copy.deepcopy(WORLD)


@pytest.fixture
def people() -> dict[str, str]:
    return {"kari": KARI, "ola": OLA, "app": APP, "tenant": TENANT, "home": HOME}


@pytest.fixture
async def start() -> AsyncIterator[Callable[[dict[str, Any]], Awaitable[Twin]]]:
    """Start simulators with a world of one's own."""
    stops: list[Callable[[], Awaitable[None]]] = []

    async def start_twin(world: dict[str, Any]) -> Twin:
        bot = Bot()
        bot_app = web.Application()
        bot_app.router.add_post("/api/messages", bot.receive)
        bot_server = TestServer(bot_app)
        await bot_server.start_server()
        stops.append(bot_server.close)
        app = simulators.create_app(world, bot_url=str(bot_server.make_url("")).rstrip("/"))
        client = TestClient(TestServer(app))
        await client.start_server()
        stops.append(client.close)
        return Twin(client, bot)

    yield start_twin
    for stop in reversed(stops):
        await stop()


@pytest.fixture
async def twin(start: Callable[[dict[str, Any]], Awaitable[Twin]], world: dict[str, Any]) -> Twin:
    return await start(world)


@pytest.fixture
def card() -> dict[str, Any]:
    """A popup-like card with something to click."""
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [{"type": "TextBlock", "text": "Nora Lie ringer", "wrap": True}],
        "actions": [
            {"type": "Action.OpenUrl", "title": "Åpne", "url": "https://crm.example/1"},
            {
                "type": "Action.Execute",
                "title": "Notat",
                "verb": "note",
                "data": {"call": "c1"},
                "fallback": {"type": "Action.Submit", "title": "Notat", "data": {"call": "c1"}},
            },
        ],
    }


@pytest.fixture
def as_activity() -> Callable[..., dict[str, Any]]:
    def wrap(card: dict[str, Any], **more: Any) -> dict[str, Any]:
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        return {"type": "message", "attachments": [attachment]} | more

    return wrap
