"""What an employee asks for by pressing a button of a popup: checked, stored, and rung for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

from calls.callers.choices import forget, remember
from calls.callers.lookup import Lookup
from calls.jobs.queue import Bell
from calls.model import Match
from calls.popups.forms import (
    FORM_PATIENCE,
    NOTHING_TYPED,
    PERSON,
    PERSON_SEALED,
    SEARCH,
    SEARCH_SEALED,
    PeopleSearch,
    Typed,
    form_from,
    open_search,
)
from calls.popups.notes import NOTE, CallNote
from calls.popups.offers import Memory
from calls.popups.popup import Popup
from calls.popups.scene import LOOKUP, NO_OPERATORS, Scene, lock_lookup, read_scene
from calls.ports import Operator
from calls.store.database import Database, Unit
from calls.store.sql_blocks import read_blocks

_SQL = read_blocks(Path(__file__).with_name("wishes.sql"))
_SWEEP_AFTER = timedelta(seconds=3)
_ANSWERED_WITHIN = timedelta(seconds=1)  # of when what the answer shows was read, or an edit shows it
_SHOWN_WITHIN = timedelta(seconds=2)  # until then an answer may come over what was sent meanwhile


class CallGone(Exception):
    """The call behind the button has been deleted, or there never was one."""


class NotYours(Exception):
    """The popup is a colleague's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """A button that was pressed, and by whom."""

    tenant_id: UUID
    popup_id: UUID
    entra_object_id: UUID
    card_id: str | None  # the message the button stood in
    typed: Typed = NOTHING_TYPED  # what stood in the card's forms


@dataclass(frozen=True, kw_only=True, slots=True)
class Granted:
    """The popup as it is after the wish, for the answer to the press."""

    popup: Popup
    language: str
    as_of: datetime  # from before what it shows was read
    drawn: bool = True  # False: what the card said is forgotten since, and it is better left as it is


