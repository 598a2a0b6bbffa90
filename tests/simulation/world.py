"""Everything put together: nodes of the service, the world around them, and a day that happens to them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import random
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from calls.jobs.queue import Work
from calls.model import Connection, Event
from calls.store.database import DATABASE_AWAY
from calls.store.vault import Vault
from tests.simulation.apps import reinstall
from tests.simulation.board import Board, sweeping
from tests.simulation.companies import SETTINGS, found_companies
from tests.simulation.faults import Faults, Odds
from tests.simulation.listening import FrozenAsyncio, streams
from tests.simulation.loop import NothingLeft, VirtualLoop
from tests.simulation.nodes import Node
from tests.simulation.operator import CallTruth, Exchange
from tests.simulation.placer import Switch
from tests.simulation.postgres import Postgres
from tests.simulation.presses import Employees
from tests.simulation.resting import rest
from tests.simulation.service import jobs
from tests.simulation.sources import Crms
from tests.simulation.starts import Starts
from tests.simulation.teams import Teams
from tests.simulation.trunk import PLACE, Trunk
from tests.simulation.webhooks import deliver
from tests.support.clock import BEGINNING
from tests.support.companies import TestCompany


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A time in which a node could not keep what it knew."""

    kind: str
    node: Node | None  # None: all of them
    begin: float
    end: float


