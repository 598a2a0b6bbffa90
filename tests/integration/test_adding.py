"""A number that nobody knew is given to somebody who is in the CRM: searched for and chosen in the card, added once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from calls.callers.lookup import Making
from calls.errors import Gone, OutsideError, Refused, Transient
from calls.model import Match
from calls.popups.forms import FORM_PATIENCE, FormKind, NewPerson, PeopleSearch, Typed
from calls.popups.popup import Identity, Popup, PopupState
from calls.popups.wishes import CallGone, NotYours, Press
from calls.store.database import Database
from tests.integration.test_creating import ANSWER, END, RING, Desk
from tests.support.clock import Clock
from tests.support.companies import TestCompany, object_id
from tests.support.events import line, ring


class Adding(Desk):
    async def button(self, *, place: int = 0, who: int | None = None, typed: Typed | None = None) -> Press:
        popup_id: UUID = await self.read(
            "SELECT popup_id FROM smartcall.popup WHERE employee_id = $1", self.company.employee_ids[place]
        )
        return Press(
            tenant_id=self.company.tenant_id,
            popup_id=popup_id,
            entra_object_id=object_id(place if who is None else who),
            card_id=f"card-{place}",
            typed=typed or Typed(),
        )

    async def open(self, kind: FormKind = FormKind.NUMBER, **where: Any) -> Popup:
        return (await self.forms.open_form(await self.button(**where), kind)).popup

    async def search(self, text: str = "nora", **where: Any) -> Popup:
        press = await self.button(typed=Typed(search=text), **where)
        return (await self.forms.search_people(press, text)).popup

    async def choose(self, match: Match, **where: Any) -> Popup:
        return (await self.forms.add_number(await self.button(**where), match.key)).popup

    async def add(self) -> Popup:
        """All the way."""
        await self.open()
        return await self.choose((await self.search()).search.people[0])  # type: ignore[union-attr]

    @property
    def updates(self) -> int:
        return sum(card.updates for card in self.screen.cards.values())


@pytest.fixture
async def desk(company: TestCompany, database: Database, now: Clock) -> Adding:
    await company.install_all(now)
    desk = Adding(company, database, now)
    desk.crm.there = ("Nora Lie", "Nora Berg")
    return desk


async def test_who_is_chosen_is_the_caller_and_the_call_is_journaled_there(desk: Adding) -> None:
    await desk.tell(RING, ANSWER, END)
    offered = await desk.show()
    assert (offered.add_in, offered.form) == ("HubSpot", FormKind.NOTE)
    assert (await desk.open()).form is FormKind.NUMBER
    found = await desk.search()
    assert found.search == PeopleSearch(text="nora", asked="nora", people=(desk.crm.person(0), desk.crm.person(1)))
    asked = await desk.choose(found.search.people[1])
    assert (asked.making, asked.form) == (Making(to="Nora Berg"), None)
    await desk.make()
    shown = await desk.show()
    assert (shown.identity, shown.matches[0].name, shown.chosen) == (Identity.MATCHED, "Nora Berg", True)
    assert (shown.making, shown.add_in, shown.create_in) == (None, None, None)
    assert desk.crm.added == {"there 1": ["+4722334455"]}
    assert [entry.record.id for entry in desk.crm.entries.values()] == ["there 1"]
    assert await desk.read("SELECT count(*) FROM smartcall.creation") == 0
    assert await desk.read("SELECT search_sealed FROM smartcall.popup") is None


async def test_nobody_found_and_a_source_in_trouble_are_said_and_may_be_tried_anew(desk: Adding) -> None:
    await desk.tell(RING)
    await desk.show()
    await desk.open()
    assert (await desk.search("zz")).search == PeopleSearch(text="zz", asked="zz")
    desk.crm.search_problem = Transient()
    assert (await desk.search("nora")).search == PeopleSearch(text="nora", asked="nora", failed=True)
    desk.crm.search_problem = None
    found = await desk.search("nora")
    assert found.search is not None
    assert found.search.people
    again = await desk.search("")
    assert (again.form, again.search) == (FormKind.NUMBER, replace(found.search, text=""))


async def test_two_presses_and_a_lost_answer_add_it_once(desk: Adding) -> None:
    desk.crm.lose_creations = 1
    await desk.tell(RING)
    await desk.show()
    await desk.add()
    pressed = await desk.choose(desk.crm.person(0))
    assert pressed.making == Making(to="Nora Lie")
    for _ in range(3):
        await desk.make()
        desk.clock.move(40)
    assert desk.crm.added == {"there 0": ["+4722334455"]}
    assert (await desk.show()).matches[0].name == "Nora Lie"


@pytest.mark.parametrize(("problem", "code"), [(Refused(code="no_free_field"), "no_free_field"), (Gone(), "gone")])
async def test_what_is_refused_is_said_and_the_list_is_there_again(
    desk: Adding, problem: OutsideError, code: str
) -> None:
    desk.crm.create_problem = problem
    await desk.tell(RING)
    await desk.show()
    await desk.add()
    await desk.make()
    shown = await desk.show()
    assert (shown.making, shown.add_in) == (Making(to="Nora Lie", failed=code), "HubSpot")
    desk.crm.create_problem = None
    opened = await desk.open()
    assert opened.search is not None
    await desk.choose(opened.search.people[1])
    await desk.make()
    assert (await desk.show()).matches[0].name == "Nora Berg"


async def test_what_a_client_makes_up_is_nobody(desk: Adding) -> None:
    await desk.tell(RING)
    await desk.show()
    await desk.open()
    await desk.search()
    stranger = replace(desk.crm.person(0), ref=replace(desk.crm.person(0).ref, id="999"))
    assert (await desk.choose(stranger)).making is None
    assert await desk.read("SELECT count(*) FROM smartcall.creation") == 0


async def test_a_colleague_may_not(desk: Adding) -> None:
    await desk.tell(RING)
    await desk.show()
    for press in (desk.open(who=1), desk.search(who=1), desk.choose(desk.crm.person(0), who=1)):
        with pytest.raises(NotYours):
            await press
    assert desk.crm.searched == []


async def test_it_is_not_offered_while_a_crm_has_not_said(desk: Adding) -> None:
    desk.crm.problem = Transient()
    await desk.tell(RING)
    assert (await desk.show()).add_in is None
    assert (await desk.open()).form is None
    with pytest.raises(CallGone):
        await desk.search()
    assert desk.crm.searched == []


@pytest.mark.parametrize("kind", [FormKind.PERSON, FormKind.NUMBER])
async def test_an_open_form_is_left_alone_until_the_next_press(desk: Adding, kind: FormKind) -> None:
    await desk.tell(RING)
    await desk.show()
    await desk.open(kind)
    before = desk.updates
    await desk.tell(ANSWER, END)
    await desk.show()
    assert desk.updates == before, "somebody is typing"
    closed = (await desk.forms.close_form(await desk.button())).popup
    assert (closed.state, closed.form) == (PopupState.ENDED, FormKind.NOTE)


async def test_a_form_nobody_touches_makes_room(desk: Adding) -> None:
    await desk.tell(RING)
    await desk.show()
    await desk.open()
    await desk.search()
    await desk.tell(ANSWER)
    desk.clock.move(FORM_PATIENCE.total_seconds() + 1)
    shown = await desk.show()
    assert (shown.state, shown.form) == (PopupState.ANSWERED, None)
    assert await desk.read("SELECT search_sealed FROM smartcall.popup") is None


async def test_what_is_typed_survives_every_other_button(desk: Adding) -> None:
    person = NewPerson(first_name="Jon", company="Prøve AS")
    await desk.tell(RING, ANSWER, END)
    await desk.show()
    await desk.open(FormKind.PERSON)
    other = await desk.forms.open_form(await desk.button(typed=Typed(person=person)), FormKind.NUMBER)
    assert (other.popup.form, other.popup.person) == (FormKind.NUMBER, None)
    back = await desk.forms.open_form(await desk.button(typed=Typed(search="no")), FormKind.PERSON)
    assert (back.popup.form, back.popup.person) == (FormKind.PERSON, person)
    again = await desk.open()
    assert again.search == PeopleSearch(text="no")
    await desk.forms.close_form(await desk.button(typed=Typed(search="nor")))
    assert await desk.read("SELECT count(*) FROM smartcall.popup WHERE search_sealed IS NULL") == 1
    assert (await desk.open(FormKind.PERSON)).person is None


async def test_a_colleague_was_quicker_and_nothing_typed_is_wiped(desk: Adding) -> None:
    await desk.tell(ring(line(0), line(1)))
    await desk.cards(await desk.task())
    await desk.open(place=1)
    await desk.search(place=1)
    before = desk.updates
    await desk.add()
    await desk.make()
    await desk.cards(await desk.task())
    hers = [card for card in desk.screen.cards.values() if card.chat.entra_object_id == object_id(1)]
    assert hers[0].updates == 0
    assert desk.updates > before
    late = await desk.choose(desk.crm.person(1), place=1)
    assert (late.identity, late.matches[0].name, late.form) == (Identity.MATCHED, "Nora Lie", None)
    assert desk.crm.added == {"there 0": ["+4722334455"]}


async def test_what_was_found_is_sealed(desk: Adding) -> None:
    await desk.tell(RING)
    await desk.show()
    await desk.add()
    for question in ("SELECT search_sealed FROM smartcall.popup", "SELECT draft_sealed FROM smartcall.creation"):
        sealed = await desk.read(question)
        assert sealed
        assert b"Nora" not in sealed
