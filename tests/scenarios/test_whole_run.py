"""What the nodes have written when everything in a call has gone wrong that can: see tests/support/live/traces.py.

The same is asked of every stack when it is taken down, whatever was played on it.
"""

from __future__ import annotations

import pytest

from tests.support.live.play import Play
from tests.support.live.traces import check_errors, check_logs, check_queue

pytestmark = pytest.mark.processes


async def make_some_noise(play: Play) -> None:
    """A call with everything in it that logs: a throttled CRM, a refused card, a broken and a wrong delivery."""
    await play.fault(system="hubspot", path="/search", status=503, times=2)
    await play.fault(system="connector", method="POST", path="/activities", status=502, times=1)
    await play.ring(caller="22334455", to="90000001")
    await play.see(who="Kari", state="Ringer")
    await play.deliver({"event": "newCall"})
    await play.deliver({"event": "newCall", "callId": "22334455"}, token="22334455" * 4)
    await play.hang_up()
    await play.quiet()


async def test_nothing_personal_and_no_secret_was_written(play: Play) -> None:
    await make_some_noise(play)
    check_logs(play.stack)


async def test_nothing_personal_is_in_the_queue(play: Play) -> None:
    await make_some_noise(play)
    await check_queue(play.stack)


async def test_no_node_has_failed_in_our_own_code(play: Play) -> None:
    check_errors(play.stack)
