"""Breakages on the way to an entry in the CRM, and to a call that somebody has asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from calls.callers.sources import OpenSource
from calls.calling import asking, placing, request_rows
from calls.calling.call_requests import RequestState
from calls.calling.placing import PlacingJob
from calls.errors import Refused, Unknown
from calls.journal import journaling
from calls.journal.journaling import JournalJob
from calls.journal.putting_off import PutOff
from calls.model import Ability, JournalEntry, Match, Outcome, RecordRef
from calls.orders import Accepted
from tests.simulation import sources
from tests.simulation.sabotage import Table, block, rewrite
from tests.simulation.world import World

JOURNAL = Table()
_EARLIER = r"tells of an earlier state"
_MISSING = r"the CRM knows the caller: True, entries: 0"


@JOURNAL.add(r"journaled \d times", r"an entry in the CRM that no row knows", journal_loses_answer=0.5)
def the_key_changes_with_each_try(patch: pytest.MonkeyPatch, world: World) -> None:
    target = JournalJob._target

    class Changing:
        def __init__(self, connector: Any) -> None:
            self._connector = connector

        async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
            return await self._connector.journal(entry, key=str(uuid4()))  # type: ignore[no-any-return]

    async def found(self: JournalJob, *arguments: Any) -> tuple[OpenSource, Match] | None:
        known = await target(self, *arguments)
        if known is None:
            return None
        return replace(known[0], connector=Changing(known[0].connector)), known[1]  # type: ignore[arg-type]

    patch.setattr(JournalJob, "_target", found)


@JOURNAL.add(r"journaled, and should not be", calls=24)
def nobody_asks_whether_a_call_is_to_be_journaled(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(journaling, "is_due", lambda scene: scene.call.came_to is not None)


@JOURNAL.add(r"the entry says None, and the employee \[\('note \d+', True\)\]", presses=0.7, calls=24)
def a_note_is_lost_on_its_way(patch: pytest.MonkeyPatch, world: World) -> None:
    _entries(patch, lambda entry: replace(entry, note=None))


@JOURNAL.add(_EARLIER, besides=(r"journaled as \w+, answered",), event_late=0.7, calls=24)
def what_is_told_after_the_end_does_not_reach_the_entry(patch: pytest.MonkeyPatch, world: World) -> None:
    role, abilities, _ = sources._KINDS["HubSpot"]
    patch.setitem(sources._KINDS, "HubSpot", (role, abilities, 100))  # everybody is known there
    rewrite(
        world,
        "settle",
        "SET wanted = j.wanted + 1, attempts = 0, due_at = due, parked = NULL",
        "SET wanted = j.wanted",
    )


@JOURNAL.add(r"journaled as missed, answered: True", _EARLIER)
def every_call_is_journaled_as_missed(patch: pytest.MonkeyPatch, world: World) -> None:
    _entries(patch, lambda entry: replace(entry, outcome=Outcome.MISSED))


@JOURNAL.add(r"the entry hangs on somebody else's record")
def an_entry_is_tied_to_the_caller_before(patch: pytest.MonkeyPatch, world: World) -> None:
    records: list[RecordRef] = []

    def tied(entry: JournalEntry) -> JournalEntry:
        records.append(entry.record)
        return replace(entry, record=records[max(0, len(records) - 2)])

    _entries(patch, tied)


@JOURNAL.add(_MISSING, r"the popup knows a record: True, entries: 0", journal_fails=0.9, source_fails=0.5, presses=0.7)
def an_entry_that_failed_is_given_up_silently(patch: pytest.MonkeyPatch, world: World) -> None:
    def given_up(problem: Exception, attempts: int, chance: float) -> PutOff:
        return PutOff(attempts=attempts + 1)

    patch.setattr(journaling, "put_off", given_up)


@JOURNAL.add(r"journal left open")
def the_lease_of_an_entry_is_not_given_back(patch: pytest.MonkeyPatch, world: World) -> None:
    rewrite(world, "note_written", "lease = NULL, lease_until = NULL, ", "")


@JOURNAL.add(r"Arkiv was given an entry, and cannot keep one", besides=(r"hangs on", r"entries: 1", r"journaled"))
def nobody_asks_what_a_crm_can(patch: pytest.MonkeyPatch, world: World) -> None:
    can = OpenSource.can
    patch.setattr(OpenSource, "can", lambda self, ability: ability is Ability.JOURNAL or can(self, ability))


def _entries(patch: pytest.MonkeyPatch, change: Any) -> None:
    entry = JournalJob._entry
    patch.setattr(JournalJob, "_entry", lambda self, scene, match: change(entry(self, scene, match)))


CALLING = Table()


@CALLING.add(
    r"is ordered again, the first was unknown",
    r"has rung a telephone twice",
    r"a telephone has rung 2 times for 1 presses",
    besides=(r"t\d-b\d+: ",),  # two calls that are one request's
    presses=0.7,
    placer_loses_answer=0.7,
)
def an_order_is_repeated_when_nobody_knows_what_came_of_it(patch: pytest.MonkeyPatch, world: World) -> None:
    ask = PlacingJob._ask

    async def stubborn(self: PlacingJob, *order: Any) -> Accepted:
        try:
            return await ask(self, *order)
        except Unknown:
            return await ask(self, *order)

    patch.setattr(PlacingJob, "_ask", stubborn)


@CALLING.add(r"a telephone has rung \d times for \d presses", presses=0.7, calls=24)
def every_press_of_a_button_is_a_request_of_its_own(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(asking, "uuid5", lambda namespace, name: uuid4())
    block(patch, request_rows.SQL, "in_the_way", "WHERE employee_id = $1", "WHERE employee_id = $1 AND false")


@CALLING.add(
    r"request \S+: left open \(wanted, due None\)",
    besides=(r"wanted, and nobody placed it",),
    presses=0.7,
    ring_lost=0.6,
)
def a_request_whose_ring_is_lost_is_not_looked_for(patch: pytest.MonkeyPatch, world: World) -> None:
    block(patch, request_rows.SQL, "add_request", "$10, $10, $11", "$10, $10, NULLIF($11::timestamptz, $11)")


@CALLING.add(r"request \S+: refused \(operator_error\), and it was placed", presses=0.7, placer_loses_answer=0.7)
def a_lost_answer_is_taken_for_a_no(patch: pytest.MonkeyPatch, world: World) -> None:
    ask = PlacingJob._ask

    async def hasty(self: PlacingJob, *order: Any) -> Accepted:
        try:
            return await ask(self, *order)
        except Unknown:
            raise Refused(code="operator_error") from None

    patch.setattr(PlacingJob, "_ask", hasty)


@CALLING.add(r"request \S+: ended, and nobody placed it", presses=0.7, placer_loses_request=0.7)
def silence_about_an_order_is_told_as_its_end(patch: pytest.MonkeyPatch, world: World) -> None:
    note = placing.note

    async def hopeful(unit: Any, bell: Any, row: Any, state: RequestState, *rest: Any, **more: Any) -> None:
        await note(unit, bell, row, RequestState.ENDED if state is RequestState.UNKNOWN else state, *rest, **more)

    patch.setattr(placing, "note", hopeful)
