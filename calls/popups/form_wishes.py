"""What employees do with the forms of a card: open and close them, and put a stranger on record through them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from calls.callers.creating import Errand, ask
from calls.callers.lookup import Answer, Making
from calls.callers.sources import Sources
from calls.errors import OutsideError
from calls.jobs.queue import Bell
from calls.model import Draft
from calls.popups.forms import SEARCH, SEARCH_SEALED, FormKind, NewPerson, PeopleSearch
from calls.popups.popup import Identity
from calls.popups.scene import NO_OPERATORS
from calls.popups.wishes import CallGone, Granted, NotYours, Opened, Press, Wishing, ask_again, close_form, keep_lookup
from calls.ports import Operator
from calls.store.database import Database
from calls.store.sql_blocks import read_blocks

log = logging.getLogger(__name__)
_SQL = read_blocks(Path(__file__).with_name("form_wishes.sql"))
_SEARCH_SECONDS = 3.0  # somebody waits, and Teams sends a press again after some seconds


class FormWishes(Wishing):
    """Carries out the buttons of forms. What a form was for may be gone by then: the card then says what is."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        sources: Sources,
        now: Callable[[], datetime],
        operators: Mapping[str, Operator] = NO_OPERATORS,
    ) -> None:
        super().__init__(database, bell, now, operators)
        self._sources = sources

    async def open_form(self, press: Press, kind: FormKind) -> Granted:
        """In the place of another, whose text is kept. Raises :class:`NotYours` for the note of a call that a colleague
        took."""
        async with self._open(press) as opened:
            popup = opened.popup
            if kind is FormKind.NOTE and not popup.may_note:
                raise NotYours
            await ask_again(opened)
            wanted = {FormKind.NOTE: popup.may_note, FormKind.PERSON: popup.create_in, FormKind.NUMBER: popup.add_in}
            if wanted[kind] or opened.scene.forgotten:
                await opened.unit.sql.execute(_SQL["open_form"], press.popup_id, kind.value)
            return await self._grant(opened)

    async def close_form(self, press: Press) -> Granted:
        """Give up a new person or a search, and what was typed of it. A note that was begun is kept."""
        typed = replace(press.typed, person=None, search=None)
        async with self._open(replace(press, typed=typed)) as opened:
            await close_form(opened)
            return await self._grant(opened)

    async def create_record(self, press: Press, *, person: NewPerson, employee_email: str | None) -> Granted:
        """Make the caller a person in the CRM. A job does it."""
        async with self._open(press) as opened:
            number, able = opened.popup.number, opened.lookup.may_create_in if opened.popup.create_in else None
            if number is not None and await self._may_ask(opened, able):
                draft = Draft(number=number, employee_email=employee_email, **asdict(person))
                await self._ask(opened, able, Errand(number=number, new=draft), Making())
            return await self._grant(opened)

    async def search_people(self, press: Press, text: str) -> Granted:
        """Look for somebody who is there. The source is asked here and now, with no transaction open: whoever pressed
        waits for the list, and nothing is lost with it."""
        async with self._open(press) as opened:
            able = opened.lookup.may_add_in if opened.popup.add_in else None
            may_ask = await self._may_ask(opened, able)
            if may_ask:
                await opened.unit.sql.execute(_SQL["open_form"], press.popup_id, FormKind.NUMBER.value)
            if not may_ask or not text:
                return await self._grant(opened)
        found = await self._search(press, able, text) if able else PeopleSearch(text=text)
        async with self._open(replace(press, typed=replace(press.typed, search=None))) as opened:
            sealed = opened.unit.seal_value(SEARCH_SEALED, SEARCH, found)
            await opened.unit.sql.execute(_SQL["keep_search"], press.popup_id, sealed)
            return await self._grant(opened)

    async def add_number(self, press: Press, key: str) -> Granted:
        """Let one of those who were found have the caller's number, and be the caller. A job does it. ``key`` comes
        from the client, and means somebody of that list or nobody."""
        async with self._open(press) as opened:
            number, able = opened.popup.number, opened.lookup.may_add_in if opened.popup.add_in else None
            people = opened.popup.search.people if opened.popup.search else ()
            person = next((each for each in people if each.key == key), None)
            if number is not None and await self._may_ask(opened, able) and person is not None:
                await self._ask(opened, able, Errand(number=number, person=person), Making(to=person.name))
            return await self._grant(opened)

    async def _may_ask(self, opened: Opened, able: Answer | None) -> bool:
        """Whether the source can still be asked. If not, the caller has become known meanwhile, or is being made known,
        and the form is done with; or the sources have to be asked anew first. Raises :class:`CallGone` where there
        never was anything to ask for."""
        making = opened.lookup.making
        if able is not None and (making is None or making.failed is not None):
            return True
        if opened.scene.forgotten:
            await ask_again(opened)
        elif opened.popup.identity is Identity.MATCHED or making is not None:
            await close_form(opened)
        else:
            raise CallGone
        return False

    async def _ask(self, opened: Opened, able: Answer | None, errand: Errand, making: Making) -> None:
        """What was typed is kept until it is done, or the employee gives it up."""
        if able is None:
            return
        unit = opened.unit
        await ask(unit, opened.call_id, able.connection_id, errand, opened.now)
        await unit.sql.execute(_SQL["open_form"], opened.press.popup_id, None)
        await keep_lookup(opened, replace(opened.lookup, making=making))
        await self._bell.ring_journal(unit, opened.call_id)

    async def _search(self, press: Press, able: Answer, text: str) -> PeopleSearch:
        deadline = asyncio.get_running_loop().time() + _SEARCH_SECONDS
        try:
            source = await self._sources.one(press.tenant_id, able.connection_id)
            if source is None:
                return PeopleSearch(text=text, asked=text, failed=True)
            async with asyncio.timeout_at(deadline):
                found = await source.connector.search_people(text, deadline=deadline)
        except (OutsideError, TimeoutError) as problem:
            log.warning("source %s did not search: %s", able.connection_id, type(problem).__name__)
            return PeopleSearch(text=text, asked=text, failed=True)
        return PeopleSearch(text=text, asked=text, people=found.matches, more=not found.complete)