class World:
    """One seed's world. Made outside the loop, run once."""

    def __init__(self, seed: str, url: str, odds: Odds, *, nodes: int) -> None:
        self.seed = seed
        self.loop = VirtualLoop()
        self.postgres = Postgres(self.loop, url)
        self.vault = Vault([bytes(range(32))])
        self.chance = random.Random(f"{seed} world")
        self.faults = Faults(seed, odds)
        self.wrongs: list[str] = []  # broken rules, as they are seen
        self.notes: Counter[str] = Counter()  # what is allowed, but worth counting
        self.troubles: list[Trouble] = []
        self.database_back_at = 0.0
        self.delivered: defaultdict[str, dict[str, Event]] = defaultdict(dict)  # by call ref and event id
        self.truths: list[CallTruth] = []
        self.ignored: set[str] = set()  # ids of events that were none of ours
        self.companies: list[TestCompany] = []
        self.connections: list[Connection] = []  # to the operators that call our address, by place
        self._digest = hashlib.sha256()
        self.steps = 0
        self.to_come = 0  # deliveries and other things of the day that have not happened yet
        self.busy: set[asyncio.Task[None]] = set()
        self.stirred = asyncio.Event()
        self.stirred_at = 0.0
        self.handlers: dict[Node, Mapping[str, Work]] = {}
        self._node_count = 0
        self.nodes: list[Node] = []
        self._graves: list[Node] = []
        self.board = Board(self)
        self.starts = Starts(self)
        self.teams = Teams(world=self)
        self.employees = Employees(world=self)
        self.switch = Switch(world=self)
        self.crms = Crms(world=self)
        self.trunk = Trunk(world=self)
        self._nodes_wanted = nodes

    # What the parts of the world ask.

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.loop.time())

    @property
    def digest(self) -> str:
        """Of everything that happened, in its order: equal for equal runs."""
        return self._digest.hexdigest()[:16]

    def trace(self, who: str, what: str) -> None:
        self.steps += 1
        self._digest.update(f"{self.loop.time():.6f} {who} {what}\n".encode())

    def blame(self, what: str) -> None:
        self.wrongs.append(f"{self.loop.time():.3f} s: {what}")

    def note(self, what: str) -> None:
        self.notes[what] += 1

    def stir(self) -> None:
        """Something was stored: the sweeps look again."""
        self.stirred_at = self.loop.time()
        self.stirred.set()
        self.stirred.clear()

    def trouble(self, kind: str, node: Node | None, seconds: float = 0.0) -> None:
        begin = self.loop.time()
        self.troubles.append(Trouble(kind=kind, node=node, begin=begin, end=begin + seconds))

    def had_trouble(self, node: Node, begin: float, end: float) -> bool:
        return any(each.begin <= end and each.end >= begin and each.node in (None, node) for each in self.troubles)

    def any_node(self) -> Node | None:
        fit = [node for node in self.nodes if node.fit]
        return self.chance.choice(fit) if fit else None

    async def on(self, node: Node, work: Coroutine[Any, Any, Any]) -> Any:
        """What the node answers; None when it died over it or had no database."""
        task = node.spawn(work)
        await asyncio.wait({task, node.died}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            return None
        try:
            return task.result()
        except DATABASE_AWAY:
            return None

    def start_node(self) -> None:
        self._node_count += 1
        node = Node(self, f"node {self._node_count}")
        self.handlers[node] = jobs(node)
        self.nodes.append(node)
        if self.trunk.working and not self.trunk.over:
            node.listen(streams(node))
        _ = node.spawn(sweeping(node, self))

    # Faults that concern whole nodes.

    def kill(self, node: Node) -> None:
        self.trace(node.name, "killed")
        self.trouble("kill", node)
        node.die()
        self.nodes.remove(node)
        self._graves.append(node)
        self.loop.call_later(self.chance.uniform(1, 30), self.start_node)

    def pause(self, node: Node) -> None:
        self.trace(node.name, "paused")
        self.trouble("pause", node, 20.0)
        node.resumes_at = self.loop.time() + 20.0

    def restart_database(self) -> None:
        self.trace("database", "restarted")
        away = self.chance.uniform(0.1, 3)
        self.trouble("restart", None, away)
        self.database_back_at = self.loop.time() + away
        for node in self.nodes:
            node.drop_connections()

    # The day.

    def run(self, calls: int, *, apart: float) -> None:
        """Play the day, let it come to rest. Afterwards :meth:`look` and the rows tell what has become of it."""
        urandom = random.Random(f"{self.seed} urandom").randbytes
        blame = _Blame(self)
        logging.getLogger("calls").addHandler(blame)
        self.postgres.run_outside(found_companies(self))
        frozen = mock.patch("calls.intake.streams.asyncio", FrozenAsyncio())
        with mock.patch.object(os, "urandom", urandom), frozen:
            try:
                asyncio.set_event_loop(self.loop)
                self.loop.run_until_complete(self._day(calls, apart))
            except NothingLeft:
                self.blame("everybody waits, and nothing is due")
            finally:
                logging.getLogger("calls").removeHandler(blame)

    def close(self) -> None:
        """Put what dead nodes have left out of the world."""
        for node in [*self.nodes, *self._graves]:
            node.disposed = True
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left, timeout=60))
        asyncio.set_event_loop(None)
        self.postgres.close()
        self.loop.close()

    async def _day(self, calls: int, apart: float) -> None:
        for _ in range(self._nodes_wanted):
            self.start_node()
        self._exchange = Exchange(self.seed, self.faults, len(SETTINGS))
        self.truths, deliveries = self._exchange.day(calls, apart=apart)
        for delivery in deliveries:
            if delivery.place != PLACE or not self.trunk.working:
                self.at(delivery.at, deliver(self, delivery))
        happening = [(each.at + at, each, at, event) for each in self.truths for at, event in each.events]
        happening = [each for each in happening if self.trunk.carries(each[1])]
        for when, *what in happening:
            self.loop.call_at(when, self.trunk.happen, *what)
        if self.trunk.working:
            self.at(max((when for when, *_ in happening), default=0.0) + 2.0, self.trunk.finish())
        for truth in [*self.truths]:
            if self.faults.happens("uninstalls"):
                self.at(truth.at + self.chance.uniform(0, 20), reinstall(self, truth.place))
        self.loop.call_later(deliveries[-1].at + 1.0, self._calm)
        while self.to_come or self.busy or not self._calmed:  # noqa: ASYNC110 - virtual seconds cost nothing
            await asyncio.sleep(1.0)
        await rest(self)

    _calmed = False

    def _calm(self) -> None:
        self.faults.calm()
        self._calmed = True

    def at(self, at: float, work: Coroutine[Any, Any, None]) -> None:
        self.to_come += 1

        def begin() -> None:
            self.to_come -= 1
            self.stir()
            task = self.loop.create_task(work)
            self.busy.add(task)
            task.add_done_callback(self.busy.discard)
            task.add_done_callback(lambda done: done.cancelled() or done.result())

        self.loop.call_at(at, begin)

    def tell(self, truth: CallTruth) -> None:
        """Of a call that was asked for."""
        for delivery in self._exchange.tell(truth, all_but_its_end=True):
            self.at(delivery.at, deliver(self, delivery))

    def card_shown(self, card_id: str) -> None:
        """Somebody sees it, and does something with it."""
        if self.faults.happens("presses"):
            after = self.chance.choice((self.chance.uniform(0.3, 60), self.chance.uniform(30, 900)))
            self.at(self.loop.time() + after, self.employees.press(card_id))
        if self.faults.happens("teams_forgets"):
            self.loop.call_later(self.chance.uniform(1, 60), self._forget, card_id)

    def _forget(self, card_id: str) -> None:
        self.teams.messages[card_id].deleted = True

    @property
    def events_delivered(self) -> int:
        return sum(len(events) for events in self.delivered.values())


class _Blame(logging.Handler):
    """What the service itself calls an error is one."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.WARNING)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if self._world.starts.excuse(text):
            return
        if record.levelno >= logging.ERROR or ": bug (" in text:  # a stream says so, and tries again
            self._world.blame(f"logged: {text}")