# What a press makes of the lookup, which is locked meanwhile; the employee is who pressed.
_Change: TypeAlias = Callable[[Unit, Lookup, Popup, UUID], Awaitable[Lookup]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """The popup whose button was pressed, with all it is made of; its call is locked until the transaction ends."""

    unit: Unit
    press: Press
    call_id: UUID
    employee_id: UUID  # who pressed
    lookup: Lookup
    popup: Popup
    scene: Scene
    now: datetime


class Wishing:
    """What every wish begins and ends with."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        now: Callable[[], datetime],
        operators: Mapping[str, Operator] = NO_OPERATORS,
    ) -> None:
        self._database = database
        self._bell = bell
        self._now = now
        self._operators = operators

    @asynccontextmanager
    async def _open(self, press: Press) -> AsyncIterator[Opened]:
        """Raises :class:`CallGone` and :class:`NotYours`."""
        now = self._now()
        async with self._database.tenant(press.tenant_id) as unit:
            row = await own_popup(unit, press)
            lookup = await lock_lookup(unit, row["call_id"])
            popup, scene = await read_popup(unit, row, now, self._operators)
            yield Opened(
                unit=unit,
                press=press,
                call_id=row["call_id"],
                employee_id=row["employee_id"],
                lookup=lookup,
                popup=popup,
                scene=scene,
                now=now,
            )

    async def _grant(self, opened: Opened) -> Granted:
        return await grant(opened.unit, self._bell, opened.press, opened.now, self._operators)


class Wishes(Wishing):
    """Carries out what buttons ask for."""

    async def search_again(self, press: Press) -> Granted:
        """Ask the sources once more; the answers come to the card by themselves."""

        async def opened(unit: Unit, lookup: Lookup, popup: Popup, employee_id: UUID) -> Lookup:
            return replace(lookup, done=False)

        return await self._change(press, opened, ask=True)

    async def choose_match(self, press: Press, pick: Callable[[tuple[Match, ...]], Match | None]) -> Granted:
        """Let one of the matches be the caller, for this call."""

        async def chosen(unit: Unit, lookup: Lookup, popup: Popup, employee_id: UUID) -> Lookup:
            match = pick(popup.matches)
            if match is None:  # what the sources said has been deleted since; the card is better left as it is
                raise CallGone
            return replace(lookup, chosen=match.ref)

        return await self._change(press, chosen, ask=False)

    async def remember_choice(self, press: Press, *, for_all: bool) -> Granted:
        """The next time this number calls, the match that was chosen is meant."""

        async def remembered(unit: Unit, lookup: Lookup, popup: Popup, employee_id: UUID) -> Lookup:
            if popup.number is None or not popup.may_remember:
                raise CallGone
            whose = None if for_all else employee_id
            kept = await remember(unit, popup.number, whose, popup.matches[0], self._now())
            others = tuple(each for each in lookup.remembered if each.employee_id != whose)
            return replace(lookup, remembered=(*others, kept))

        return await self._change(press, remembered, ask=False)

    async def forget_choice(self, press: Press) -> Granted:
        """What was remembered and is shown now holds no longer: not for this call, and not for the next."""

        async def forgotten(unit: Unit, lookup: Lookup, popup: Popup, employee_id: UUID) -> Lookup:
            if popup.number is None or popup.remembered is None:
                raise CallGone
            whose = None if popup.remembered is Memory.ALL else employee_id
            await forget(unit, popup.number, whose)
            others = tuple(each for each in lookup.remembered if each.employee_id != whose)
            return replace(lookup, remembered=others, chosen=None)

        return await self._change(press, forgotten, ask=False)

    async def _change(self, press: Press, change: _Change, *, ask: bool) -> Granted:
        async with self._open(press) as opened:
            changed = await change(opened.unit, opened.lookup, opened.popup, opened.employee_id)
            await keep_lookup(opened, changed, ask=ask)
            return await self._grant(opened)


async def adopt(unit: Unit, press: Press, now: datetime) -> None:
    """Note the message a press came from. What it shows is unknown from here on: Teams puts the answer there, in the
    place of a form that may have stood on it; what was typed into that is kept."""
    await unit.sql.execute(_SQL["adopt_card"], press.popup_id, press.card_id, now + _SHOWN_WITHIN)
    typed, search = press.typed, None
    if typed.search is not None:
        row = await own_popup(unit, press)
        search = replace(open_search(unit, row["search_sealed"]) or PeopleSearch(), text=typed.search)
    await unit.sql.execute(
        _SQL["take_off_form"],
        press.popup_id,
        typed.note is not None,
        unit.seal_value("call note", NOTE, typed.note) if typed.note not in (None, CallNote()) else None,
        typed.person is not None,
        unit.seal_value(PERSON_SEALED, PERSON, typed.person) if typed.person is not None else None,
        unit.seal_value(SEARCH_SEALED, SEARCH, search) if search is not None else None,
    )


async def keep_lookup(opened: Opened, lookup: Lookup, *, ask: bool = False) -> None:
    """``ask``: the sources once more."""
    sealed = opened.unit.seal_value("lookup", LOOKUP, lookup)
    await opened.unit.sql.execute(_SQL["change_lookup"], opened.call_id, sealed, ask, opened.now)


async def close_form(opened: Opened, *, saved: bool = False) -> None:
    """Done with the form that the employee opened; ``saved``: with the note's."""
    await opened.unit.sql.execute(_SQL["close_form"], opened.press.popup_id, saved)


async def ask_again(opened: Opened) -> None:
    """Who called has been deleted since: without it there is no name to show, and nobody to journal to."""
    if opened.scene.forgotten:
        await opened.unit.sql.execute(_SQL["ask_again"], opened.call_id, opened.now)


async def own_popup(unit: Unit, press: Press) -> Any:
    """The row of the popup whose button was pressed. Raises :class:`CallGone` and :class:`NotYours`."""
    row = await unit.sql.fetchrow(_SQL["read_popup"], press.popup_id)
    if row is None:
        raise CallGone
    if row["entra_object_id"] != press.entra_object_id:
        raise NotYours
    return row


async def read_popup(unit: Unit, row: Any, now: datetime, operators: Mapping[str, Operator]) -> tuple[Popup, Scene]:
    """What a row of :func:`own_popup` should look like now, and what it is made of."""
    scene = await read_scene(unit, row["call_id"], operators)
    popup = scene.popup(row["employee_id"], row["popup_id"], form_from(unit, row, now)) if scene else None
    if scene is None or popup is None:
        raise CallGone
    return popup, scene


async def answer(unit: Unit, press: Press, now: datetime, operators: Mapping[str, Operator]) -> tuple[Popup, Scene]:
    """The card for the answer to a press that :func:`adopt` has noted. It may hold the form again."""
    popup, scene = await read_popup(unit, await own_popup(unit, press), now, operators)
    if popup.form is not None:
        await unit.sql.execute(_SQL["put_up_form"], press.popup_id, now + FORM_PATIENCE)
    return popup, scene


async def grant(unit: Unit, bell: Bell, press: Press, now: datetime, operators: Mapping[str, Operator]) -> Granted:
    """The last step of a wish, when its rows are written: the card as it is now, for the answer to the press, and all
    cards of the call raised. The call is locked, before its popups."""
    row = await own_popup(unit, press)
    await adopt(unit, press, now)
    await unit.sql.execute(_SQL["want_shown"], row["call_id"], now + _SWEEP_AFTER)
    popup, scene = await answer(unit, press, now, operators)
    await bell.ring_cards(unit, row["call_id"])
    return Granted(popup=popup, language=scene.language(row["employee_id"]), as_of=now)


def is_late(as_of: datetime, now: datetime) -> bool:
    """Whether the answer to a press would come too late to be drawn: edits may have overtaken it, and it would stay."""
    return now - as_of > _ANSWERED_WITHIN


async def follow_by_edit(database: Database, bell: Bell, press: Press, now: datetime, *, answered: bool) -> None:
    """Have an edit bring the card up to date: after an answer that was given once more, as it was the first time, or
    in the place of one that is not given. Raises :class:`CallGone` and :class:`NotYours`."""
    async with database.tenant(press.tenant_id) as unit:
        row = await own_popup(unit, press)
        shown_by = now + _SHOWN_WITHIN if answered else None
        await unit.sql.execute(_SQL["follow_by_edit"], press.popup_id, now + _SWEEP_AFTER, shown_by)
        await bell.ring_cards(unit, row["call_id"])
