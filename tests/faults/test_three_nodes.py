"""Three nodes on one database, and what can happen to them. How long each take-over lasts is measured, never asserted.

In the end each scenario compares what everybody sees: one card and one toast a call, one entry in the CRM.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import signal
import time
from dataclasses import replace

import aiohttp
import pytest

from tests.faults.conftest import NODES, Trio
from tests.support.live.play import Play
from tests.support.live.processes import FULL, run_program, smartcall
from tests.support.live.stack import COMPANY_FILES, PEOPLE, Stack
from tests.support.live.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]

ENDED = "Samtale avsluttet · <varighet>"
LOGGED = "✓ Journalført i HubSpot"
# Connections that listen for jobs: they alone ask for jobs, every second, and nothing else is asked on them.
LISTENERS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'smartcall'
    AND query LIKE '%queue.pgqueuer%' AND query NOT LIKE 'DELETE FROM queue.pgqueuer_log%' AND state = 'idle'
"""
EXPIRE_JOURNALS = """
UPDATE smartcall.journal SET lease_until = now() - interval '1 second', due_at = now() - interval '1 second'
WHERE lease IS NOT NULL
"""


async def check_the_end(play: Play, who: str, *, toasts: int = 1) -> None:
    (card,) = await play.cards(who)
    assert (card.state, card.name, card.lines[-1]) == (ENDED, "Nora Lie", LOGGED)
    assert len(await play.toasts(who)) == toasts


async def finish(play: Play, who: str, *, call: str = "call") -> None:
    await play.answer(call=call)
    await play.see(who=who, state="Besvart av deg")
    await play.hang_up(call=call)
    await play.see(who=who, state="Samtale avsluttet", journal=True)
    await play.quiet()
    await check_the_end(play, who)
    assert len(await play.journal()) == 1


@pytest.mark.skipif(not FULL.exists(), reason="this machine has no device without space")
async def test_a_full_disk_for_the_log(trio: Trio) -> None:
    """ "c" has been able to write nothing since its first line. It takes a call with everything in it that logs."""
    play = trio.play
    trio.work_at("c")
    await play.fault(system="connector", method="POST", path="/activities", status=502, times=1)
    assert (await play.deliver({"event": "newCall", "callId": "1"}, token="wrong" * 8))[0] == 401
    await play.ring(caller="22334455", to="90000001")
    await play.see(who="Kari", state="Ringer")
    await finish(play, "Kari")
    assert trio.stack.nodes["c"].alive


async def test_lost_listeners_are_replaced(trio: Trio) -> None:
    """Both listening connections of each node are cut at once; a call that rings at that moment is shown."""
    play, stack = trio.play, trio.stack
    trio.wake(*NODES)

    async def listeners() -> set[int]:
        return {row["pid"] for row in await stack.sql(LISTENERS)}

    async def all_there() -> set[int]:
        found = await listeners()
        return found if len(found) == 2 * len(NODES) else set()

    before = await until(all_there)
    await stack.sql("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", sorted(before))
    cut = time.monotonic()
    await play.ring(caller="22334455", to="90000001")
    await play.see(who="Kari", state="Ringer", name="Nora Lie")
    trio.measure("listeners cut, until the next call is on the screen", cut)
    assert not before & await until(all_there)
    trio.measure("listeners cut, until every node listens again", cut)
    await finish(play, "Kari")


async def test_the_database_restarts(trio: Trio) -> None:
    """It falls over as in a crash, in the middle of a call; the next one rings as soon as it is back."""
    play = trio.play
    trio.wake(*NODES)
    await play.ring(caller="22334455", to="90000001")
    await play.see(who="Kari", state="Ringer", name="Nora Lie")
    postgres = trio.stack.server.postgres
    await postgres.stop("immediate")
    await postgres.start()
    back = time.monotonic()
    await play.ring(caller="anonymous", to="90000002", call="next")
    await play.see(who="Ola", state="Ringer")
    trio.measure("database restarted, until the next call is on the screen", back)
    await play.hang_up(call="next", cause="busy")
    await finish(play, "Kari")


async def test_a_node_stands_still_for_twenty_seconds(trio: Trio) -> None:
    """ "a" is stopped with an update and a journal entry on their way. When it goes on, both have been done by others:
    it puts no old card back, posts nothing, and the CRM keeps one entry a call."""
    play = trio.play
    trio.work_at("a")
    await play.ring(caller="22334455", to="90000002", call="second")
    await play.see(who="Ola", state="Ringer", name="Nora Lie")
    await play.ring(caller="22334455", to="90000001")
    await play.see(who="Kari", state="Ringer", name="Nora Lie")
    await play.answer()
    await play.see(who="Kari", state="Besvart av deg")
    await play.quiet()
    await play.fault(system="hubspot", path="/calls/batch/upsert", after=True, delay=10, times=1)
    await play.hang_up()
    await play.asked(system="hubspot", method="POST", path="/calls/batch/upsert")
    await play.see(who="Kari", state="Samtale avsluttet")
    updates = len(await play.requests("connector", "PUT"))
    await play.fault(system="connector", method="PUT", path="/activities", delay=4, times=1)
    await play.answer(call="second")
    await play.asked(system="connector", method="PUT", path="/activities", times=updates + 1)
    trio.freeze("a")
    stopped = time.monotonic()
    trio.wake("b", "c")
    await trio.stack.sql(EXPIRE_JOURNALS)  # as if the minute had passed after which its holder counts as gone
    await play.hang_up(call="second")
    await play.see(who="Ola", state="Samtale avsluttet")
    trio.measure("node stands still over an update, until another one sends", stopped)
    await play.see(who="Kari", state="Samtale avsluttet", journal=True)
    await play.see(who="Ola", state="Samtale avsluttet", journal=True)
    await asyncio.sleep(max(0.0, stopped + 20.0 - time.monotonic()))
    trio.wake(*NODES)
    await asyncio.sleep(1.0)  # what it has in hand, it does now
    await play.quiet()
    for who in ("Kari", "Ola"):
        await check_the_end(play, who)
        assert len(await play.messages(who)) == 1
    assert len(await play.journal()) == 2


