"""One running product for all scenarios of a test process, and a fresh play for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

pytest.register_assert_rewrite(*(f"tests.support.live.{name}" for name in ("play", "scenarios", "traces", "watching")))

from tests.support.live.play import Play  # noqa: E402
from tests.support.live.stack import Stack, running_stack  # noqa: E402
from tests.support.live.traces import check_traces  # noqa: E402
from tests.support.servers import TestServer  # noqa: E402


@pytest.fixture(scope="session")
async def stack(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The product, its database, its simulators and the app installed for three employees. In the end, what all that
    was played has left in logs and queue is looked at: an error there is shown at the last test of the process."""
    async with running_stack(server, tmp_path_factory.mktemp("logs")) as running:
        yield running
        await check_traces(running)


@pytest.fixture
def nodes() -> tuple[str, ...]:
    """The nodes that run when a scenario begins; a file may say otherwise."""
    return ("a",)


@pytest.fixture
async def play(stack: Stack, nodes: tuple[str, ...]) -> AsyncIterator[Play]:
    """A scenario about to begin."""
    await stack.only(*nodes)
    playing = await Play(stack).begin()
    yield playing
    await playing.end()
