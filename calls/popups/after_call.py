"""What employees do when a call is over: say what it came to, and have it journaled where that is on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from calls.jobs.queue import Bell
from calls.popups.notes import NOTE, CallNote
from calls.popups.scene import NO_OPERATORS, Scene, lock_lookup
from calls.popups.wishes import Granted, NotYours, Press, grant, own_popup, read_popup
from calls.ports import Operator
from calls.store.database import Database, Unit
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).with_name("after_call.sql"))
_SWEEP_AFTER = timedelta(seconds=3)


class AfterCallWishes:
    """Carries out the buttons of a card whose call is over. Each may be pressed again, and changes nothing then."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        now: Callable[[], datetime],
        operators: Mapping[str, Operator] = NO_OPERATORS,
    ) -> None:
        self._operators = operators
        self._database = database
        self._bell = bell
        self._now = now

    async def save_note(self, press: Press, note: CallNote) -> Granted:
        """Keep what the employee says of the call, and write the entry anew when it says something new. Only who took
        the call may; raises :class:`NotYours`."""
        now = self._now()
        async with self._database.tenant(press.tenant_id) as unit:
            row = await own_popup(unit, press)
            _ = await lock_lookup(unit, row["call_id"])
            popup, scene = await read_popup(unit, row, now, self._operators)
            if not popup.may_note:
                raise NotYours
            if note != (scene.note or CallNote()):
                sealed = unit.seal_value("call note", NOTE, note)
                await unit.sql.execute(_SQL["save_note"], row["call_id"], uuid4(), now + _SWEEP_AFTER, sealed)
                await self._ask_again(unit, scene, row["call_id"], now)
                await self._bell.ring_journal(unit, row["call_id"])
            saved = note != CallNote() or scene.note is not None  # an empty form stays open
            if saved:
                await unit.sql.execute(_SQL["set_form"], press.popup_id, False)
            return await grant(unit, self._bell, replace(press, typed=None), now, self._operators)

    async def edit_note(self, press: Press) -> Granted:
        """Open the form, with what was saved before."""
        now = self._now()
        async with self._database.tenant(press.tenant_id) as unit:
            row = await own_popup(unit, press)
            _ = await lock_lookup(unit, row["call_id"])
            popup, scene = await read_popup(unit, row, now, self._operators)
            if not popup.may_note:
                raise NotYours
            await self._ask_again(unit, scene, row["call_id"], now)
            await unit.sql.execute(_SQL["set_form"], press.popup_id, True)
            return await grant(unit, self._bell, press, now, self._operators)

    async def write_journal(self, press: Press) -> Granted:
        """Journal a call of a kind that is journaled on request."""
        now = self._now()
        async with self._database.tenant(press.tenant_id) as unit:
            row = await own_popup(unit, press)
            _ = await lock_lookup(unit, row["call_id"])
            popup, scene = await read_popup(unit, row, now, self._operators)
            if popup.may_journal or (scene.forgotten and not scene.journal_requested):
                await unit.sql.execute(_SQL["request_entry"], row["call_id"], uuid4(), now + _SWEEP_AFTER)
                await self._ask_again(unit, scene, row["call_id"], now)
                await self._bell.ring_journal(unit, row["call_id"])
            return await grant(unit, self._bell, press, now, self._operators)

    async def _ask_again(self, unit: Unit, scene: Scene, call_id: UUID, now: datetime) -> None:
        """Who called has been deleted since: without it there is no name to show, and nobody to journal to."""
        if scene.forgotten:
            await unit.sql.execute(_SQL["ask_again"], call_id, now)
