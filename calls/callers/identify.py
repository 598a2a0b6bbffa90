"""Finding out who is calling, once per call, and keeping what the sources say as they say it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from calls.callers.choices import judge, open_choices
from calls.callers.lookup import Lookup, Patience, Remembered, look_up
from calls.callers.sources import OpenSource, Sources, list_pages
from calls.errors import OutsideError
from calls.intake.events import open_events, read_events
from calls.intake.settling import is_looked_up
from calls.jobs.queue import Task
from calls.jobs.starts import NEVER_CAME_BACK, is_worn_out
from calls.matching import rank
from calls.model import Ability, Direction, SourceRole
from calls.numbers import Number
from calls.popups.cards import Cards
from calls.popups.plans import Hold
from calls.popups.scene import LOOKUP, lock_lookup
from calls.reducer import CallState, fold
from calls.store.database import DATABASE_AWAY, Database, Unit
from calls.store.sql_blocks import read_blocks

log = logging.getLogger(__name__)
SQL = read_blocks(Path(__file__).with_name("identify.sql"))
_LOOK_AGAIN = timedelta(seconds=3)  # the sweep, whether the cards say so
_SHOWN_FIRST = 5.0  # seconds that a slow Teams may take for what is known already, before anybody is asked


@dataclass(kw_only=True, slots=True)
class _Stored:
    """The lookup as it is in the database, as far as we know."""

    sealed: bytes | None
    lookup: Lookup


@dataclass(frozen=True, kw_only=True, slots=True)
class _Order:
    """A lookup that is ours to do."""

    lease: str  # our job, and this run of it: a job that was taken over meanwhile has another
    number: Number
    sources: Sequence[Any]  # the rows of whom to ask
    before: Lookup  # what the sources said when they were asked the last time
    stored: _Stored
    shown: bool  # False: for the journal alone, which no directory is asked for
    toast_in: float  # seconds until a first card is posted whatever the sources have said; not positive: at once
    remembered: tuple[Remembered, ...] = ()  # what is known about the number already
    at_once: bool = False  # everybody it rings at has somebody to be shown by that


class CardsJob:
    """The work behind a ring: ask the sources if nobody has, then show what is known."""

    def __init__(
        self,
        database: Database,
        sources: Sources,
        cards: Cards,
        now: Callable[[], datetime],
        patience: Patience | None = None,
    ) -> None:
        self._database = database
        self._sources = sources
        self._cards = cards
        self._now = now
        self._patience = patience or Patience()

    async def __call__(self, task: Task) -> None:
        order: _Order | None = None
        claimed: Any = None
        lease = f"{task.job_id} {uuid4()}"

        async def take(unit: Unit, hold: Hold) -> Any:
            nonlocal claimed
            seconds = _SHOWN_FIRST + self._patience.hard + self._patience.directory + 2
            until = hold.now + timedelta(seconds=seconds)
            row = await unit.sql.fetchrow(
                SQL["take_cards"], task.tenant_id, task.call_id, hold.lease, hold.until, hold.now, lease, until
            )
            claimed = row if row["starts"] is not None else None
            return row

        try:
            await self._cards.show(task.tenant_id, task.call_id, take)
            if claimed is None:
                return
            order = await self._order(task, lease, claimed)
        except DATABASE_AWAY:
            raise
        except Exception:
            # Empty-handed, but it came back: rows that cannot be opened may be opened yet, with a key that is missing.
            async with self._database.tenant(task.tenant_id) as unit:
                await unit.sql.execute(SQL["came_back"], task.call_id)
            raise
        if order is None:
            await self._cards.show(task.tenant_id, task.call_id)
            return
        try:
            await self._identify(task, order)
        except DATABASE_AWAY:
            raise
        except Exception as problem:
            # A mistake of ours would be made again every few seconds; the card says that nobody answered.
            log.error("lookup of call %s: %s in our own code", task.call_id, type(problem).__name__)  # noqa: TRY400
            await self._keep(task, order, replace(order.before, done=True))

    async def _order(self, task: Task, lease: str, row: Any) -> _Order | None:
        """What is to be asked; None when it turns out that nothing is."""
        now, unit = self._now(), self._database.at_once(task.tenant_id)
        if is_worn_out(row["starts"]):
            await self._park(task, lease)
            return None
        call = fold(open_events(unit, row["bodies"]))
        before = _opened(unit, row["lookup_sealed"])
        if call.outside is None or call.outside.number is None or not is_looked_up(call):
            await self._drop_lookup(task)
            return None
        number, toast_in = call.outside.number, (row["toast_at"] - now).total_seconds()
        shown = call.direction is not Direction.OUTBOUND
        order = _Order(
            lease=lease,
            number=number,
            sources=row["sources"],
            before=before,
            stored=_Stored(sealed=row["lookup_sealed"], lookup=before),
            shown=shown,
            toast_in=toast_in,
            remembered=before.remembered,
        )
        if before.answers:
            return order
        known = Lookup(remembered=open_choices(unit, row["choices"]))
        if call.state is CallState.PLACED:  # whoever asked for it waits for an answer, whoever it is
            return replace(order, remembered=known.remembered, at_once=True)
        at_once = shown and bool(known.remembered) and all(known.recalled(leg.employee_id) for leg in call.legs)
        return replace(order, remembered=known.remembered, at_once=at_once)

    async def _park(self, task: Task, lease: str) -> None:
        """Nobody came back from asking who this is. The cards are shown without it."""
        log.error("nobody came back from the lookup of call %s: parked", task.call_id)
        now = self._now()
        async with self._database.tenant(task.tenant_id) as unit:
            lookup = replace(await lock_lookup(unit, task.call_id), done=True)
            sealed = unit.seal_value("lookup", LOOKUP, lookup)
            parked = await unit.sql.fetchval(SQL["park_lookup"], task.call_id, sealed, now, NEVER_CAME_BACK, lease)
            if parked:
                await unit.sql.execute(SQL["want_shown"], task.call_id, now + _LOOK_AGAIN)
                await unit.sql.execute(SQL["want_journal"], task.call_id, uuid4(), now)

    async def _drop_lookup(self, task: Task) -> None:
        """A late event has told better: it was a colleague's call all the time."""
        async with self._database.tenant(task.tenant_id) as unit:
            _ = await lock_lookup(unit, task.call_id)  # nobody settles the call while we look again
            if not is_looked_up(fold(await read_events(unit, task.call_id))):
                await unit.sql.execute(SQL["drop_lookup"], task.call_id)
                await unit.sql.execute(SQL["want_shown"], task.call_id, self._now() + _LOOK_AGAIN)

    async def _identify(self, task: Task, order: _Order) -> None:
        toast_at = asyncio.get_running_loop().time() + order.toast_in
        opened = await self._sources.open_rows(task.tenant_id, order.sources)
        if not order.shown:
            opened = [source for source in opened if source.connector.spec.role is SourceRole.CRM]
        pages = list_pages(opened, order.number)
        asked = [source.as_source for source in opened if source.can(Ability.FIND)]
        stages = look_up(order.number, asked, self._patience)
        kept, latest, toasted = order.before, order.before, order.at_once
        if order.at_once:
            await self._keep(task, order, order.before)
        async with contextlib.aclosing(_with_timer(stages, toast_at)) as steps:
            async for step in steps:
                latest = replace(step.on_top_of(order.before), pages=pages) if step else latest
                toasted = toasted or step is None or latest.worth_a_toast
                # Asked again, they have nothing to add while they are silent.
                if toasted and latest != kept and (latest.worth_a_toast or not order.before.answers):
                    kept = latest
                    await self._keep(task, order, latest)
        if not order.shown:
            return
        detailed = await self._with_details(order, latest, opened)
        if detailed != latest:
            await self._keep(task, order, detailed)

    async def _with_details(self, order: _Order, lookup: Lookup, opened: Sequence[OpenSource]) -> Lookup:
        """What the best match's own source adds to it, after the first card and without a banner."""
        remembered = (lookup.find(each.match) for each in order.remembered)
        ranked = rank(lookup.matches, order.number)
        best = next((match for match in (*remembered, *ranked) if match is not None), None)
        source = next((each for each in opened if best and each.connection.connection_id == best.connection_id), None)
        if best is None or source is None or not source.can(Ability.DETAILS):
            return lookup
        deadline = asyncio.get_running_loop().time() + self._patience.hard
        try:
            async with asyncio.timeout_at(deadline):
                details = await source.connector.details(best, deadline=deadline)
        except (OutsideError, TimeoutError) as problem:
            log.info("source %s gave no details: %s", best.connection_id, type(problem).__name__)
            return lookup
        return lookup.enriched(best, details)

    async def _keep(self, task: Task, order: _Order, lookup: Lookup) -> None:
        """Store the answers, and show what they change: the popups are wanted anew, first cards too."""

        async def take(unit: Unit, hold: Hold) -> Any:
            return await self._store(unit, hold, task, order, lookup)

        await self._cards.show(task.tenant_id, task.call_id, take)

    async def _store(self, unit: Unit, hold: Hold, task: Task, order: _Order, lookup: Lookup) -> Any:
        """The popups that the answers change, taken; None when it is not for us any more to say who is calling."""
        now, stored = hold.now, order.stored
        while True:
            before = stored.lookup  # an employee may have pointed out a match meanwhile
            # Once something was kept, what is remembered is what the call itself has; it may have been forgotten since.
            remembered = before.remembered if before.answers else order.remembered
            kept = replace(lookup, chosen=before.chosen, remembered=remembered, made=before.made, making=before.making)
            if kept.done and remembered:
                async with self._database.tenant(task.tenant_id) as within:
                    kept = await judge(within, order.number, kept, now)
            sealed, due = unit.seal_value("lookup", LOOKUP, kept), now + _LOOK_AGAIN
            row = await unit.sql.fetchrow(
                SQL["keep_lookup"],
                unit.tenant_id,
                task.call_id,
                order.lease,
                stored.sealed,
                sealed,
                kept.done,
                now,
                due,
                uuid4(),
                hold.lease,
                hold.until,
            )
            if row["kept"] is None:
                return None  # another job is asking by now, because an employee wished it or because we were too slow
            if row["kept"]:
                stored.sealed, stored.lookup = sealed, kept
                return row
            stored.sealed = row["present"]
            stored.lookup = _opened(unit, stored.sealed)


def _opened(unit: Unit, sealed: bytes | None) -> Lookup:
    return unit.open_value("lookup", LOOKUP, sealed) if sealed else Lookup()


async def _with_timer(stages: AsyncGenerator[Lookup, None], toast_at: float) -> AsyncGenerator[Lookup | None, None]:
    """The stages of a lookup, and None once when the time for a first card has come before a stage was worth one."""
    loop = asyncio.get_running_loop()
    waiting = True
    following = asyncio.ensure_future(_next(stages))
    try:
        while True:
            wait = max(0.0, toast_at - loop.time()) if waiting else None
            done, _ = await asyncio.wait({following}, timeout=wait)
            if not done:
                waiting = False
                yield None
                continue
            lookup = following.result()
            if lookup is None:
                return
            waiting = waiting and not lookup.worth_a_toast
            yield lookup
            following = asyncio.ensure_future(_next(stages))
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        await stages.aclose()


async def _next(stages: AsyncGenerator[Lookup, None]) -> Lookup | None:
    return await anext(stages, None)
