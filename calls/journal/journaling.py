"""The journal job: the call as an activity in the CRM, there once whatever happens on the way."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

from pydantic import TypeAdapter

from calls import telemetry
from calls.callers.sources import OpenSource, Sources
from calls.errors import OutsideError
from calls.jobs.queue import Bell, Task
from calls.jobs.starts import NEVER_CAME_BACK, is_worn_out
from calls.jobs.time_limits import timeout_before
from calls.journal.putting_off import put_off
from calls.matching import rank
from calls.model import Ability, Direction, JournalEntry, Match, Outcome, RecordRef, SourceRole
from calls.popups.popup import rung
from calls.popups.scene import NO_OPERATORS, Scene, scene_from
from calls.reducer import Call
from calls.store.database import DATABASE_AWAY, Database, Unit
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import JournalMode

log = logging.getLogger(__name__)
_SQL = read_blocks(Path(__file__).with_name("journaling.sql"))
_RECORD: TypeAdapter[RecordRef] = TypeAdapter(RecordRef)

_LEASE = timedelta(seconds=60)
_WRITE_SECONDS = 25.0  # below half the lease
_LOOK_AGAIN = timedelta(seconds=2)  # while the sources are still being asked


class JournalTexts(Protocol):
    """The words of an entry."""

    def write(self, call: Call, *, employee: str | None, rang: Sequence[str], language: str) -> tuple[str, str]:
        """Title and body. ``employee`` is who took the call, ``rang`` all whose phones rang, by name."""

    def result(self, result: str, *, language: str) -> str:
        """The words for a stored result, which may be a key of ours."""


class JournalJob:
    """Writes what a call came to into the CRM that knows the caller."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        sources: Sources,
        texts: JournalTexts,
        now: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._bell = bell
        self._sources = sources
        self._texts = texts
        self._now = now
        self._chance = chance  # spreads the tries after a failure

    async def __call__(self, task: Task) -> None:
        now, lease = self._now(), uuid4()
        deadline = asyncio.get_running_loop().time() + _WRITE_SECONDS  # from before the lease, as for a card
        row = await self._database.at_once(task.tenant_id).sql.fetchrow(
            _SQL["take_journal"], task.tenant_id, task.call_id, lease, now + _LEASE, now
        )
        if row["journal_id"] is None:
            return
        if is_worn_out(row["starts"]):
            log.error("nobody came back from journal %s: parked", row["journal_id"])
            async with self._database.tenant(task.tenant_id) as unit:
                await unit.sql.execute(_SQL["lock_call"], task.call_id)
                await unit.sql.execute(_SQL["park_worn_out"], row["journal_id"], lease, NEVER_CAME_BACK)
                await self._want_shown(unit, task)
            return
        if row["looking"]:
            async with self._database.tenant(task.tenant_id) as unit:
                await unit.sql.execute(_SQL["wait_for_lookup"], row["journal_id"], lease, now + _LOOK_AGAIN)
            return
        scene = await self._open(task, row["scene"], lease)
        if scene is None:
            return
        source: OpenSource | None = None
        try:
            target = await self._target(task, scene, row["sources"]) if is_due(scene) else None
            if target is None:
                async with self._database.tenant(task.tenant_id) as unit:
                    await unit.sql.execute(_SQL["lock_call"], task.call_id)
                    await unit.sql.execute(_SQL["rest"], row["journal_id"], lease, row["wanted"], self._now())
                    if any(match.role is SourceRole.CRM for match in scene.lookup.matches):
                        await self._want_shown(unit, task)  # a form may be waiting for the entry's outcome
                return
            source, match = target
            async with timeout_before(deadline):
                record = await source.connector.journal(self._entry(scene, match), key=str(row["journal_id"]))
        except (OutsideError, TimeoutError) as problem:
            await self._put_off(task, row, lease, source, problem)
            return
        except DATABASE_AWAY:
            raise
        except Exception as problem:
            # A mistake of ours fails again: it is counted like any other failure, and parked in the end.
            log.error("journal %s: %s in our own code", row["journal_id"], type(problem).__name__)  # noqa: TRY400
            await self._put_off(task, row, lease, source, problem)
            return
        unit, done = self._database.at_once(task.tenant_id), self._now()
        await unit.sql.execute(
            _SQL["note_written"],
            task.tenant_id,
            task.call_id,
            row["journal_id"],
            lease,
            row["wanted"],
            source.connection.connection_id,
            unit.seal_value("journal record", _RECORD, record),
            done,
            done + _LOOK_AGAIN,
        )
        telemetry.journal.add(1, {"outcome": "written"})

    async def _open(self, task: Task, row: Any, lease: UUID) -> Scene | None:
        try:
            return scene_from(self._database.at_once(task.tenant_id), row, NO_OPERATORS)
        except DATABASE_AWAY:
            raise
        except Exception:
            # Empty-handed, but it came back: rows that cannot be opened may be opened yet, with a key that is missing.
            async with self._database.tenant(task.tenant_id) as unit:
                await unit.sql.execute(_SQL["came_back"], task.call_id, lease)
            raise

    async def _target(self, task: Task, scene: Scene, rows: Sequence[Any]) -> tuple[OpenSource, Match] | None:
        """The best CRM match whose source can journal."""
        outside = scene.call.outside
        if outside is None or outside.number is None:
            return None
        ranked = rank(scene.lookup.matches, outside.number)
        answerer = scene.call.answered_by.employee_id if scene.call.answered_by else None
        meant = scene.lookup.pointed_out(answerer)
        for match in sorted(ranked, key=lambda match: match.ref != meant):
            if match.role is not SourceRole.CRM:
                continue
            meant_row = [row for row in rows if row["connection_id"] == match.connection_id]
            for source in await self._sources.open_rows(task.tenant_id, meant_row):
                if source.can(Ability.JOURNAL):
                    return source, match
        return None

    def _entry(self, scene: Scene, match: Match) -> JournalEntry:
        call, language = scene.call, scene.tenant.language
        outgoing = call.direction is Direction.OUTBOUND
        answerer = call.caller if outgoing else call.answered_by
        employee = scene.employees.get(answerer.employee_id) if answerer and answerer.employee_id else None
        name = employee.name if employee else answerer.name if answerer else None
        names = {employee.employee_id: employee.name for employee in scene.employees.values()}
        rang = [] if outgoing else [names[each] for each in rung(call, names)]
        title, body = self._texts.write(call, employee=name, rang=rang, language=language)
        return JournalEntry(
            record=match.ref,
            record_kind=match.kind,
            direction=call.direction,
            title=title,
            body=body,
            caller_number=_as_text(call.caller),
            called_number=_as_text(call.called),
            started_at=call.started_at,
            outcome=call.came_to or Outcome.UNKNOWN,
            talk_seconds=call.talk_seconds,
            employee_email=employee.email if employee else None,
            result=self._texts.result(scene.note.result, language=language)
            if scene.note and scene.note.result
            else None,
            note=scene.note.text or None if scene.note else None,
        )

    async def _want_shown(self, unit: Unit, task: Task) -> None:
        """The cards tell what became of the journal."""
        await unit.sql.execute(_SQL["want_shown"], task.call_id, self._now() + _LOOK_AGAIN)
        await self._bell.ring_cards(unit, task.call_id)

    async def _put_off(
        self, task: Task, row: Any, lease: object, source: OpenSource | None, problem: Exception
    ) -> None:
        log.warning("journal %s not written: %s", row["journal_id"], type(problem).__name__)
        telemetry.journal.add(1, {"outcome": type(problem).__name__})
        decided = put_off(problem, row["attempts"], self._chance())
        due = None if decided.seconds is None else self._now() + timedelta(seconds=decided.seconds)
        async with self._database.tenant(task.tenant_id) as unit:
            await unit.sql.execute(_SQL["lock_call"], task.call_id)
            connection_id = source.connection.connection_id if source else None
            await unit.sql.execute(
                _SQL["put_off"], row["journal_id"], lease, due, decided.parked, connection_id, decided.attempts
            )
            if decided.parked or row["attempts"] == 0:  # the card waits for the first try, and no longer
                await self._want_shown(unit, task)


def is_due(scene: Scene) -> bool:
    """Whether the call is over, and calls of its kind are journaled, or somebody has asked for this one."""
    if scene.call.came_to is None:
        return False  # a late event has brought it back; its end will be told
    mode = scene.journal_mode
    return mode is JournalMode.ALWAYS or (mode is JournalMode.ON_REQUEST and scene.journal_requested)


def _as_text(party: Any) -> str:
    number = party.number if party else None
    return (number.e164 or number.digits) if number else ""