async def test_work_that_ends_every_process_is_parked_and_replayed(trio: Trio) -> None:
    """Whoever asks who is calling dies. Three nodes do; the next one shows the card without a name, and the doctor says
    what was given up."""
    play, stack = trio.play, trio.stack
    trio.work_at("a")
    await play.fault(system="hubspot", path="/search", delay=120)
    await play.ring(caller="22334455", to="90000001")
    killed = 0.0
    for times, name in enumerate(NODES, 1):
        await play.asked(system="hubspot", method="POST", path="/search", times=times)
        if times > 1:
            trio.measure(f"node killed while it asks, until another one asks ({times - 1})", killed)
        await trio.kill(name)
        killed = time.monotonic()
        if times < len(NODES):
            trio.wake(NODES[times])
    await stack.need_node("a")

    async def parked() -> bool:
        rows = await stack.sql("SELECT lookup_parked FROM smartcall.call WHERE started_at >= $1", play.began)
        return [row["lookup_parked"] for row in rows] == ["never_came_back"]

    await until(parked)
    await play.see(who="Kari", state="Ringer")
    await play.answer()
    await play.see(who="Kari", state="Besvart av deg")
    assert stack.nodes["a"].alive
    assert len(await play.requests("hubspot", "POST", "/search")) == len(NODES)
    report = (await run_program(smartcall("doctor"), stack.environment())).out
    assert "FAIL  Fjordvik AS: work was given up: 1 × never_came_back: mend what is wrong" in report
    await play.mend(system="hubspot")
    done = await run_program(smartcall("replay"), stack.environment())
    assert "and 1 lookups are tried again" in done.out, done.err
    await play.see(who="Kari", state="Besvart av deg", name="Nora Lie")
    await play.hang_up()
    await play.see(who="Kari", state="Samtale avsluttet", journal=True)
    await play.quiet()
    await check_the_end(play, "Kari")
    assert len(await play.journal()) == 1


async def test_secrets_are_changed_under_load(trio: Trio) -> None:
    """The token of the operator's address, then the encryption key, while calls come in at two nodes: each call is
    stored, shown once and logged once. The key takes two rounds, so that every node opens what any other one seals."""
    play, stack = trio.play, trio.stack
    await stack.only("a", "b")
    load = Load(play)
    telling = asyncio.create_task(load.run())
    old, token = stack.keys, secrets.token_urlsafe(24)
    stack.keys = replace(old, url_token=token, url_token_before=old.url_token)
    assert (await stack.apply(*COMPANY_FILES)).code == 0
    load.token = token
    stack.keys = replace(stack.keys, url_token_before=secrets.token_urlsafe(24))
    assert (await stack.apply(*COMPANY_FILES)).code == 0
    assert (await play.deliver({"event": "newCall", "callId": "late"}, token=old.url_token))[0] == 401
    new_key = base64.b64encode(os.urandom(32)).decode()
    for key, other in ((old.encryption_key, new_key), (new_key, old.encryption_key)):
        stack.keys, stack.previous_key = replace(stack.keys, encryption_key=key), other
        for name in ("a", "b"):
            await renew(stack, name)
    done = await stack.apply(*COMPANY_FILES)
    assert "(sealed anew)" in done.out, done.err
    load.stop()
    await telling
    await play.quiet()
    assert load.refused == []
    calls = await stack.sql("SELECT state FROM smartcall.call WHERE started_at >= $1", play.began)
    assert [row["state"] for row in calls] == ["ended"] * load.told
    popups = await stack.sql(
        "SELECT posts, p.parked FROM smartcall.popup p JOIN smartcall.call USING (call_id) WHERE started_at >= $1",
        play.began,
    )
    assert [tuple(row) for row in popups] == [(1, None)] * load.told
    cards = [card for who in PEOPLE for card in await play.cards(who)]
    assert [card.state for card in cards] == [ENDED] * load.told
    assert len(await play.journal()) == load.known


class Load:
    """An operator that tells of one call after another, and repeats what was not taken."""

    def __init__(self, play: Play) -> None:
        self.token = play.stack.keys.url_token
        self.told = self.known = 0
        self.refused: list[tuple[int, str]] = []
        self._play = play
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    async def run(self) -> None:
        while not self._stopped:
            number = "4722334455" if self.told % 3 == 0 else "anonymous"
            self.known += number != "anonymous"
            fields = {"callId": f"load-{self.told}", "from": number, "to": f"479000000{self.told % 3 + 1}"}
            self.told += 1
            for event in ("newCall", "answer", "hangup"):
                await self._tell({"event": event, **fields})
                await asyncio.sleep(0.2)

    async def _tell(self, fields: dict[str, str]) -> None:
        for _ in range(200):
            try:
                status, text = await self._play.deliver(fields, token=self.token)
            except aiohttp.ClientError:
                status, text = 503, "the connection ended with its node"
            if status == 200:
                return
            if status != 503:
                break
            await asyncio.sleep(0.1)
        self.refused.append((status, text))


async def renew(stack: Stack, name: str) -> None:
    """Stop a node as an administrator does, and start it with the settings of now; the other one serves meanwhile."""
    node = stack.nodes.pop(name)
    stack.lead_to(*stack.nodes)
    node.signal(signal.SIGTERM)
    assert await node.ended(12) == 0
    await stack.need_node(name)
