"""The port is given back from any state."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from bot.listener import Listener


async def test_what_was_never_opened_is_closed_all_the_same() -> None:
    await Listener(web.Application()).close()


async def test_a_port_that_is_taken_is_said_and_nothing_is_left() -> None:
    holder, newcomer = Listener(web.Application()), Listener(web.Application())
    host, port = await holder.open("127.0.0.1", 0)
    with pytest.raises(OSError, match="address already in use"):
        await newcomer.open(host, port)
    await newcomer.close()
    await holder.close()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "late sockets"]
    again = Listener(web.Application())
    assert await again.open(host, port) == (host, port)
    await again.close()
