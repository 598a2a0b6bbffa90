"""Asking the sources who owns a number, each with its own patience, so that a slow one never holds up the others.

CRMs are asked together. The directory is asked when every CRM has answered without a match or has used up its patience.
A CRM that answers late still improves the card; one that does not is named in one quiet line.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from calls import telemetry
from calls.errors import OutsideError
from calls.model import Details, Found, Match, NumberPage, RecordRef, SourceRole
from calls.numbers import Number

log = logging.getLogger(__name__)


class SourceState(StrEnum):
    ASKED = "asked"
    ANSWERED = "answered"
    SILENT = "silent"  # out of patience; still being waited for
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one source has said so far."""

    connection_id: UUID
    source: str  # the name shown
    role: SourceRole
    state: SourceState
    matches: tuple[Match, ...] = ()
    can_create: bool = False  # a person that it does not know, when an employee asks for it
    can_add: bool = False  # the number to a person it knows by another, likewise


@dataclass(frozen=True, kw_only=True, slots=True)
class Making:
    """A record of the caller that an employee has asked for and that is not there (:mod:`calls.callers.creating`)."""

    to: str | None = None  # the name of who is there, and is to have the number; None: somebody new
    failed: str | None = None  # why it was given up: a code; None: at work


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """A record that an employee has asked us to remember for this number (:mod:`calls.callers.choices`)."""

    employee_id: UUID | None  # for whom; None: for all
    match: Match  # as it was when it was last confirmed


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """What all sources have said so far."""

    answers: tuple[Answer, ...] = ()
    done: bool = False  # nothing more will come
    chosen: RecordRef | None = None  # the match an employee pointed out
    remembered: tuple[Remembered, ...] = ()  # what was known about the number before anybody was asked
    pages: tuple[NumberPage, ...] = ()  # where else to look; nobody is asked for them

    made: Match | None = None  # the record that an employee had made, or given the number, for this caller
    making: Making | None = None

    @property
    def matches(self) -> tuple[Match, ...]:
        found = tuple(match for answer in self.answers for match in answer.matches)
        made = self.made
        if made is None or any((each.connection_id, each.ref) == (made.connection_id, made.ref) for each in found):
            return found
        return (*found, made)  # the source's search may not know it yet

    @property
    def may_create_in(self) -> Answer | None:
        """The source in which a new person may be made: a CRM that can, once none of them knows the number."""
        return next((each for each in self._without_the_caller if each.can_create), None)

    @property
    def may_add_in(self) -> Answer | None:
        """The source in which somebody who is there may be given the number, likewise."""
        return next((each for each in self._without_the_caller if each.can_add), None)

    @property
    def _without_the_caller(self) -> Iterable[Answer]:
        """Those who have answered, once it is clear that no CRM knows the number."""
        if not self.done or any(match.role is SourceRole.CRM for match in self.matches):
            return ()
        return (each for each in self.answers if each.state is SourceState.ANSWERED)

    @property
    def worth_a_toast(self) -> bool:
        """Somebody has named the caller, or there is nobody left to wait for."""
        return bool(self.matches) or self.done

    def on_top_of(self, before: Lookup) -> Lookup:
        """What is said now, when the sources are asked once more: whoever is silent this time knew what it knew."""
        known = {answer.connection_id: answer.matches for answer in before.answers}
        answers = (
            answer
            if answer.state is SourceState.ANSWERED
            else replace(answer, matches=known.get(answer.connection_id, ()))
            for answer in self.answers
        )
        return replace(self, answers=tuple(answers))

    def find(self, match: Match) -> Match | None:
        """The same record, as its source tells it now."""
        known = (match.connection_id, match.ref)
        return next((each for each in self.matches if (each.connection_id, each.ref) == known), None)

    def has_answered(self, connection_id: UUID) -> bool:
        states = (answer.state for answer in self.answers if answer.connection_id == connection_id)
        return SourceState.ANSWERED in states

    def recalled(self, employee_id: UUID | None) -> Remembered | None:
        """What is remembered for this employee and still holds: their own before that for all. While its source has not
        answered it holds; a record that the source no longer knows does not."""
        mine = sorted(
            (each for each in self.remembered if each.employee_id in (employee_id, None)),
            key=lambda each: each.employee_id is None,
        )
        for each in mine:
            found = self.find(each.match)
            if found is not None:
                return replace(each, match=found)
            if not self.has_answered(each.match.connection_id):
                return each
        return None

    def pointed_out(self, employee_id: UUID | None) -> RecordRef | None:
        """The record that is meant, by what was pressed in this call or is remembered."""
        recalled = self.recalled(employee_id)
        return self.chosen or (recalled.match.ref if recalled else None)

    def enriched(self, match: Match, details: Details) -> Lookup:
        """The same lookup, with what its source has added about one match."""
        better = replace(
            match,
            title=details.title or match.title,
            company=details.company or match.company,
            owner=details.owner or match.owner,
            open_items=details.open_items,
            last_contact=details.last_contact,
        )
        return replace(self, answers=tuple(_with_match(answer, match, better) for answer in self.answers))

    @property
    def silent_sources(self) -> tuple[str, ...]:
        quiet = (SourceState.SILENT, SourceState.FAILED)
        return tuple(answer.source for answer in self.answers if answer.state in quiet)


