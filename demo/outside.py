"""The exchange and the local Teams as the player of the day sees them: over HTTP, like everybody else."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import aiohttp


class ExchangeRefusedError(Exception):
    """The exchange does not do that now; the message is its own."""


class Outside:
    """One running demo. Use :meth:`open` and :meth:`close`."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/") + "/simulators"
        self._http: aiohttp.ClientSession | None = None
        self._listening: asyncio.Task[None] | None = None
        self._banners: Counter[str] = Counter()  # by employee, since we listen
        self._rang = asyncio.Condition()
        self._people: dict[str, str] = {}  # employee's name → id in Teams
        self.lines: dict[str, str] = {}  # first name → number
        self.groups: dict[str, tuple[str, ...]] = {}  # name of a queue or shared number → its members' numbers
        self._queues: set[str] = set()
        self._shared: dict[str, str] = {}  # name → number
        self._names: dict[str, str] = {}  # number → employee's name

    async def open(self) -> None:
        """Raises aiohttp.ClientError when nobody is there."""
        self._http = aiohttp.ClientSession()
        state = await self.ask("GET", "exchange/state")
        self.lines = {line["name"].split()[0]: line["number"] for line in state["lines"]}
        self.groups = {each["name"]: tuple(each["members"]) for each in (*state["queues"], *state["shared"])}
        self._queues = {each["name"] for each in state["queues"]}
        self._shared = {each["name"]: each["number"] for each in state["shared"]}
        self._names = {line["number"]: line["name"] for line in state["lines"]}
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listening = asyncio.create_task(self._listen(begun), name="banners")
        await asyncio.wait({begun, self._listening}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        if not begun.done():
            raise aiohttp.ClientConnectionError("Teams' stream does not begin")

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        if self._http is None:
            raise RuntimeError("not open")
        async with self._http.request(method, f"{self._base}/{path}", json=body) as answer:
            said = await answer.json()
        if answer.status >= 400:
            raise ExchangeRefusedError(str(said.get("error", answer.status)))
        return said

    async def place(self, caller: str, to: str, when_busy: str | None) -> dict[str, Any]:
        """Names of the day's file become numbers here."""
        order: dict[str, Any] = {"from": self.lines.get(caller, caller), "when_busy": when_busy}
        order |= {"queue": to} if to in self._queues else {"to": self.lines.get(to) or self._shared.get(to, to)}
        placed: dict[str, Any] = await self.ask("POST", "exchange/calls", order)
        return placed

    def banners(self) -> Counter[str]:
        """How many messages the bot has posted to the owner of each line."""
        return Counter({number: self._banners[self._owner(number)] for number in self.lines.values()})

    async def posted(self, before: Counter[str], patience: float) -> bool:
        """Wait until each of these lines' owners has one message more; False when that takes too long."""
        try:
            async with asyncio.timeout(patience), self._rang:
                await self._rang.wait_for(
                    lambda: all(self._banners[self._owner(number)] > count for number, count in before.items())
                )
        except TimeoutError:
            return False
        return True

    def _owner(self, number: str) -> str:
        return self._people.get(self._names.get(number, ""), "")

    async def _listen(self, begun: asyncio.Future[None]) -> None:
        """Count what is posted. The stream's first event is one long line with the whole state."""
        if self._http is None:
            raise RuntimeError("not open")
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._http.get(f"{self._base}/teams/stream", timeout=timeout, read_bufsize=2**24) as stream:
            event = ""
            while line := (await stream.content.readuntil(b"\n")).decode():
                name, _, value = line.strip().partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "state":
                    self._people = {user["name"]: user["id"] for user in json.loads(value)["users"]}
                    begun.set_result(None)
                elif name == "data" and event == "toast":
                    async with self._rang:
                        self._banners[json.loads(value)["user"]] += 1
                        self._rang.notify_all()
