"""The whole product in this process, behind a real HTTP server, with a town's outside for each of two customers."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import socket
import tomllib
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web

import simulators
from bot.app import Service
from bot.provision.apply import apply_company
from bot.provision.company_file import Company
from bot.settings import Settings
from calls.store.database import Database
from calls.store.vault import Vault
from tests.hostile.towns import FJORDVIK, PEOPLE, SECRETS, TOWNS, Town, provider_text, town_text, world
from tests.support.servers import TestServer

KEY = bytes(range(32))
PATIENCE = 15.0
_MOMENT = timedelta(seconds=4)  # longer than the sweep waits before it looks for what a job has left
METADATA, LOGIN = "/openid", "/sign-in"  # what all towns share: Microsoft's
_TABLES = """
SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
WHERE schemaname IN ('smartcall', 'queue', 'public') ORDER BY 1
"""


@dataclass(kw_only=True, repr=False)
class Product:
    """What a test may do, and what it may look at."""

    service: Service
    address: str
    database_url: str
    http: aiohttp.ClientSession
    twins: Mapping[Town, str]  # each town's outside
    logged: list[logging.LogRecord] = field(default_factory=list)
    greetings: set[str] = field(default_factory=set)  # ids of what was written at installation
    chats: dict[tuple[Town, str], str] = field(default_factory=dict)  # by town and Entra object id

    @property
    def routes(self) -> list[tuple[str, str]]:
        """Every public (method, path with placeholders), asked of the product itself."""
        found = [(route.method, route.resource) for route in self.service.app.router.routes()]
        return sorted({(method, resource.canonical) for method, resource in found if resource is not None})

    def door(self, town: Town, *, token: str | None = None) -> str:
        return f"{self.address}/api/events/{town.operator}/{token or town.url_token}"

    async def tell(self, town: Town, **fields: Any) -> int:
        """An event of the town's operator, as a form; the status."""
        given = {"event": "newCall", "callId": uuid.uuid4().hex, "from": "4722334455", "to": "4790000001"}
        async with self.http.post(self.door(town), data={**given, "direction": "in", **fields}) as answer:
            await answer.read()
            return answer.status

    async def forge(self, town: Town = FJORDVIK, **wishes: Any) -> str:
        """A token of Teams for this town's bot, right or wrong on purpose."""
        async with self.http.post(f"{self.twins[town]}/teams/token", json=wishes) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["token"])

    def activity(self, town: Town = FJORDVIK, who: uuid.UUID | None = None, **changes: Any) -> dict[str, Any]:
        """A message as Teams would send it."""
        user = str(who or uuid.uuid4())
        mri = next((f"29:{name.split()[0]}" for name, aad in PEOPLE.items() if str(aad) == user), "29:somebody")
        chat = self.chats.get((town, user), "a:made-up")
        conversation = {"conversationType": "personal", "tenantId": str(town.tenant), "id": chat}
        return {
            "type": "message",
            "id": f"f:{uuid.uuid4()}",
            "text": "hei",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "channelId": "msteams",
            "serviceUrl": f"{self.twins[town]}/connector/",
            "from": {"id": mri, "aadObjectId": user},
            "conversation": conversation,
            "recipient": {"id": f"28:{town.bot}", "name": "SmartCall"},
            "channelData": {"tenant": {"id": str(town.tenant)}},
            **changes,
        }

    async def send(self, activity: Mapping[str, Any], token: str | None) -> tuple[int, str]:
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self.http.post(f"{self.address}/api/messages", data=json.dumps(activity), headers=headers) as answer:
            return answer.status, await answer.text()

    async def install(self) -> None:
        """The app, for everybody in both towns."""
        for town, twins in self.twins.items():
            for person in world(town)["teams"]["users"]:
                async with self.http.post(f"{twins}/teams/users/{person['aad_object_id']}/install") as answer:
                    said = await answer.json()
                    assert [each["status"] for each in said["deliveries"]] == [200, 200], said
            greetings = await self.messages(town)
            self.greetings |= {each["id"] for each in greetings}
            self.chats |= {(town, each["user"]): each["conversation"] for each in greetings}

    async def messages(self, town: Town) -> list[dict[str, Any]]:
        """What the bot has written in the town's chats, the greetings left out."""
        async with self.http.get(f"{self.twins[town]}/teams/state") as answer:
            found: list[dict[str, Any]] = (await answer.json())["messages"]
        return [each for each in found if each["from"] == "bot" and each["id"] not in self.greetings]

    async def asked(self, town: Town, system: str) -> list[dict[str, Any]]:
        """What a system of the town's outside was asked."""
        async with self.http.get(f"{self.twins[town]}/control/{system}/requests") as answer:
            found: list[dict[str, Any]] = await answer.json()
            return found

    async def sql(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """As the owner, who sees every tenant."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def dump(self, *, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
        """Every row of every table as text. Bytes are shown as hexadecimal digits and as text."""
        names = [row["name"] for row in await self.sql(_TABLES) if row["name"] not in without]
        rows = {name: await self.sql(f"SELECT t.* FROM {name} t") for name in names}
        return {name: sorted(read_row(row) for row in found) for name, found in rows.items()}

    async def quiet(self) -> None:
        """Until nothing is left to do, nor will be in a moment: what was put off is not over."""

        async def idle() -> bool:
            jobs = await self.sql("SELECT count(*) AS n FROM queue.pgqueuer")
            open_work = await self.service.database.open_work(datetime.now(UTC) + _MOMENT, 10)
            return not jobs[0]["n"] and not open_work

        await until(idle)


def read_row(row: asyncpg.Record) -> str:
    """All of it as text, and bytes as hexadecimal digits besides."""
    parts = []
    for name, value in row.items():
        shown = f"{value.hex()} {value.decode('latin-1')}" if isinstance(value, bytes) else str(value)
        parts.append(f"{name}={shown}")
    return " | ".join(parts)


async def until(look: Any, seconds: float = PATIENCE) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await look()):  # noqa: ASYNC110 - other parts set no event of ours
            await asyncio.sleep(0.03)
    return found


async def provision(database: Database, twins: str, town: Town | None) -> None:
    """Apply a town's company file, or the provider's."""
    company = Company.model_validate(tomllib.loads(town_text(town, twins) if town else provider_text(twins)))
    await apply_company(database, company, SECRETS, Path())


class _Listener(logging.Handler):
    """Keeps every record of every logger."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.DEBUG)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@asynccontextmanager
async def running_product(
    server: TestServer, *, contacts: tuple[Mapping[str, Any], ...] = (), **settings: Any
) -> AsyncIterator[Product]:
    """Everything up, provisioned, and gone in the end."""
    url = await server.create()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.drop, url)
        records = stack.enter_context(listening())
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)))
        sockets = {town: socket.create_server(("127.0.0.1", 0)) for town in TOWNS}
        twins = {town: f"http://127.0.0.1:{sock.getsockname()[1]}/simulators" for town, sock in sockets.items()}
        hall = twins[FJORDVIK].removesuffix("/simulators")
        service = Service(
            Settings(
                port=0,
                login_url=f"{hall}{LOGIN}",
                openid_metadata_url=f"{hall}{METADATA}",
                encryption_key=base64.b64encode(KEY).decode(),
                **{"allow_loopback": True, **settings},
            ),
            await Database.open(url, Vault([KEY])),
        )
        for town in (None, *TOWNS):
            await provision(service.database, twins[FJORDVIK], town)  # both customers use one account of the CRM
        stack.enter_context(pytest.MonkeyPatch.context()).setattr("bot.listener.LINGERING", 0.1)
        await service.wire()
        stack.push_async_callback(service.stop)
        address = await service.listen()
        for town, sock in sockets.items():
            app = simulators.create_app(world(town, contacts), bot_url=address)
            app.router.add_get(METADATA, _metadata(http, twins))
            app.router.add_get(f"{METADATA}/keys", _keys(http, twins))
            app.router.add_route("*", LOGIN + "/{tenant}/{rest:.*}", _login(http, twins))
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.SockSite(runner, sock).start()
        await service.work()
        yield Product(service=service, address=address, database_url=url, http=http, twins=twins, logged=records)


