"""Until when a job may act outside: as long as its lease is sure to be its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def timeout_before(deadline: float) -> AsyncIterator[None]:
    """``asyncio.timeout_at``, and nothing is begun when the deadline (loop time) has passed: a process that stood still
    has been replaced meanwhile. Raises TimeoutError."""
    if asyncio.get_running_loop().time() >= deadline:
        raise TimeoutError
    async with asyncio.timeout_at(deadline):
        yield
