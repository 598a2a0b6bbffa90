"""What employees do when a call is over: say what it came to, and have it journaled where that is on request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from calls.popups.forms import NOTHING_TYPED
from calls.popups.notes import NOTE, CallNote
from calls.popups.wishes import Granted, NotYours, Press, Wishing, ask_again, close_form
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).with_name("after_call.sql"))
_SWEEP_AFTER = timedelta(seconds=3)


class AfterCallWishes(Wishing):
    """Carries out the buttons of a card whose call is over. Each may be pressed again, and changes nothing then."""

    async def save_note(self, press: Press, note: CallNote) -> Granted:
        """Keep what the employee says of the call, and write the entry anew when it says something new. Only who took
        the call may; raises :class:`NotYours`."""
        async with self._open(replace(press, typed=NOTHING_TYPED)) as opened:
            before, call_id = opened.scene.note, opened.call_id
            if not opened.popup.may_note:
                raise NotYours
            if note != (before or CallNote()):
                sealed = opened.unit.seal_value("call note", NOTE, note)
                due = opened.now + _SWEEP_AFTER
                await opened.unit.sql.execute(_SQL["save_note"], call_id, uuid4(), due, sealed)
                await ask_again(opened)
                await self._bell.ring_journal(opened.unit, call_id)
            if note != CallNote() or before is not None:  # an empty form stays open
                await close_form(opened, saved=True)
            return await self._grant(opened)

    async def write_journal(self, press: Press) -> Granted:
        """Journal a call of a kind that is journaled on request."""
        async with self._open(press) as opened:
            scene = opened.scene
            if opened.popup.may_journal or (scene.forgotten and not scene.journal_requested):
                due = opened.now + _SWEEP_AFTER
                await opened.unit.sql.execute(_SQL["request_entry"], opened.call_id, uuid4(), due)
                await ask_again(opened)
                await self._bell.ring_journal(opened.unit, opened.call_id)
            return await self._grant(opened)
