"""The demo as a newcomer starts it: the program itself, on a free port, with data of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from simulators.control import SYSTEMS
from tests.support.live.processes import Child, Nursery

PROGRAM = Path(sys.executable).parent / "smartcall"


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo:
    """A running demo."""

    address: str  # http://127.0.0.1:PORT
    child: Child

    async def ring(self, caller: str | None, *, to: str | None = None, queue: str | None = None) -> str:
        """Let a phone ring at the exchange; the call's id."""
        body = {"from": caller, "to": to, "queue": queue}
        call = await self.exchange("calls", body)
        return str(call["id"])

    async def put_back(self) -> None:
        """The world as a test found it, whatever it has done to it: nothing disturbed, no call up, no form open."""
        for system in SYSTEMS:
            await self.ask("DELETE", f"control/{system}/faults")
        await self.ask("DELETE", "../demo/day")
        await self.ask("PUT", "exchange/delivery", {})
        await self.ask("PUT", "phonero/_stream", {})
        calls = (await self.ask("GET", "exchange/state"))["calls"]
        for call in reversed(calls):  # what was passed on before what it came from, which ends it too
            if call["state"] != "ended":
                await self.exchange(f"calls/{call['id']}/hangup", {})
        await self.ask("PUT", "exchange/telling", {"through": "webhook"})
        for message in (await self.ask("GET", "teams/state"))["messages"]:
            for action in _actions(message["card"] or {}):
                if action.get("verb") == "close_form" and not message["deleted"]:
                    pressed = {"message": message["id"], "verb": action["verb"], "data": action["data"]}
                    await self.ask("POST", f"teams/users/{message['user']}/invoke", pressed)

    async def exchange(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = await self.ask("POST", f"exchange/{path}", body)
        return said

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """A request to a simulator; its JSON answer."""
        async with (
            aiohttp.ClientSession(raise_for_status=True) as http,
            http.request(method, f"{self.address}/simulators/{path}", json=body) as answer,
        ):
            return await answer.json() if answer.content_type == "application/json" else None


@asynccontextmanager
async def running_demo(folder: Path) -> AsyncIterator[Demo]:
    """``smartcall demo`` with its data and logs in ``folder``; stopped as Ctrl-C stops it."""
    nursery = Nursery(folder)
    unwanted = {"SMARTCALL_DATABASE_URL", "SMARTCALL_DATABASE_OWNER_URL", "SMARTCALL_ENCRYPTION_KEY"}
    env = {name: value for name, value in os.environ.items() if name not in unwanted}
    env |= {"SMARTCALL_PORT": "0", "SMARTCALL_DATA_DIR": str(folder / "data")}
    try:
        child = await nursery.start("demo", [str(PROGRAM), "demo"], env, ready="SmartCall is ready: ")
        yield Demo(address=child.said.strip().rstrip("/"), child=child)
    finally:
        await nursery.close()


def _actions(node: object) -> Iterator[dict[str, Any]]:
    """Everything in a card that can be pressed."""
    if isinstance(node, dict):
        if str(node.get("type")).startswith("Action."):
            yield node
        for inner in node.values():
            yield from _actions(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _actions(inner)
