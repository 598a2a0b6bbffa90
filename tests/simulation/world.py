"""Everything put together: nodes of the service, the world around them, and a day that happens to them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import random
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from unittest import mock
from uuid import UUID

from bot.conversation import Conversation
from bot.teams.ports import InstalledChat, TeamsUser
from bot.teams_events import ProductEvents
from calls.callers.identify import CardsJob
from calls.callers.sources import Sources
from calls.calling.asking import Calling
from calls.calling.placing import PlacingJob
from calls.intake.ingest import Taken, take_in
from calls.jobs.queue import CALLING, CARDS, JOURNAL, Bell, Work
from calls.jobs.sweep import Sweep
from calls.journal.journaling import JournalJob
from calls.model import Connection, Event
from calls.popups.after_call import AfterCallWishes
from calls.popups.cards import Cards
from calls.popups.chats import ChatAddress, keep_chat
from calls.popups.wishes import Wishes
from calls.ports import Operator, Parsed, Proof, Tools
from calls.reducer import Call
from calls.store.database import DATABASE_AWAY, Database
from calls.store.vault import Vault
from tests.simulation.board import Board, sweeping
from tests.simulation.faults import Faults, Odds
from tests.simulation.loop import NothingLeft, VirtualLoop
from tests.simulation.nodes import Node
from tests.simulation.operator import CallTruth, Delivery, Exchange, arriving, tenant_id
from tests.simulation.placer import NodePlacer, Switch
from tests.simulation.postgres import Postgres
from tests.simulation.presses import Employees
from tests.simulation.sources import Crms, connector_maker
from tests.simulation.teams import NodeChannel, Teams
from tests.support.clock import BEGINNING
from tests.support.companies import NUMBER_OF_EMPLOYEES, TestCompany, company_text, object_id, provision
from tests.support.placers import FakeOperator, FakePlacer

WITHOUT_APP = NUMBER_OF_EMPLOYEES - 1  # the place of the one employee who never installs it
SETTINGS: Sequence[Mapping[str, object]] = (
    {},
    {"journal_missed": "never", "popup_internal": True},
    {"journal_answered": "never"},
)
_ARKIV = """
[[connections]]
kind = "connector"
type = "hubspot"
name = "Arkiv"
secrets = { service_key = { env = "TEST_HUBSPOT_KEY" } }
"""
_NEXT_DUE = """
SELECT LEAST(
    (SELECT min(due_at) FROM smartcall.popup), (SELECT min(due_at) FROM smartcall.journal),
    (SELECT min(lookup_lease_until) FROM smartcall.call WHERE lookup_state = 'wanted'),
    (SELECT min(stale_at) FROM smartcall.call),
    (SELECT min(due_at) FROM smartcall.call_request)
) AS due
"""
_STIRRED_SECONDS = 8.0  # after news, sweeps come every second for so long
_QUIET_ROUNDS = 1500  # after the day, everything must have come to rest in so many looks


class CallRefTexts:
    """:class:`calls.journal.journaling.JournalTexts` that says which call it is about."""

    def write(self, call: Call, *, employee: str | None, rang: Sequence[str], language: str) -> tuple[str, str]:
        return call.call_ref, f"{employee} {','.join(rang)}"


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
        self._ignored: set[str] = set()  # ids of events that were none of ours
        self.companies: list[TestCompany] = []
        self._operators: list[Connection] = []
        self._digest = hashlib.sha256()
        self.steps = 0
        self._to_come = 0  # deliveries and other things of the day that have not happened yet
        self._busy: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()
        self._stirred_at = 0.0
        self._handlers: dict[Node, Mapping[str, Work]] = {}
        self._node_count = 0
        self.nodes: list[Node] = []
        self._graves: list[Node] = []
        self.board = Board(self)
        self.teams = Teams(world=self)
        self.employees = Employees(world=self)
        self.switch = Switch(world=self)
        self.crms = Crms(world=self)
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
        self._stirred_at = self.loop.time()
        self._stirred.set()
        self._stirred.clear()

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

    # The service's parts, on one node.

    def handlers(self, node: Node) -> Mapping[str, Work]:
        return self._handlers[node]

    def bell(self) -> Bell:
        return Bell()

    def sweep(self, node: Node) -> Sweep:
        return Sweep(node.database, self.bell(), node.now)

    def operators(self, node: Node) -> Mapping[str, Operator]:
        placer = NodePlacer(node, self.switch)
        return FakeOperator(call_placer=cast("FakePlacer", placer)).as_operators

    def wishes(self, node: Node) -> Wishes:
        return Wishes(node.database, self.bell(), node.now, self.operators(node))

    def after_call(self, node: Node) -> AfterCallWishes:
        return AfterCallWishes(node.database, self.bell(), node.now, self.operators(node))

    def calling(self, node: Node) -> Calling:
        return Calling(node.database, self.bell(), self.operators(node), node.now)

    def start_node(self) -> None:
        self._node_count += 1
        node = Node(self, f"node {self._node_count}")
        sources = Sources(node.database, connector_maker(node, self.crms))
        operators, tools = self.operators(node), cast("Tools", None)  # the placer uses none of them
        cards = Cards(node.database, NodeChannel(node, self.teams), node.now, operators)
        self._handlers[node] = {
            CARDS: CardsJob(node.database, sources, cards, node.now),
            JOURNAL: JournalJob(node.database, self.bell(), sources, CallRefTexts(), node.now, self.chance.random),
            CALLING: PlacingJob(node.database, self.bell(), operators, tools, node.now),
        }
        self.nodes.append(node)
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
        self.postgres.run_outside(self._provision())
        with mock.patch.object(os, "urandom", urandom):
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
            self._at(delivery.at, self._deliver(delivery))
        for truth in [*self.truths]:
            if self.faults.happens("uninstalls"):
                self._at(truth.at + self.chance.uniform(0, 20), self._reinstall(truth.place))
        self.loop.call_later(deliveries[-1].at + 1.0, self._calm)
        while self._to_come or self._busy or not self._calmed:  # noqa: ASYNC110 - virtual seconds cost nothing
            await asyncio.sleep(1.0)
        await self._rest()

    _calmed = False

    def _calm(self) -> None:
        self.faults.calm()
        self._calmed = True

    def _at(self, at: float, work: Coroutine[Any, Any, None]) -> None:
        self._to_come += 1

        def begin() -> None:
            self._to_come -= 1
            self.stir()
            task = self.loop.create_task(work)
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
            task.add_done_callback(lambda done: done.cancelled() or done.result())

        self.loop.call_at(at, begin)

    async def _rest(self) -> None:
        """Until nothing is due any more."""
        for _ in range(_QUIET_ROUNDS):
            await asyncio.sleep(2.0)
            if self.board.open or self._busy or self.loop.time() - self._stirred_at < 4:
                continue
            due = await self.next_due()
            if due is None:
                return
            await asyncio.sleep(max(0.0, due - self.loop.time()))
        work = await self.postgres.look("SELECT * FROM smartcall.open_work($1, 10)", self.now())
        self.blame(f"there is always something left to do: {[(row['kind'], str(row['call_id'])) for row in work]}")

    async def next_due(self) -> float | None:
        """When the next row is due, in virtual seconds."""
        (row,) = await self.postgres.look(_NEXT_DUE)
        return (row["due"] - BEGINNING).total_seconds() if row["due"] is not None else None

    async def something_due(self, node: Node) -> None:
        """Return when a sweep may find something. Only to skip virtual hours in which sweeps find nothing."""
        while self.loop.time() - self._stirred_at > _STIRRED_SECONDS and not self.board.open and not node.dead:
            due = await self.next_due()
            wait = 3600.0 if due is None else due - self.loop.time()
            if wait <= 0.01:
                return
            try:
                async with asyncio.timeout(wait):
                    await self._stirred.wait()
            except TimeoutError:
                continue

    def tell(self, truth: CallTruth) -> None:
        """Of a call that was asked for."""
        for delivery in self._exchange.tell(truth, all_but_its_end=True):
            self._at(delivery.at, self._deliver(delivery))

    async def _deliver(self, delivery: Delivery) -> None:
        """As an exchange does: again, until somebody says that it was taken."""
        proof = Proof(method="url_token", delivery_id=delivery.delivery_id)
        wait = 0.5
        while True:
            node = self.any_node()
            if node is not None:
                now = node.now()
                parsed = Parsed(events=(arriving(delivery.event, now),))
                operator = self._operators[delivery.place]
                taken: Taken | None = await self.on(
                    node, take_in(node.database, self.bell(), operator, proof, parsed, now)
                )
                if taken is not None:
                    event = delivery.event
                    if taken.ignored:
                        self._ignored.add(event.event_id)
                    if taken.stored or (taken.repeated and event.event_id not in self._ignored):
                        self.delivered[event.call_ref][event.event_id] = event
                    return
                self.note("webhooks tried again")
            await asyncio.sleep(wait)
            wait = min(wait * 2, 10.0)

    async def _reinstall(self, place: int) -> None:
        """An employee removes the app and thinks better of it."""
        employee = self.chance.randrange(WITHOUT_APP)
        company = self.companies[place]
        key = (company.tenant_id, object_id(employee))
        if not self.teams.installed[key]:
            return
        self.teams.installed[key] = False
        self.teams.ever_away.add(key)
        if self.chance.random() < 0.7:
            await self._tell_bot(company, employee, installed=False)
        await asyncio.sleep(self.chance.uniform(5, 300))
        self.teams.installed[key] = True
        await self._tell_bot(company, employee, installed=True)

    async def _tell_bot(self, company: TestCompany, employee: int, *, installed: bool) -> None:
        chat = InstalledChat(
            app_id=str(company.bot_app_id),
            entra_tenant=str(company.tenant_id),
            conversation_id=self.teams.chat_id(company.tenant_id, object_id(employee)),
            service_url="https://smba.example/emea/",
            user=TeamsUser(mri=f"29:member-{employee}", aad_object_id=str(object_id(employee))),
            seen_at=self.now(),
        )
        for _ in range(100):
            node = self.any_node()
            if node is not None:
                calling = Calling(node.database, self.bell(), {}, node.now)
                conversation = Conversation(node.database, calling, {})
                events = ProductEvents(node.database, self.bell(), {}, conversation, node.now)

                async def tell(events: ProductEvents = events) -> bool:
                    await (events.installed(chat) if installed else events.uninstalled(chat))
                    return True

                if await self.on(node, tell()):
                    return
            await asyncio.sleep(1.0)

    def card_shown(self, card_id: str) -> None:
        """Somebody sees it, and does something with it."""
        if self.faults.happens("presses"):
            after = self.chance.choice((self.chance.uniform(0.3, 60), self.chance.uniform(30, 900)))
            self._at(self.loop.time() + after, self.employees.press(card_id))
        if self.faults.happens("teams_forgets"):
            self.loop.call_later(self.chance.uniform(1, 60), self._forget, card_id)

    def _forget(self, card_id: str) -> None:
        self.teams.messages[card_id].deleted = True

    @property
    def events_delivered(self) -> int:
        return sum(len(events) for events in self.delivered.values())

    async def _provision(self) -> None:
        """Tenants as customers get them; everybody but one has the app."""
        database = await Database.open(self.postgres.url, self.vault, size=2)
        for place, settings in enumerate(SETTINGS):
            tenant = tenant_id(place)
            text = company_text(
                tenant,
                bot=UUID(f"{place + 1:08x}-7b07-4b07-8b07-b07b07b07b07"),
                operator=UUID(f"{place + 1:08x}-0000-4000-8000-000000000001"),
                settings=", ".join(f"{name} = {_toml(value)}" for name, value in settings.items()),
            )
            company = await provision(database, text + _ARKIV)
            self.companies.append(company)
            self._operators.append(await company.operator())
            for employee in range(NUMBER_OF_EMPLOYEES):
                self.teams.installed[tenant, object_id(employee)] = employee != WITHOUT_APP
                if employee != WITHOUT_APP:
                    await self._keep_chat(database, company, employee)
        await database.close()

    async def _keep_chat(self, database: Database, company: TestCompany, employee: int) -> None:
        chat = ChatAddress(
            tenant_id=company.tenant_id,
            bot_app_id=company.bot_app_id,
            entra_object_id=object_id(employee),
            conversation_id=self.teams.chat_id(company.tenant_id, object_id(employee)),
            member_id=f"29:member-{employee}",
            service_url="https://smba.example/emea/",
        )
        async with database.tenant(company.tenant_id) as unit:
            await keep_chat(unit, chat, BEGINNING)


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


class _Blame(logging.Handler):
    """What the service itself calls an error is one."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        self._world.blame(f"logged: {record.getMessage()}")
