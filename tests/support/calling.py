"""What tests of calls that employees ask for share: an employee with a missed call, and an operator in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from calls.callers.identify import CardsJob
from calls.callers.lookup import Patience
from calls.callers.sources import Sources
from calls.calling.asking import Calling
from calls.calling.call_requests import RequestState
from calls.calling.placing import PlacingJob
from calls.intake.ingest import take_in
from calls.jobs.queue import Bell, Task
from calls.journal.journaling import JournalJob
from calls.model import Direction, Event, JournalEntry, Outcome, Party
from calls.orders import Accepted
from calls.popups.cards import Cards
from calls.popups.popup import Popup
from calls.popups.wishes import Granted, Press
from calls.ports import Parsed, Proof
from calls.store.database import Database
from tests.support.clock import Clock
from tests.support.companies import TestCompany, object_id
from tests.support.connectors import FakeSources, Texts
from tests.support.events import CALLER, answer, end, line, ring
from tests.support.placers import FakeOperator, no_network
from tests.support.screen import Screen

# What a request comes to, event for event, when the operator tells of both phones.
BOTH_PHONES = [
    RequestState.RINGING_EMPLOYEE,
    RequestState.EMPLOYEE_ANSWERED,
    RequestState.RINGING_TARGET,
    RequestState.CONNECTED,
    RequestState.ENDED,
    RequestState.ENDED,
]
PROOF = Proof(method="url_token")
OUT = Direction.OUTBOUND


class Desk:
    """One employee with a missed call, an operator that places calls, and what everybody sees."""

    def __init__(self, company: TestCompany, database: Database, clock: Clock, screen: Screen | None = None) -> None:
        self.company, self.database, self.clock = company, database, clock
        self.sources, self.screen, self.operator = (
            FakeSources(company.crm_id, company.directory_id),
            screen or Screen(),
            FakeOperator(),
        )
        self.sources.crm.knows = "Nora Lie"
        self.placer = self.operator.call_placer
        self.calling = self.calling_on(database)

    def calling_on(self, database: Database) -> Calling:
        return Calling(database, Bell(), self.operator.as_operators, self.clock)

    def placing_on(self, database: Database) -> PlacingJob:
        tools = no_network(database, self.clock)
        return PlacingJob(database, Bell(), self.operator.as_operators, tools, self.clock, ask_seconds=0.6)

    async def tell(self, *events: Event) -> None:
        for event in events:
            parsed = Parsed(events=(replace(event, received_at=self.clock()),))
            await take_in(self.database, Bell(), await self.company.operator(), PROOF, parsed, self.clock())
            await self.draw()

    async def draw(self) -> None:
        """Every call's cards, and lookups, brought up to date."""
        cards = Cards(self.database, self.screen, self.clock, self.operator.as_operators)
        sources = Sources(self.database, self.sources.connect)
        job = CardsJob(self.database, sources, cards, self.clock, Patience(crm=1.0, directory=1.0, hard=3.0))
        for row in await self.rows("SELECT call_id FROM smartcall.call"):
            await job(Task(tenant_id=self.company.tenant_id, call_id=row["call_id"], job_id=str(uuid4())))

    async def miss(self, caller: Party = CALLER) -> None:
        await self.tell(ring(line(0), caller=caller, call="missed"), end(Outcome.CALLER_CANCELLED, call="missed"))

    def press(self, place: int = 0) -> Press:
        card = next(card for card in self.screen.cards.values() if card.chat.entra_object_id == object_id(0))
        return Press(
            tenant_id=self.company.tenant_id,
            popup_id=card.popup.popup_id,
            entra_object_id=object_id(place),
            card_id=card.card_id,
        )

    async def ask(self, made: int = 0) -> Granted:
        return await self.calling.call_back(self.press(), made)

    async def ask_and_place(self, call_ref: str) -> None:
        self.placer.answers = [Accepted(call_ref=call_ref)]
        await self.ask()
        await self.place()

    async def place(self, database: Database | None = None) -> None:
        await self.placing_on(database or self.database)(await self.task())
        await self.draw()

    async def task(self) -> Task:
        (row, *_) = await self.rows("SELECT request_id FROM smartcall.call_request ORDER BY created_at DESC")
        return Task(tenant_id=self.company.tenant_id, call_id=row["request_id"], job_id=str(uuid4()))

    async def sweep(self) -> None:
        for item in await self.database.open_work(self.clock(), 100):
            if item.kind == "calling":
                await self.placing_on(self.database)(
                    Task(tenant_id=item.tenant_id, call_id=item.call_id, job_id=str(uuid4()))
                )
        await self.draw()

    async def journal(self) -> None:
        job = JournalJob(self.database, Bell(), Sources(self.database, self.sources.connect), Texts(), self.clock)
        for row in await self.rows("SELECT call_id FROM smartcall.journal"):
            await job(Task(tenant_id=self.company.tenant_id, call_id=row["call_id"], job_id=str(uuid4())))

    async def journaled(self) -> JournalEntry:
        """The one entry about an outgoing call; the missed one has its own."""
        await self.journal()
        (entry,) = (entry for entry in self.sources.crm.entries.values() if entry.direction is OUT)
        return entry

    @property
    def card(self) -> Popup:
        (card,) = self.screen.cards.values()
        return card.popup

    @property
    def said(self) -> tuple[RequestState | None, str | None]:
        call_back = self.card.call_back
        assert call_back is not None
        return call_back.state, call_back.code

    async def rows(self, question: str, *values: object) -> Sequence[Any]:
        async with self.database.tenant(self.company.tenant_id) as unit:
            return list(await unit.sql.fetch(question, *values))


async def told_of_both_phones(desk: Desk, said: Callable[[], RequestState | None]) -> list[RequestState | None]:
    """An operator tells of the employee's phone and of the other side's, as two calls of its own, to the end. Gives
    what is said of the request after each event."""
    seen = []
    for event in (
        leg(Direction.INBOUND, call="a"),
        answer(line(0), call="a"),
        leg(call="b"),
        answer(None, call="b", direction=OUT),
        end(call="b", direction=OUT),
        end(call="a"),
    ):
        desk.clock.move(2)
        await desk.tell(event)
        seen.append(said())
    return seen


def leg(direction: Direction = OUT, *, call: str = "b", target: Party = CALLER) -> Event:
    """The call that the employee makes, or the one to their own phone, as an operator begins to tell of it."""
    if direction is OUT:
        return ring(line(0), call=call, caller=line(0), called=target, direction=OUT)
    return ring(line(0), call=call, caller=target, called=line(0))