def _with_match(answer: Answer, old: Match, new: Match) -> Answer:
    known = (old.connection_id, old.ref)
    matches = tuple(new if (match.connection_id, match.ref) == known else match for match in answer.matches)
    return replace(answer, matches=matches)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One connection to ask."""

    connection_id: UUID
    name: str
    role: SourceRole
    find: Callable[[Number, float], Awaitable[Found]]  # with a deadline in loop time
    can_create: bool = False
    can_add: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long to wait, in seconds from the start of the lookup."""

    crm: float = 0.8  # then it counts as silent, and the directory is asked
    directory: float = 1.5  # from when the directory is asked
    hard: float = 6.0  # then a source is given up


async def look_up(number: Number, sources: Sequence[Source], patience: Patience) -> AsyncGenerator[Lookup, None]:
    """Yield the lookup each time it has changed; the last one is ``done``."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    crms = [source for source in sources if source.role is SourceRole.CRM]
    directories = [source for source in sources if source.role is SourceRole.DIRECTORY]
    answers = {source.connection_id: _unanswered(source) for source in crms}
    tasks = {_ask(source, number, start + patience.hard): source for source in crms}
    patient_until = start + patience.crm
    try:
        while True:
            crm_open = any(answers[source.connection_id].state is SourceState.ASKED for source in crms)
            if directories and not crm_open:
                if not any(answer.matches for answer in answers.values()):
                    for source in directories:
                        answers[source.connection_id] = _unanswered(source)
                        tasks[_ask(source, number, loop.time() + patience.directory)] = source
                directories = []
            if not tasks:
                break
            yield Lookup(answers=tuple(answers.values()))
            wait = max(0.0, patient_until - loop.time()) if crm_open else None
            finished, _ = await asyncio.wait(tasks, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                source = tasks.pop(task)
                answers[source.connection_id] = _answer(source, task)
            if not finished:
                for source in crms:
                    answer = answers[source.connection_id]
                    if answer.state is SourceState.ASKED:
                        answers[source.connection_id] = replace(answer, state=SourceState.SILENT)
        yield Lookup(answers=tuple(answers.values()), done=True)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _unanswered(source: Source) -> Answer:
    return Answer(
        connection_id=source.connection_id,
        source=source.name,
        role=source.role,
        state=SourceState.ASKED,
        can_create=source.can_create,
        can_add=source.can_add,
    )


def _ask(source: Source, number: Number, deadline: float) -> asyncio.Task[Found]:
    async def ask() -> Found:
        async with asyncio.timeout_at(deadline):
            return await source.find(number, deadline)

    return asyncio.create_task(ask(), name=f"find in {source.connection_id}")


def _answer(source: Source, task: asyncio.Task[Found]) -> Answer:
    answer = _unanswered(source)
    problem = None if task.cancelled() else task.exception()
    telemetry.sources.add(1, {"role": source.role.value, "outcome": type(problem).__name__ if problem else "answered"})
    if problem is None and not task.cancelled():
        return replace(answer, state=SourceState.ANSWERED, matches=task.result().matches)
    if isinstance(problem, OutsideError | TimeoutError):
        log.warning("source %s did not answer: %s", source.connection_id, type(problem).__name__)
    elif problem is not None:
        log.error("source %s failed in our own code: %s", source.connection_id, type(problem).__name__)
    return replace(answer, state=SourceState.FAILED)
