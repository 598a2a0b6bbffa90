"""Microsoft's side on a local HTTP server, scripted by the tests, and small stand-ins for what the product stores."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import jwt
import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bot.teams.gateway import ChatGateway
from bot.teams.identity import BotIdentity
from bot.teams.keys import SigningKeys
from bot.teams.ports import Chat
from bot.teams.retries import RetryPolicy
from bot.teams.tokens import TokenSource
from calls.ports import Bucket, Shortage

APP_ID = "5f0a3c52-6f0e-4d6b-9a43-0c1f8c1d7a10"
OTHER_APP_ID = "5f0a3c52-6f0e-4d6b-9a43-0c1f8c1d7a11"
HOME = "3b6cc1e4-77b1-4f2e-8a3d-1f4c0a7b9e21"
ENTRA_TENANT = "9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"
TENANT = UUID("00000000-0000-4000-8000-000000000001")
AAD = "0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d01"

Script = Callable[[web.Request], Any]


@pytest.fixture(autouse=True)
def no_blocking_call_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """MSAL and the SDK use requests: whoever does so on the loop's thread stops every other call."""
    loop_thread = threading.get_ident()
    send, sleep = requests.Session.send, time.sleep

    def guarded_send(self: requests.Session, request: Any, **options: Any) -> requests.Response:
        assert threading.get_ident() != loop_thread, "a blocking HTTP request on the event loop"
        return send(self, request, **options)

    def guarded_sleep(seconds: float) -> None:
        assert threading.get_ident() != loop_thread, "a blocking sleep on the event loop"
        sleep(seconds)

    monkeypatch.setattr(requests.Session, "send", guarded_send)
    monkeypatch.setattr(time, "sleep", guarded_sleep)


@dataclass
class Signer:
    """A key of Bot Framework."""

    kid: str
    private: rsa.RSAPrivateKey
    endorsements: list[str] | None = field(default_factory=lambda: ["msteams", "skype"])

    def jwk(self) -> dict[str, Any]:
        public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        endorsed = {} if self.endorsements is None else {"endorsements": self.endorsements}
        return {**public, "kid": self.kid, "use": "sig", **endorsed}

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.kid, **headers})


@dataclass
class Recorded:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Microsoft:
    """Entra's token endpoint, Bot Framework's keys and the connector. ``script`` answers the next connector requests,
    ``login_script`` the next token requests; without one they are answered as when all is well."""

    def __init__(self, signer: Signer) -> None:
        self.signers = [signer]
        self.key_fetches = 0
        self.keys_fail = False
        self.requests: list[Recorded] = []
        self.token_requests: list[dict[str, str]] = []
        self._token_asked = asyncio.Condition()
        self.script: deque[Script] = deque()
        self.login_script: deque[Script] = deque()
        self.token_lifetime = 3600
        self.app = web.Application()
        self.app.router.add_get("/login/{tenant}/v2.0/.well-known/openid-configuration", self._discovery)
        self.app.router.add_post("/login/{tenant}/oauth2/v2.0/token", self._token)
        self.app.router.add_get("/keys/openidconfiguration", self._metadata)
        self.app.router.add_get("/keys/jwks", self._jwks)
        self.app.router.add_route("*", "/connector/{rest:.*}", self._connector)
        self.server = TestServer(self.app)

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    @property
    def service_url(self) -> str:
        return self.url("/connector/")

    async def _discovery(self, request: web.Request) -> web.Response:
        base = self.url("/login/") + request.match_info["tenant"]
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        )

    async def _token(self, request: web.Request) -> Any:
        form = {name: str(value) for name, value in (await request.post()).items()}
        async with self._token_asked:
            self.token_requests.append({**form, "tenant": request.match_info["tenant"]})
            self._token_asked.notify_all()
        if self.login_script:
            answer = self.login_script.popleft()(request)
            return await answer if asyncio.iscoroutine(answer) else answer
        return self.grant()

    async def tokens_asked(self, count: int) -> None:
        """Return when Entra has been asked so often."""
        async with self._token_asked:
            await self._token_asked.wait_for(lambda: len(self.token_requests) >= count)

    def grant(self) -> web.Response:
        token = f"token-{len(self.token_requests)}"
        body = {"access_token": token, "token_type": "Bearer", "expires_in": self.token_lifetime}
        return web.json_response(body)

    async def _metadata(self, request: web.Request) -> web.Response:
        return web.json_response({"issuer": "https://api.botframework.com", "jwks_uri": self.url("/keys/jwks")})

    async def _jwks(self, request: web.Request) -> web.Response:
        self.key_fetches += 1
        if self.keys_fail:
            raise web.HTTPServiceUnavailable
        return web.json_response({"keys": [signer.jwk() for signer in self.signers]})

    async def _connector(self, request: web.Request) -> Any:
        raw = await request.read()
        path = request.raw_path.removeprefix("/connector")
        body = json.loads(raw) if raw else None
        self.requests.append(Recorded(request.method, path, dict(request.headers), body))
        if self.script:
            answer = self.script.popleft()(request)
            return await answer if asyncio.iscoroutine(answer) else answer
        return web.json_response({"id": f"activity-{len(self.requests)}"}, status=201)


