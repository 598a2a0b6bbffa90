"""The control: the least that a service between a webhook and a card could do. Takes a POST, answers, sends a POST.

It stores nothing and knows nothing. What it takes is what this machine, Python and aiohttp take; the rest is ours.
"""

from __future__ import annotations

import asyncio
import os

import aiohttp
from aiohttp import web

from benchmarks.twins import serve

CARD = b"x" * 3000  # about as long as a card


async def main() -> None:
    onwards = os.environ["RELAY_TO"]
    tasks: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession() as http:

        async def send(key: str) -> None:
            async with http.post(f"{onwards}/relayed/{key}", data=CARD) as answer:
                await answer.read()

        async def take(request: web.Request) -> web.Response:
            await request.read()
            task = asyncio.create_task(send(request.match_info["key"]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            return web.Response()

        app = web.Application()
        app.router.add_post("/events/{key}", take)
        await serve(app, "relay")


if __name__ == "__main__":
    asyncio.run(main())
