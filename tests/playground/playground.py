"""Drives the Microsoft 365 Agents Playground, a Teams client and Bot Connector that we did not write.

Its HTTP and WebSocket interface is not documented; what is used here was read off version 0.2.28, the locked one. One
Playground shows one user (`currentUser` of the committed .m365agentsplayground.yml) and one personal chat. It sends no
Authorization header, knows no toasts and no limits, and cannot delete a message.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "playground" / ".m365agentsplayground.yml"
_PROGRAM = ROOT / "playground" / "node_modules" / ".bin" / "agentsplayground"
_CARD = "application/vnd.microsoft.card.adaptive"

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(kw_only=True, slots=True)
class Message:
    """One message of the bot as the chat shows it now."""

    id: str  # the activity id that the bot was given
    text: str | None  # plain text, if any
    card: Json | None  # the adaptive card, if any
    edits: int = 0  # how often it was replaced in place


@dataclass(kw_only=True, slots=True)
class Seen:
    """What the two streams have told so far."""

    messages: dict[str, Message] = field(default_factory=dict)  # the bot's, by id, oldest first
    traffic: list[Json] = field(default_factory=list)  # log entries with whole requests and responses, either way
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)  # notified after each change

    async def take_chat(self, event: Json) -> None:
        sent = event.get("message") or {}
        if event.get("action") not in ("createMessage", "updateMessage") or "messageId" not in sent:
            return
        cards = [a["content"] for a in sent.get("attachments") or [] if a.get("contentType") == _CARD]
        known = self.messages.get(sent["messageId"])
        edits = known.edits + 1 if known else 0
        async with self.changed:
            self.messages[sent["messageId"]] = Message(
                id=sent["messageId"], text=sent.get("text"), card=cards[0] if cards else None, edits=edits
            )
            self.changed.notify_all()

    async def take_traffic(self, event: Json) -> None:
        if event.get("logAction") != "appendLog" or not event["log"].get("request"):
            return
        async with self.changed:
            self.traffic.append(event["log"])
            self.changed.notify_all()

    async def until(self, look: Callable[[], T | None], what: Callable[[], str], seconds: float) -> T:
        """What `look` finds, now or after a change. Raises TimeoutError with the words of `what`."""
        async with self.changed:
            try:
                async with asyncio.timeout(seconds):
                    while (found := look()) is None:
                        await self.changed.wait()
            except TimeoutError:
                raise TimeoutError(what()) from None
        return found


class Playground:
    """A running Playground. Made by `run_playground`."""

    def __init__(self, *, address: str, session: aiohttp.ClientSession, config: Json) -> None:
        self.address = address  # http://127.0.0.1:PORT
        self.user: Json = config["currentUser"]
        self.conversation: str = config["personalChat"]["id"]
        self.seen = Seen()
        self._session = session

    async def install(self) -> None:
        """The user installs the app: the bot gets installationUpdate (add), then conversationUpdate."""
        async with self._answered("installationUpdate"), self._answered("conversationUpdate"):
            await self._post(f"/_debug/conversation/{self.conversation}/installation", {})

    async def uninstall(self) -> None:
        """The user removes the app: installationUpdate (remove)."""
        query = {"conversationId": self.conversation, "type": "uninstall"}
        async with self._session.get(f"{self.address}/_internal/v1/customActivities/template", params=query) as answer:
            activity = await answer.json()
        async with self._answered("installationUpdate"):
            await self._post("/_internal/v1/customActivities", activity)

    async def say(self, text: str) -> str:
        """The user writes to the bot; returns the id of that message."""
        body = {"type": "text", "text": text, "textFormat": "plain", "from": {"id": self.user["id"]}}
        sent = await self._post(f"/_conversation/v1/conversations/{self.conversation}/messages", body)
        return str(sent["messageId"])

    async def invoke(self, message: str, verb: str, data: Json) -> Json:
        """The user presses an Action.Execute of a message. Returns what the bot answered, without its status code;
        raises aiohttp.ClientResponseError when the bot failed (502)."""
        action = {"type": "Action.Execute", "verb": verb, "data": data}
        value = {"action": action, "trigger": "manual"}
        return await self._post("/_conversation/v1/invoke", {"name": "adaptiveCard/action", **self._on(message, value)})

    async def submit(self, message: str, value: Json) -> None:
        """The user presses an Action.Submit of a message: the bot gets a message with this value."""
        async with self._answered("message"):
            await self._post("/_conversation/v1/submit", self._on(message, value))

    async def wait_for(self, wanted: Callable[[Message], bool], *, seconds: float = 20) -> Message:
        """The newest message of the bot that is as wanted, now or later. Raises TimeoutError saying what there is."""
        messages = self.seen.messages
        return await self.seen.until(
            lambda: next((m for m in reversed(messages.values()) if wanted(m)), None),
            lambda: f"no such message in {list(messages.values())}",
            seconds,
        )

    def activities(self, *, to_bot: bool) -> list[Json]:
        """The activities sent so far, oldest first: those the bot got, or those it sent."""
        sender = "Microsoft 365 Agents Playground" if to_bot else "User Application"
        entries = sorted((e for e in self.seen.traffic if e["from"] == sender), key=lambda e: e["timestamp"])
        return [e["request"]["body"] for e in entries]

    async def wait_for_activity(self, wanted: Callable[[Json], bool], *, to_bot: bool, seconds: float = 20) -> Json:
        """The newest such activity, now or later; the traffic is told a moment after the chat shows it."""
        return await self.seen.until(
            lambda: next((a for a in reversed(self.activities(to_bot=to_bot)) if wanted(a)), None),
            lambda: f"no such activity in {self.activities(to_bot=to_bot)}",
            seconds,
        )

    @asynccontextmanager
    async def _answered(self, kind: str) -> AsyncIterator[None]:
        """The Playground returns before the bot has the activity; this leaves when the bot has answered it."""

        def count() -> int:
            return sum(a["type"] == kind for a in self.activities(to_bot=True))

        before = count()
        yield
        await self.seen.until(lambda: count() > before or None, lambda: f"the bot did not answer {kind}", seconds=20)

    def _on(self, message: str, value: Json) -> Json:
        place = {"from": {"id": self.user["id"]}, "conversation": {"id": self.conversation}}
        return {"value": value, "replyToId": message, **place}

    async def _post(self, path: str, body: Json) -> Json:
        async with self._session.post(f"{self.address}{path}", json=body) as answer:
            text = await answer.text()
            answer.raise_for_status()
        parsed: Json = json.loads(text) if text else {}
        return parsed

    async def watch(self) -> None:
        """Follows both streams until it is cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._stream("/_ws_conversation/v1/conversations/stream", self.seen.take_chat))
            both.create_task(self._stream("/_ws/log/stream", self.seen.take_traffic))

    async def _stream(self, path: str, take: Callable[[Json], Awaitable[None]]) -> None:
        async with self._session.ws_connect(f"{self.address}{path}", max_msg_size=0) as stream:
            async for message in stream:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await take(json.loads(message.data))