class Identities:
    """The bots we are: two, so that a token for the one can be sent to the other."""

    def __init__(self) -> None:
        self.rows = {
            app_id: BotIdentity(app_id=app_id, home_tenant=HOME, secret="s3cret-of-the-bot")
            for app_id in (APP_ID, OTHER_APP_ID)
        }
        self.asked: list[str] = []

    async def find(self, app_id: str) -> BotIdentity | None:
        self.asked.append(app_id)
        return self.rows.get(app_id)


class FreeLimiter:
    """A limiter that always gives, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def take(self, tenant_id: UUID, *buckets: Bucket) -> Shortage | None:
        self.taken += [bucket.scope for bucket in buckets]
        return None


@dataclass
class Bot:
    """The product's side, wired to :class:`Microsoft`."""

    microsoft: Microsoft
    http: aiohttp.ClientSession
    tokens: TokenSource
    keys: SigningKeys
    gateway: ChatGateway
    identities: Identities
    limiter: FreeLimiter
    events: Any = None  # set for inbound tests
    seen: Any = None
    clock: list[float] = field(default_factory=lambda: [1000.0])

    @property
    def identity(self) -> BotIdentity:
        return self.identities.rows[APP_ID]

    def chat(self, **changes: Any) -> Chat:
        values = {"conversation_id": "a:1/2;x", "service_url": self.microsoft.service_url, "user_mri": "29:kari"}
        return Chat(**{"tenant_id": TENANT, "app_id": APP_ID, **values, **changes})

    def deadline(self, seconds: float = 20.0) -> float:
        return asyncio.get_running_loop().time() + seconds

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        times = {"nbf": now - 10, "exp": now + 3600, "serviceurl": self.microsoft.service_url}
        claims = {"iss": "https://api.botframework.com", "aud": APP_ID, **times, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def activity(self, **changes: Any) -> dict[str, Any]:
        body = {
            "type": "message",
            "id": "1700000000001",
            "timestamp": "2026-01-02T03:04:05.1234567Z",
            "serviceUrl": self.microsoft.service_url,
            "channelId": "msteams",
            "from": {"id": "29:kari", "name": "Kari Hansen", "aadObjectId": AAD},
            "conversation": {"id": "a:kari", "conversationType": "personal", "tenantId": ENTRA_TENANT},
            "recipient": {"id": f"28:{APP_ID}", "name": "SmartCall"},
            "channelData": {"tenant": {"id": ENTRA_TENANT}},
            "text": "hei",
            "locale": "nb-NO",
            **changes,
        }
        return {name: value for name, value in body.items() if value is not None}


@pytest.fixture(scope="session")
def private_keys() -> list[rsa.RSAPrivateKey]:
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


@pytest.fixture
def signer(private_keys: list[rsa.RSAPrivateKey]) -> Signer:
    return Signer("key-1", private_keys[0])


@pytest.fixture
def new_signer(private_keys: list[rsa.RSAPrivateKey]) -> Signer:
    return Signer("key-2", private_keys[1])


@pytest.fixture
async def microsoft(signer: Signer) -> AsyncIterator[Microsoft]:
    side = Microsoft(signer)
    await side.server.start_server()
    yield side
    await side.server.close()


@pytest.fixture
async def bot(microsoft: Microsoft) -> AsyncIterator[Bot]:
    clock = [1000.0]
    async with aiohttp.ClientSession() as http:
        tokens = TokenSource(login_url=microsoft.url("/login"), clock=lambda: clock[0], interval=3600.0)
        keys = SigningKeys(http, metadata_url=microsoft.url("/keys/openidconfiguration"), clock=lambda: clock[0])
        identities, limiter = Identities(), FreeLimiter()
        gateway = ChatGateway(
            http=http,
            tokens=tokens,
            identities=identities,
            limiter=limiter,
            retries=RetryPolicy(waits=(0.01,), jitter=0.0),
            allow_loopback=True,
        )
        yield Bot(microsoft, http, tokens, keys, gateway, identities, limiter, clock=clock)
        await keys.stop()
        await tokens.stop()


@pytest.fixture
def held() -> Iterator[asyncio.Event]:
    """An event that is set when the test is over, so that a server that waits for it can close."""
    event = asyncio.Event()
    yield event
    event.set()


@pytest.fixture
def unused_address() -> Iterator[str]:
    """An address of this machine where nobody listens: the port is taken, but not listened on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
