"""A node says that it is ready when what takes its time once has taken it."""

from __future__ import annotations

import base64
import sys

import aiohttp

from bot.app import Service
from bot.settings import Settings
from calls.store.database import Database

NOBODY = "http://127.0.0.1:1"


async def test_a_node_is_ready_when_it_works_and_not_before(database: Database) -> None:
    key = base64.b64encode(bytes(32)).decode()
    settings = Settings(port=0, login_url=NOBODY, openid_metadata_url=NOBODY, encryption_key=key, allow_loopback=True)
    service = Service(settings, database)
    await service.wire()
    try:
        address = await service.listen()
        assert await _ready(address) == 503
        await service.work()  # Microsoft, who does not answer, keeps nobody from it
        assert await _ready(address) == 200
        assert "anyio._backends._asyncio" in sys.modules
        assert len(database.pool._idle) + len(database.pool._lent) >= 4
    finally:
        await service.stop()


async def _ready(address: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(f"{address}/readyz") as answer:
        return answer.status
