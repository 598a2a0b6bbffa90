"""The part of the battery for connectors that add a number to a person who is there (the ability ``add_number``)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest

from calls.errors import Refused, Transient, Unknown
from calls.model import Ability, Match
from crm_connectors.testing.bad_line import Fault
from crm_connectors.testing.conformance import (
    Conformance,
    Outside,
    assert_nothing_leaks,
    read_number,
    soon,
    write_marks,
)
from crm_connectors.testing.troubles import PATIENCE, QUICK, TROUBLES


@dataclass(frozen=True, kw_only=True, slots=True)
class AddingSubject:
    """What the battery needs to know of the people there."""

    name: str  # searched for, and found as the only one
    numbers: tuple[str, ...]  # as dialled: nobody's, and each fits that person as long as none has been added
    full: str  # the name of somebody who can take none of them


class AddingConformance(Conformance):
    """Inherit beside the others, and override ``adding``."""

    @pytest.fixture
    def adding(self) -> AddingSubject:
        raise NotImplementedError("a connector's tests say whom they know")

    async def test_it_declares_what_it_can(self, outside: Outside) -> None:
        assert Ability.ADD_NUMBER in outside.connect().spec.abilities

    async def test_people_are_found_by_name_and_nothing_is_changed(
        self, outside: Outside, adding: AddingSubject
    ) -> None:
        found = await outside.connect().search_people(adding.name, deadline=soon(PATIENCE))
        (match,) = found.matches
        assert (match.name, found.complete) == (adding.name, True)
        assert match.connection_id == outside.connection.connection_id
        assert (await outside.connect().search_people("  ", deadline=soon(PATIENCE))).matches == ()
        assert (await outside.connect().search_people("zzqx ingen", deadline=soon(PATIENCE))).matches == ()
        assert outside.list_writes() == []

    async def test_a_number_is_added_once(self, outside: Outside, adding: AddingSubject) -> None:
        match, number = await self._find(outside, adding.name), read_number(adding.numbers[0])
        first = await outside.connect().add_number(match, number)
        assert (first.ref, first.name) == (match.ref, match.name)
        writes = len(outside.list_writes())
        assert writes > 0
        again = await outside.connect().add_number(match, number)
        assert (again.ref, again.name, again.evidence) == (first.ref, first.name, first.evidence)
        assert len(outside.list_writes()) == writes

    async def test_nothing_is_overwritten(self, outside: Outside, adding: AddingSubject) -> None:
        match = await self._find(outside, adding.full)
        for dialled in adding.numbers:
            with pytest.raises(Refused) as refused:
                await outside.connect().add_number(match, read_number(dialled))
            assert refused.value.code == "no_free_field"
        assert outside.list_writes() == []

    @pytest.mark.parametrize("drop", [True, False], ids=["no answer", "502"])
    async def test_a_lost_answer_adds_no_second_one(self, outside: Outside, adding: AddingSubject, drop: bool) -> None:
        match, number = await self._find(outside, adding.name), read_number(adding.numbers[0])
        lost = Fault(after=True, drop=drop, status=None if drop else 502, times=1)
        lost.only = f"^(?!GET )(?!.*(?:{outside.subject.reads}))"
        outside.line.faults = [lost]
        with suppress(Transient, Unknown):
            await outside.connect().add_number(match, number)
        writes = len(outside.list_writes())
        outside.line.faults = []
        assert (await outside.connect().add_number(match, number)).ref == match.ref
        assert len(outside.list_writes()) == writes

    @pytest.mark.parametrize("trouble", QUICK)
    async def test_a_search_and_an_addition_translate(
        self, outside: Outside, adding: AddingSubject, trouble: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(0)
        connector, number = outside.connect(), read_number(adding.numbers[0])
        match = (await connector.search_people(adding.name, deadline=soon(PATIENCE))).matches[0]
        fault = TROUBLES[trouble].fault(write_marks(outside))
        outside.line.faults = [fault]
        with pytest.raises(TROUBLES[trouble].error) as caught:
            await connector.search_people(adding.name, deadline=soon(PATIENCE))
        assert_nothing_leaks(outside, caught.value, caplog)
        fault.only = f"^(?!GET )(?!.*(?:{outside.subject.reads}))"
        with pytest.raises(TROUBLES[trouble].write_error) as caught:
            await connector.add_number(match, number)
        assert_nothing_leaks(outside, caught.value, caplog)

    async def _find(self, outside: Outside, name: str) -> Match:
        found = await outside.connect().search_people(name, deadline=soon(PATIENCE))
        return found.matches[0]
