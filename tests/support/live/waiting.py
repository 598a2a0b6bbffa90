"""Waiting for something that only looking can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 20.0  # seconds until something that should come is given up
_LOOK = 0.04


async def until(look: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """What ``look`` answers, as soon as that is something. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(_LOOK)
    return found
