"""Asking the sources, in virtual time: who is asked when, who counts as silent, and what a late answer is worth."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.callers.lookup import Answer, Lookup, Patience, Source, SourceState, look_up
from calls.errors import NeedsSignIn, Throttled, Transient
from calls.model import Details, EvidenceField, Found, Match, MatchKind, RecordRef, SourceRole
from calls.numbers import Number, NumberKind
from tests.support.virtual_time import run_at_once

NUMBER = Number(kind=NumberKind.E164, digits="4722334455")
CRM, OTHER, BOOK = UUID(int=1), UUID(int=2), UUID(int=3)
PATIENCE = Patience()


def match(connection: UUID, name: str = "Nora Lie") -> Match:
    return Match(
        connection_id=connection,
        source="s",
        ref=RecordRef(type="t", id="1"),
        kind=MatchKind.PERSON,
        name=name,
        evidence=EvidenceField.PHONE,
        role=SourceRole.DIRECTORY if connection == BOOK else SourceRole.CRM,
    )


@dataclass
class Fake:
    """A source that answers after a while, or fails, and notes when it was asked and whether it was stopped."""

    connection: UUID
    after: float = 0.0
    known: bool = False
    problem: Exception | None = None
    asked_at: float | None = None
    stopped: bool = False
    deadlines: list[float] = field(default_factory=list)

    async def find(self, number: Number, deadline: float) -> Found:
        assert number == NUMBER
        self.asked_at = asyncio.get_running_loop().time() - 1000
        self.deadlines.append(deadline - 1000)
        try:
            await asyncio.sleep(self.after)
        except asyncio.CancelledError:
            self.stopped = True
            raise
        if self.problem:
            raise self.problem
        return Found(matches=(match(self.connection),) if self.known else ())

    @property
    def source(self) -> Source:
        role = SourceRole.DIRECTORY if self.connection == BOOK else SourceRole.CRM
        return Source(connection_id=self.connection, name=f"source {self.connection.int}", role=role, find=self.find)


def ask(*fakes: Fake) -> list[tuple[float, Lookup]]:
    """Every stage with its time from the start."""

    async def run() -> list[tuple[float, Lookup]]:
        loop = asyncio.get_running_loop()
        stages = look_up(NUMBER, [fake.source for fake in fakes], PATIENCE)
        return [(round(loop.time() - 1000, 3), stage) async for stage in stages]

    return run_at_once(run())


def states(lookup: Lookup) -> dict[UUID, SourceState]:
    return {answer.connection_id: answer.state for answer in lookup.answers}


def test_nobody_to_ask_is_done_at_once() -> None:
    assert ask() == [(0.0, Lookup(done=True))]


def test_a_crm_that_knows_leaves_the_directory_in_peace() -> None:
    crm, book = Fake(CRM, after=0.2, known=True), Fake(BOOK, known=True)
    stages = ask(crm, book)
    assert book.asked_at is None
    assert stages[-1][0] == pytest.approx(0.2)
    assert [each.name for each in stages[-1][1].matches] == ["Nora Lie"]
    assert states(stages[-1][1]) == {CRM: SourceState.ANSWERED}


def test_the_directory_is_asked_when_every_crm_has_answered_without_a_match() -> None:
    crm, other, book = Fake(CRM, after=0.1), Fake(OTHER, after=0.3), Fake(BOOK, after=0.2, known=True)
    stages = ask(crm, other, book)
    assert book.asked_at == pytest.approx(0.3)
    assert stages[-1][0] == pytest.approx(0.5)
    assert [match.connection_id for match in stages[-1][1].matches] == [BOOK]


def test_a_slow_crm_counts_as_silent_and_what_it_says_late_still_helps() -> None:
    crm, book = Fake(CRM, after=3.0, known=True), Fake(BOOK, after=0.3, known=True)
    stages = ask(crm, book)
    assert book.asked_at == pytest.approx(PATIENCE.crm)
    at_once = [stage for when, stage in stages if when == pytest.approx(PATIENCE.crm)]
    assert states(at_once[-1]) == {CRM: SourceState.SILENT, BOOK: SourceState.ASKED}
    named = next(stage for when, stage in stages if when == pytest.approx(1.1))
    assert named.silent_sources == ("source 1",)
    assert {match.connection_id for match in named.matches} == {BOOK}
    when, last = stages[-1]
    assert when == pytest.approx(3.0)
    assert last.done
    assert last.silent_sources == ()
    assert {match.connection_id for match in last.matches} == {CRM, BOOK}


def test_a_source_that_never_answers_is_given_up() -> None:
    crm, book = Fake(CRM, after=100), Fake(BOOK, after=100)
    stages = ask(crm, book)
    assert stages[-1][0] == pytest.approx(PATIENCE.hard)
    assert states(stages[-1][1]) == {CRM: SourceState.FAILED, BOOK: SourceState.FAILED}
    assert crm.stopped
    assert book.stopped
    assert crm.deadlines == pytest.approx([PATIENCE.hard])
    assert book.deadlines == pytest.approx([PATIENCE.crm + PATIENCE.directory])


@pytest.mark.parametrize("problem", [Throttled(), Transient(), NeedsSignIn(), KeyError("our own mistake")])
def test_a_failing_crm_lets_the_directory_be_asked(problem: Exception) -> None:
    crm, book = Fake(CRM, after=0.1, problem=problem), Fake(BOOK, known=True)
    stages = ask(crm, book)
    assert book.asked_at == pytest.approx(0.1)
    assert stages[-1][1].silent_sources == ("source 1",)
    assert stages[-1][1].matches


def test_who_stops_listening_stops_the_sources() -> None:
    fakes = [Fake(CRM, after=5), Fake(OTHER, after=5)]

    async def run() -> None:
        stages = look_up(NUMBER, [fake.source for fake in fakes], PATIENCE)
        await anext(stages)
        await asyncio.sleep(0.1)
        await stages.aclose()
        assert all(fake.stopped for fake in fakes)
        assert len(asyncio.all_tasks()) == 1

    run_at_once(run())


def test_a_source_that_refuses_to_stop_in_peace_disturbs_nobody() -> None:
    async def stubborn(number: Number, deadline: float) -> Found:
        try:
            await asyncio.sleep(5)
        finally:
            raise Transient("broken while it was stopped")

    async def run() -> None:
        source = Source(connection_id=CRM, name="s", role=SourceRole.CRM, find=stubborn)
        stages = look_up(NUMBER, [source], PATIENCE)
        await anext(stages)
        await asyncio.sleep(0.1)
        await stages.aclose()

    run_at_once(run())


delays = st.sampled_from([0.0, 0.1, 0.5, 0.79, 0.81, 1.4, 2.0, 5.0, 7.0])
problems = st.sampled_from([None, None, Transient(), NeedsSignIn()])


def fakes(connection: UUID) -> st.SearchStrategy[Fake]:
    return st.builds(Fake, connection=st.just(connection), after=delays, known=st.booleans(), problem=problems)


@given(fakes(CRM), fakes(OTHER), fakes(BOOK))
@settings(max_examples=150, deadline=None)
def test_whatever_the_sources_do(crm: Fake, other: Fake, book: Fake) -> None:
    stages = ask(crm, other, book)
    finals = [stage for _, stage in stages if stage.done]
    assert finals == [stages[-1][1]]
    end = stages[-1][0]
    assert end <= PATIENCE.hard + PATIENCE.directory
    # Patience: nobody is called silent who was not given their time, and nobody is waited for in secret.
    for when, stage in stages:
        for answer in stage.answers:
            assert answer.state is not SourceState.SILENT or when >= PATIENCE.crm - 0.001
            assert answer.state is not SourceState.SILENT or answer.role is SourceRole.CRM
    assert all(state in (SourceState.ANSWERED, SourceState.FAILED) for state in states(stages[-1][1]).values())
    # What was once said is never taken back.
    for (_, before), (_, after) in itertools.pairwise(stages):
        assert set(before.matches) <= set(after.matches)
    # The directory hears of the number only when no CRM has named it in its time.
    named = [each.after for each in (crm, other) if each.known and not each.problem and each.after < PATIENCE.crm]
    settled = max(min(each.after, PATIENCE.crm) for each in (crm, other))
    if named:
        assert book.asked_at is None
    else:
        assert book.asked_at == pytest.approx(settled, abs=0.01)


def test_details_fill_what_was_empty_and_never_wipe() -> None:
    found = match(CRM)
    lookup = ask(Fake(CRM, known=True))[-1][1]
    better = lookup.enriched(found, Details(company="Havnelageret AS"))
    assert better.matches[0].company == "Havnelageret AS"
    assert better.enriched(better.matches[0], Details(title="Sjef")).matches[0].company == "Havnelageret AS"


def test_the_loop_of_these_tests_keeps_time() -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await asyncio.gather(*(asyncio.sleep(seconds) for seconds in (1, 30)))
        return loop.time() - start

    assert run_at_once(run()) == pytest.approx(30)


def test_whoever_is_silent_the_second_time_knew_what_it_knew() -> None:
    def said(connection: UUID, state: SourceState, *matches: Match) -> Answer:
        role = SourceRole.DIRECTORY if connection == BOOK else SourceRole.CRM
        return Answer(connection_id=connection, source="s", role=role, state=state, matches=matches)

    first = Lookup(
        answers=(said(CRM, SourceState.ANSWERED, match(CRM)), said(OTHER, SourceState.ANSWERED, match(OTHER)))
    )
    again = (
        said(CRM, SourceState.FAILED),
        said(OTHER, SourceState.ANSWERED),
        said(BOOK, SourceState.ANSWERED, match(BOOK)),
    )
    both = Lookup(answers=again, done=True).on_top_of(first)
    assert both.matches == (match(CRM), match(BOOK))
    assert [answer.state for answer in both.answers] == [answer.state for answer in again]
    assert both.done