def _metadata(http: aiohttp.ClientSession, twins: Mapping[Town, str]) -> Any:
    """Both towns' connectors sign with keys of their own; Bot Framework publishes all keys in one place."""

    async def answer(request: web.Request) -> web.Response:
        async with http.get(f"{twins[FJORDVIK]}/botframework/v1/.well-known/openidconfiguration") as found:
            document = await found.json()
        return web.json_response(document | {"jwks_uri": f"{request.url.origin()}{METADATA}/keys"})

    return answer


def _keys(http: aiohttp.ClientSession, twins: Mapping[Town, str]) -> Any:
    async def answer(_: web.Request) -> web.Response:
        keys: list[Any] = []
        for address in twins.values():
            async with http.get(f"{address}/botframework/v1/.well-known/keys") as found:
                keys += (await found.json())["keys"]
        return web.json_response({"keys": keys})

    return answer


def _login(http: aiohttp.ClientSession, twins: Mapping[Town, str]) -> Any:
    """One Entra for all: each tenant's sign-in is answered by its own town."""

    async def answer(request: web.Request) -> web.Response:
        tenant, rest = request.match_info["tenant"], request.match_info["rest"]
        place = next(f"{twins[town]}/login" for town in twins if str(town.home) == tenant)
        async with http.request(
            request.method,
            f"{place}/{tenant}/{rest}",
            data=await request.read(),
            headers={"Content-Type": request.headers.get("Content-Type", "text/plain")},
        ) as found:
            text = (await found.text()).replace(place, f"{request.url.origin()}{LOGIN}")
            return web.Response(status=found.status, text=text, content_type=found.content_type)

    return answer


class listening:  # noqa: N801 - reads as a word where it is used
    """Everything that is logged, at the most talkative level, until the end."""

    def __enter__(self) -> list[logging.LogRecord]:
        records: list[logging.LogRecord] = []
        self._root, self._handler = logging.getLogger(), _Listener(records)
        self._before = self._root.level
        self._root.setLevel(logging.DEBUG)
        self._root.addHandler(self._handler)
        return records

    def __exit__(self, *_: object) -> None:
        self._root.removeHandler(self._handler)
        self._root.setLevel(self._before)
