"""The whole product as real processes: PostgreSQL, simulators, nodes, and one address in front of the nodes."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from tests.support.live.processes import Child, Done, Nursery, clean_environment, run_program, smartcall
from tests.support.live.switchboard import Switchboard
from tests.support.servers import TestServer

BOT_APP_ID = "5f0a3c52-6f0e-4d6b-9a43-0c1f8c1d7a10"
PROVIDER = "3b6cc1e4-77b1-4f2e-8a3d-1f4c0a7b9e21"
TENANT = "9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"
OPERATOR = "2f1a8a60-0b0e-4c8e-9f6a-7a1d3c5e9b01"
PEOPLE = {name: f"0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d0{place}" for place, name in enumerate(("Kari", "Ola", "Amina"), 1)}
FOLDER = Path(__file__).parents[2] / "scenarios"
WORLD_FILE = FOLDER / "world.toml"
COMPANY_FILES = tuple(FOLDER / name for name in ("provider.toml", "company.toml", "neighbour.toml"))


def _signing_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """The secrets of a run that are made anew each time; the simulators' own stand in their world."""

    url_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    url_token_before: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    neighbour_url_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    signing_secret: str = field(default_factory=_signing_secret, repr=False)
    signing_secret_before: str = field(default_factory=_signing_secret, repr=False)
    encryption_key: str = field(default_factory=lambda: base64.b64encode(os.urandom(32)).decode(), repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Toast:
    """A banner that Teams has raised."""

    user: str
    message: str
    text: str


class Stack:
    """Everything of one run. Requests go to :attr:`address`, and from there to the chosen node."""

    def __init__(self, server: TestServer, nursery: Nursery, url: str, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.nursery = nursery
        self.database_url = url
        self.http = http
        self.keys = Keys()
        self.previous_key = ""  # the other encryption key in force, while it is changed
        self.world: dict[str, Any] = tomllib.loads(WORLD_FILE.read_text(encoding="utf-8"))
        self.switchboard = Switchboard()
        self.nodes: dict[str, Child] = {}
        self.toasts: list[Toast] = []
        self.address = ""
        self.twins = ""
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.address = await self.switchboard.start()
        words = [sys.executable, "-m", "simulators", "--world", str(WORLD_FILE), "--bot-url", self.address]
        child = await self.nursery.start("simulators", words, clean_environment(), ready="simulators ready:")
        self.twins = child.said
        done = await self.apply(*COMPANY_FILES)
        assert done.code == 0, done.err
        await self.need_node("a")
        self._listening = asyncio.create_task(self._listen(), name="toasts")
        for person in PEOPLE.values():
            installed = await self.ask("POST", f"teams/users/{person}/install")
            assert [each["status"] for each in installed["deliveries"]] == [200, 200], installed

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self.switchboard.stop()

    def environment(self, **more: str) -> dict[str, str]:
        """What a node, and `smartcall apply`, find in their environment."""
        twin = self.world["hubspot"]
        settings = {
            "SMARTCALL_PORT": "0",
            "SMARTCALL_DATABASE_URL": self.database_url,
            "SMARTCALL_DATABASE_OWNER_URL": self.database_url,
            "SMARTCALL_ENCRYPTION_KEY": self.keys.encryption_key,
            **({"SMARTCALL_ENCRYPTION_KEY_PREVIOUS": self.previous_key} if self.previous_key else {}),
            "SMARTCALL_LOGIN_URL": f"{self.twins}/login",
            "SMARTCALL_OPENID_METADATA_URL": f"{self.twins}/botframework/v1/.well-known/openidconfiguration",
            "SMARTCALL_ALLOW_LOOPBACK": "true",
            "SCENARIO_TWINS": self.twins,
            "SCENARIO_BOT_SECRET": self.world["login"]["apps"][0]["secret"],
            "SCENARIO_1881_KEY": self.world["directory_1881"]["keys"][0],
            "SCENARIO_HUBSPOT_SECRET": twin["client_secret"],
            "SCENARIO_HUBSPOT_REFRESH": twin["refresh_token"],
            "SCENARIO_CALL_TOKEN": self.world["exchange"]["click_to_dial"]["token"],
            "SCENARIO_URL_TOKEN": self.keys.url_token,
            "SCENARIO_URL_TOKEN_BEFORE": self.keys.url_token_before,
            "SCENARIO_SIGNING_SECRET": self.keys.signing_secret,
            "SCENARIO_SIGNING_SECRET_BEFORE": self.keys.signing_secret_before,
            "SCENARIO_NEIGHBOUR_URL_TOKEN": self.keys.neighbour_url_token,
        }
        return clean_environment(**(settings | more))

    async def apply(self, *files: Path, dry_run: bool = False, **environment: str) -> Done:
        words = smartcall("apply", *map(str, files), *(["--dry-run"] if dry_run else []))
        return await run_program(words, self.environment(**environment))

    async def need_node(self, name: str) -> Child:
        """The node of this name, started when it is not there; the switchboard leads to all that run, by name."""
        node = self.nodes.get(name)
        if node is None or not node.alive:
            words = smartcall("serve")
            ready = "SmartCall is serving:"
            node = await self.nursery.start(f"node-{name}", words, self.environment(), ready=ready)
            self.nodes[name] = node
            self.lead_to(*sorted(name for name, node in self.nodes.items() if node.alive))
        return node

    def lead_to(self, *names: str) -> None:
        """Send what comes from outside to these nodes, the first that takes it."""
        self.switchboard.choose(*(int(self.nodes[name].said.rpartition(":")[2]) for name in names))

    async def only(self, *names: str) -> None:
        """Exactly these nodes run."""
        for name in names:
            await self.need_node(name)
        for name, node in list(self.nodes.items()):
            if name not in names:
                if node.alive:
                    node.signal(signal.SIGCONT)
                    node.signal(signal.SIGTERM)
                    await node.ended(12)
                del self.nodes[name]
        self.lead_to(*names)

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """A request to a simulator; its JSON answer."""
        async with self.http.request(method, f"{self.twins}/{path}", json=body, headers=headers) as answer:
            assert answer.status < 400, f"{method} {path}: {answer.status} {await answer.text()}"
            return await answer.json() if answer.content_type == "application/json" else None

    async def sql(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """A question to the database, as its owner."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def _listen(self) -> None:
        """Note every toast. The twin's stream ends with the twin."""
        timeout = aiohttp.ClientTimeout(total=None)
        # Its first event is a line with the whole state in it.
        async with self.http.get(f"{self.twins}/teams/stream", timeout=timeout, read_bufsize=2**24) as stream:
            event = ""
            while line := (await stream.content.readuntil(b"\n")).decode():
                name, _, value = line.strip().partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "toast":
                    self.toasts.append(Toast(**json.loads(value)))


@asynccontextmanager
async def running_stack(server: TestServer, logs: Path) -> AsyncIterator[Stack]:
    """Everything up, the app installed for everybody; and everything gone in the end."""
    url = await server.create()
    nursery = Nursery(logs)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
        stack = Stack(server, nursery, url, http)
        try:
            # What was acknowledged must outlive a crash of the server: the tests' haste ends here.
            await stack.sql(f'ALTER DATABASE "{url.partition("?")[0].rpartition("/")[2]}" SET synchronous_commit = on')
            await stack.start()
            yield stack
        finally:
            await stack.stop()
            await nursery.close()
            await server.drop(url)
