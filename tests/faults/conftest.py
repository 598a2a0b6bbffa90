"""Three nodes on one database for all tests of faults, and what was measured with them."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

pytest.register_assert_rewrite(*(f"tests.support.live.{name}" for name in ("play", "traces", "watching")))

from tests.support.live.play import Play  # noqa: E402
from tests.support.live.processes import FULL, smartcall  # noqa: E402
from tests.support.live.stack import Stack, running_stack  # noqa: E402
from tests.support.live.traces import check_logs, check_queue  # noqa: E402
from tests.support.live.waiting import until  # noqa: E402
from tests.support.servers import TestServer  # noqa: E402

REPORT = Path(__file__).parents[2] / "build" / "faults.json"
NODES = ("a", "b", "c")  # the disk of c, for its log, is full


@pytest.fixture(scope="session")
def measured() -> Iterator[dict[str, float]]:
    """Seconds, by what they were for. Printed and kept in build/faults.json; nothing depends on them."""
    seconds: dict[str, float] = {}
    yield seconds
    for what, took in seconds.items():
        print(f"{what}: {took:.1f} s")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps({what: round(took, 1) for what, took in seconds.items()}, indent=1) + "\n")


@pytest.fixture(scope="session")
async def stack(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running_stack(server, tmp_path_factory.mktemp("logs")) as running:
        if FULL.exists():
            await _start_without_disk(running, "c")
        yield running
        check_logs(running)
        await check_queue(running)


async def _start_without_disk(stack: Stack, name: str) -> None:
    """A node that can write nothing to its output, neither of them, from its very first line on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = stack.environment(SMARTCALL_PORT=str(port))
    node = await stack.nursery.start(f"node-{name}", smartcall("serve"), env, ready=None)
    node.said = f"http://127.0.0.1:{port}"

    async def ready() -> bool:
        assert node.alive, f"{name} ended with {node.process.poll()}"
        try:
            async with stack.http.get(f"{node.said}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    await until(ready, 40)
    stack.nodes[name] = node


class Trio:
    """A scenario with three nodes, who does its work, and how long that takes."""

    def __init__(self, play: Play, measured: dict[str, float]) -> None:
        self.play = play
        self.stack = play.stack
        self._measured = measured

    def work_at(self, name: str) -> None:
        """Only this one works; the others stand still, and do not know that time goes by."""
        for other in NODES:
            self.stack.nodes[other].signal(signal.SIGCONT if other == name else signal.SIGSTOP)
        self.stack.lead_to(name)

    def wake(self, *names: str) -> None:
        for name in names:
            self.stack.nodes[name].signal(signal.SIGCONT)
        self.stack.lead_to(*names)

    def freeze(self, name: str) -> None:
        self.stack.nodes[name].signal(signal.SIGSTOP)

    async def kill(self, name: str) -> None:
        self.stack.nodes[name].signal(signal.SIGKILL)
        await self.stack.nodes[name].ended(5)

    def measure(self, what: str, since: float) -> None:
        self._measured[what] = time.monotonic() - since


@pytest.fixture
async def trio(stack: Stack, measured: dict[str, float]) -> AsyncIterator[Trio]:
    await stack.only(*NODES)
    playing = await Play(stack).begin()
    together = Trio(playing, measured)
    yield together
    together.wake(*(name for name, node in stack.nodes.items() if node.alive))
    await playing.end()
