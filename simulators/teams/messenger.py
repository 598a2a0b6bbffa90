"""Carries activities to the bot's messaging endpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from simulators.teams.openid import OpenId

PATH = "/api/messages"
TIME_LIMIT = 10.0
"""Seconds until Teams gives up on an invoke and says that the app cannot be reached."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """How the bot took an activity."""

    type: str
    status: int | None = None  # None: no answer
    body: Any = field(default=None, repr=False)  # parsed JSON, else the text; None: empty
    error: str | None = None  # why there is no answer

    def show(self) -> dict[str, Any]:
        return {"type": self.type, "status": self.status, "body": self.body, "error": self.error}


class Messenger:
    """One HTTP session to the bot, open while the application runs."""

    def __init__(self, bot_url: str, openid: OpenId, *, anonymous: bool) -> None:
        self._url = bot_url.rstrip("/") + PATH
        self._openid = openid
        self._anonymous = anonymous
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIME_LIMIT)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, activity: dict[str, Any], origin: str) -> Delivered:
        if self._session is None:
            raise RuntimeError("the application has not been started")
        headers = {
            "User-Agent": "Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)",
            "x-ms-conversation-id": activity["conversation"]["id"],
            "x-ms-tenant-id": activity["conversation"]["tenantId"],
        }
        if not self._anonymous:
            headers["Authorization"] = f"Bearer {self._openid.sign(origin)}"
        kind = str(activity["type"])
        try:
            async with self._session.post(self._url, json=activity, headers=headers) as response:
                return Delivered(type=kind, status=response.status, body=_read(await response.text()))
        except TimeoutError:
            return Delivered(type=kind, error="no answer in time")
        except aiohttp.ClientError as error:
            return Delivered(type=kind, error=f"not reached ({type(error).__name__})")


def _read(text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text[:2000]