@asynccontextmanager
async def run_playground(*, bot: str, folder: Path) -> AsyncIterator[Playground]:
    """A Playground for the bot at this address (http://…/api/messages), in a folder of its own, on a free port. It and
    whatever it started is gone afterwards. Raises RuntimeError with its own words when it does not start."""
    shutil.copy(CONFIG, folder / CONFIG.name)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    with (folder / "playground.out").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(str(_PROGRAM), "--app-endpoint", bot, "--channel-id", "msteams", "--port", str(port)),
            *("--service-url", f"{address}/_connector", "--disable-telemetry"),
            cwd=folder,
            env={**os.environ, "PATH": path, "TEAMSAPPTESTER_BROWSER": "none"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        async with aiohttp.ClientSession() as session:
            config = await _config_when_ready(session, address, process, folder)
            playground = Playground(address=address, session=session, config=config)
            watcher = asyncio.create_task(playground.watch())
            try:
                yield playground
            finally:
                watcher.cancel()
                await asyncio.gather(watcher, return_exceptions=True)
    finally:
        await _stop(process)


async def _config_when_ready(
    session: aiohttp.ClientSession, address: str, process: asyncio.subprocess.Process, folder: Path
) -> Json:
    for _ in range(300):
        if process.returncode is not None:
            break
        try:
            async with session.get(f"{address}/_internal/v1/config") as answer:  # itself waits for the bot
                if answer.status == 200:
                    config: Json = (await answer.json())["config"]
                    return config
        except aiohttp.ClientConnectionError:
            pass
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the Playground did not start: {_complaint(folder)}")


def _complaint(folder: Path) -> str:
    """Why it did not start; it says so in its log file alone."""
    said = "".join(p.read_text() for p in (folder / "playground.out", *folder.glob("devTools/*.log")))
    return " ".join(re.findall(r"^error .*$", said, re.MULTILINE)) or said[-500:]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ends the process and its children (Node may run below a small starter)."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            continue
    await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
