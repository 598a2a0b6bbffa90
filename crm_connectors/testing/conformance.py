"""The battery every connector passes; its tests bring only data (:class:`Subject`).

class TestMyCrm(Conformance):
    @pytest.fixture
    def subject(self) -> Subject: ...
"""

from __future__ import annotations

import asyncio
import json
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from calls.errors import OutsideError, Refused, Throttled, Transient, Unknown
from calls.model import Ability, Connection, Direction, JournalEntry, MatchKind, Outcome, RecordRef
from calls.numbers import Number, parse_number
from calls.ports import Connector, ConnectorType, Tools
from crm_connectors.testing.bad_line import Asked, BadLine, Fault, serve_application
from crm_connectors.testing.doubles import open_tools, tell_time
from crm_connectors.testing.troubles import PATIENCE, QUICK, TROUBLES

_JSON = b'{"message": "MARKS", "category": "MARKS", "status": "MARKS", "error": "MARKS", "results": "MARKS"}'


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalSubject:
    """What the battery needs of a connector that journals."""

    entry: JournalEntry
    count: Callable[[str], Awaitable[int]]  # how many journal entries the outside system at this address holds now


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A connector and the outside world its tests know."""

    type: ConnectorType
    application: Callable[[], web.Application]  # the outside system
    prefix: str  # where in the application the vendor's base address is: "/simulators/hubspot"
    connection: Callable[[str], Connection]  # for the base address given
    known: Mapping[str, str]  # numbers as dialled, each with the name to be found
    strangers: tuple[str, ...]  # numbers that nobody there owns, though last digits may agree
    unasked: tuple[str, ...]  # numbers about which nothing may be asked
    reads: str  # regular expression for "METHOD /path" of requests that only read although they are no GET
    secrets: tuple[str, ...]  # what may never come out in a text
    harmless: frozenset[str] = field(default_factory=frozenset)  # troubles that mean "not found" and raise nothing
    journal: JournalSubject | None = None


class Outside:
    """A subject with its outside system running, as one test sees it."""

    def __init__(self, subject: Subject, line: BadLine, tools: Tools, target: str) -> None:
        self.subject = subject
        self.line = line
        self.tools = tools
        self.target = target + subject.prefix  # the system itself, past the bad line
        self.connection = subject.connection(line.url + subject.prefix)
        subject.type.check_settings(self.connection)

    def connect(self) -> Connector:
        """A new connector, as another node or a restarted one would have it."""
        return self.subject.type.connect(self.connection, self.tools)

    def list_writes(self) -> list[Asked]:
        return [ask for ask in self.line.asked if ask.method != "GET" and not re.search(self.subject.reads, str(ask))]

    def find_leaks(self, text: str) -> list[str]:
        """Which of numbers, names and secrets are in a text that anybody may read."""
        numbers = [read_number(dialled).digits[-8:] for dialled in self.subject.known]
        marks = [*numbers, *self.subject.known.values(), *self.subject.secrets]
        return [mark for mark in marks if mark in text]


def read_number(dialled: str) -> Number:
    number = parse_number(dialled)
    assert number is not None, "the subject's numbers are numbers"
    return number


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


class Conformance:
    """Inherit, and override ``subject``; a connector that journals inherits :class:`JournalConformance`."""

    @pytest.fixture
    def subject(self) -> Subject:
        raise NotImplementedError("a connector's tests say what they know")

    @pytest.fixture
    async def outside(self, subject: Subject) -> AsyncIterator[Outside]:
        async with AsyncExitStack() as stack:
            target = await stack.enter_async_context(serve_application(subject.application()))
            line = await stack.enter_async_context(BadLine(target).serve())
            tools = await stack.enter_async_context(open_tools())
            yield Outside(subject, line, tools, target)

    async def test_it_finds_the_owner_however_the_number_is_stored(self, outside: Outside) -> None:
        connector = outside.connect()
        for dialled, name in outside.subject.known.items():
            found = await connector.find(read_number(dialled), deadline=soon(PATIENCE))
            assert [match.name for match in found.matches] == [name], dialled
            for match in found.matches:
                assert match.connection_id == outside.connection.connection_id
                assert match.source == connector.spec.name
                assert match.role is connector.spec.role
                assert (match.url is None) is (Ability.OPEN not in connector.spec.abilities)

    async def test_it_takes_no_stranger_for_the_owner(self, outside: Outside) -> None:
        connector = outside.connect()
        for dialled in outside.subject.strangers:
            found = await connector.find(read_number(dialled), deadline=soon(PATIENCE))
            assert found.matches == (), dialled

    async def test_it_asks_nothing_about_numbers_that_are_not_for_it(self, outside: Outside) -> None:
        connector = outside.connect()
        for dialled in outside.subject.unasked:
            assert (await connector.find(read_number(dialled), deadline=soon(PATIENCE))).matches == ()
        assert outside.line.asked == []

    async def test_looking_up_changes_nothing_outside(self, outside: Outside) -> None:
        connector = outside.connect()
        for dialled in (*list(outside.subject.known)[:2], outside.subject.strangers[0]):
            for match in (await connector.find(read_number(dialled), deadline=soon(PATIENCE))).matches:
                if Ability.DETAILS in connector.spec.abilities:
                    await connector.details(match, deadline=soon(PATIENCE))
        await connector.check()
        assert outside.line.asked
        assert outside.list_writes() == []

    @pytest.mark.parametrize("trouble", TROUBLES)
    async def test_a_lookup_translates(self, outside: Outside, trouble: str, caplog: pytest.LogCaptureFixture) -> None:
        """The failure is one of ours, ends by itself before the deadline passes, and gives nothing away."""
        caplog.set_level(0)
        connector, number = outside.connect(), read_number(next(iter(outside.subject.known)))
        await connector.find(number, deadline=soon(PATIENCE))
        expected = TROUBLES[trouble]
        outside.line.faults = [expected.fault(write_marks(outside))]
        if trouble in outside.subject.harmless:
            assert (await connector.find(number, deadline=soon(expected.patience))).matches == ()
            return
        with pytest.raises(expected.error) as caught:
            async with asyncio.timeout(PATIENCE):
                await connector.find(number, deadline=soon(expected.patience))
        if isinstance(caught.value, Throttled):
            assert caught.value.retry_after == expected.retry_after
        assert_nothing_leaks(outside, caught.value, caplog)

    @pytest.mark.parametrize("trouble", QUICK)
    async def test_a_check_tells_what_is_wrong(self, outside: Outside, trouble: str) -> None:
        connector = outside.connect()
        await connector.check()
        outside.line.faults = [TROUBLES[trouble].fault(write_marks(outside))]
        if trouble in outside.subject.harmless:
            await connector.check()
            return
        with pytest.raises(TROUBLES[trouble].error):
            await connector.check()

    async def test_a_lookup_can_be_cancelled(self, outside: Outside) -> None:
        outside.line.faults = [Fault(silent=True)]
        number = read_number(next(iter(outside.subject.known)))
        lookup = asyncio.create_task(outside.connect().find(number, deadline=soon(PATIENCE)))
        await outside.line.heard.wait()
        lookup.cancel()
        with pytest.raises(asyncio.CancelledError):
            await lookup

    async def test_abilities_that_are_not_declared_are_refused(self, outside: Outside) -> None:
        connector = outside.connect()
        declared = connector.spec.abilities
        number = read_number(next(iter(outside.subject.known)))
        match = (await connector.find(number, deadline=soon(PATIENCE))).matches[0]
        if Ability.DETAILS not in declared:
            with pytest.raises(Refused) as refused:
                await connector.details(match, deadline=soon(PATIENCE))
            assert refused.value.code == "not_supported"
        assert (Ability.JOURNAL in declared) is (outside.subject.journal is not None)
        if Ability.JOURNAL not in declared:
            with pytest.raises(Refused) as refused:
                await connector.journal(_make_entry(match.ref), key="k")
            assert refused.value.code == "not_supported"
        if Ability.ADD_NUMBER not in declared:
            with pytest.raises(Refused):
                await connector.search_people("Nora", deadline=soon(PATIENCE))
            with pytest.raises(Refused) as refused:
                await connector.add_number(match, number)
            assert refused.value.code == "not_supported"


class JournalConformance(Conformance):
    """For connectors that also journal."""

    async def test_a_repeated_key_is_the_same_journal_entry(self, outside: Outside) -> None:
        journal = _journal(outside)
        first = await outside.connect().journal(journal.entry, key="call-1")
        changed = replace(journal.entry, title="Changed", talk_seconds=99)
        assert await outside.connect().journal(changed, key="call-1") == first
        assert await journal.count(outside.target) == 1
        assert await outside.connect().journal(journal.entry, key="call-2") != first
        assert await journal.count(outside.target) == 2

    @pytest.mark.parametrize("drop", [True, False], ids=["no answer", "502"])
    async def test_a_lost_answer_makes_no_second_journal_entry(self, outside: Outside, drop: bool) -> None:
        """Each write of an entry in turn is carried out with its answer lost; then the entry is written again."""
        journal = _journal(outside)
        await outside.connect().journal(journal.entry, key="rehearsal")
        writes = len(outside.list_writes())
        assert writes > 0
        for lost in range(writes):
            outside.line.asked.clear()
            fault = Fault(after=True, drop=drop, status=None if drop else 502, times=1, skip=lost)
            fault.only = f"^(?!GET )(?!.*(?:{outside.subject.reads}))"
            outside.line.faults = [fault]
            ref: RecordRef | None = None
            with suppress(Transient, Unknown):
                ref = await outside.connect().journal(journal.entry, key=f"lost-{lost}")
            outside.line.faults = []
            again = await outside.connect().journal(journal.entry, key=f"lost-{lost}")
            assert ref in {None, again}
            assert await journal.count(outside.target) == 2 + lost

    @pytest.mark.parametrize("trouble", QUICK)
    async def test_a_journal_entry_translates(
        self, outside: Outside, trouble: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(0)
        journal, connector = _journal(outside), outside.connect()
        await connector.journal(journal.entry, key="before")
        outside.line.faults = [TROUBLES[trouble].fault(write_marks(outside))]
        with pytest.raises(TROUBLES[trouble].write_error) as caught:
            await connector.journal(journal.entry, key="after")
        assert_nothing_leaks(outside, caught.value, caplog)


def _journal(outside: Outside) -> JournalSubject:
    assert outside.subject.journal is not None, "the subject says how its journal is counted"
    return outside.subject.journal


def _make_entry(record: RecordRef) -> JournalEntry:
    return JournalEntry(
        record=record,
        record_kind=MatchKind.PERSON,
        direction=Direction.INBOUND,
        title="Call",
        body="",
        caller_number="+4722334455",
        called_number="+4790000001",
        started_at=tell_time(),
        outcome=Outcome.COMPLETED,
    )


def write_marks(outside: Outside) -> bytes:
    """An error body that names number, name and secrets wherever a client may look for a code."""
    dialled, name = next(iter(outside.subject.known.items()))
    marks = " ".join((read_number(dialled).digits, name, *outside.subject.secrets))
    return _JSON.replace(b"MARKS", json.dumps(marks)[1:-1].encode())


def assert_nothing_leaks(outside: Outside, error: OutsideError, caplog: pytest.LogCaptureFixture) -> None:
    shown = "".join(traceback.format_exception(error)) + repr(error) + getattr(error, "code", "") + caplog.text
    assert outside.find_leaks(shown) == []
