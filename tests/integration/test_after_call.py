"""After the call: what the employee says is saved once, journaled, and never wiped by an edit of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from calls.callers.sources import Sources
from calls.errors import Transient
from calls.jobs.queue import Bell
from calls.jobs.sweep import Sweep
from calls.model import Event, Outcome
from calls.popups.after_call import AfterCallWishes
from calls.popups.form_wishes import FormWishes
from calls.popups.forms import FORM_PATIENCE, NOTHING_TYPED, FormKind, Typed
from calls.popups.notes import CallNote
from calls.popups.popup import JournalState, Popup, PopupState
from calls.popups.wishes import CallGone, Granted, NotYours, Press, Wishes
from calls.store.database import Database
from tests.integration.test_journaling import ANSWER, END, RING, Desk
from tests.support.clock import Clock
from tests.support.companies import company_text, object_id, provision
from tests.support.events import end, line, ring

NOTE = CallNote(result="follow_up", text="Vil ha tilbud.\nFredag.")


class After(Desk):
    """A desk at which one call has been answered by the first employee, and is over."""

    async def press(self, place: int = 0, typed: Typed = NOTHING_TYPED) -> Press:
        popup_id: UUID = await self.read(
            "SELECT popup_id FROM smartcall.popup WHERE employee_id = $1", self.company.employee_ids[place]
        )
        return Press(
            tenant_id=self.company.tenant_id,
            popup_id=popup_id,
            entra_object_id=object_id(place),
            card_id="card-0",
            typed=typed,
        )

    @property
    def wishes(self) -> AfterCallWishes:
        return AfterCallWishes(self.database, Bell(), self.clock)

    @property
    def forms(self) -> FormWishes:
        return FormWishes(self.database, Bell(), Sources(self.database, self.sources.connect), self.clock)

    async def save(self, note: CallNote = NOTE) -> Granted:
        return await self.wishes.save_note(await self.press(), note)

    @property
    def card(self) -> Popup:
        (card,) = [card for card in self.screen.cards.values() if card.chat.entra_object_id == object_id(0)]
        return card.popup

    @property
    def updates(self) -> int:
        return sum(card.updates for card in self.screen.cards.values())

    async def hear(self, *events: Event) -> None:
        await self.tell(*events)
        await self.identify()


@pytest.fixture
async def desk(company: object, database: Database, now: Clock) -> After:
    return await _desk(database, now)


async def _desk(database: Database, now: Clock, settings: str = "") -> After:
    company = await provision(database, company_text(settings=settings))
    await company.install_all(now)
    return After(company, database, now)


async def _finish(desk: After) -> After:
    await desk.hear(RING, ANSWER, END)
    await desk.write()
    await desk.identify()
    return desk


async def test_the_form_comes_with_the_outcome_of_the_entry(desk: After) -> None:
    await desk.hear(RING, ANSWER, END)
    assert (desk.card.state, desk.card.form) == (PopupState.ENDED, None)
    await desk.write()
    await desk.identify()
    assert (desk.card.journal, desk.card.form) == (JournalState.WRITTEN, FormKind.NOTE)


async def test_a_crm_that_fails_holds_up_no_form_and_its_late_success_wipes_nothing(desk: After) -> None:
    desk.crm.journal_problem = Transient()
    await _finish(desk)
    assert (desk.card.journal, desk.card.form) == (JournalState.PENDING, FormKind.NOTE)
    before = desk.updates
    desk.crm.journal_problem = None
    desk.clock.move(10)
    await desk.write()
    await desk.identify()
    assert len(desk.crm.entries) == 1
    assert desk.updates == before, "somebody may be typing"
    assert not [work for work in await desk.database.open_work(desk.clock(), 10) if work.kind == "cards"]
    granted = await desk.save()
    assert granted.popup.journal is JournalState.PENDING, "it is written anew, with the note"
    await desk.write()
    await desk.identify()
    assert (desk.card.journal, desk.card.note, desk.card.form) == (JournalState.WRITTEN, NOTE, None)


async def test_late_events_leave_the_form_alone_unless_the_call_goes_on(desk: After) -> None:
    await _finish(desk)
    before = desk.updates
    await desk.hear(end(Outcome.FAILED, call="c1"))
    await desk.hear(ring(line(1)))
    assert desk.updates == before
    assert desk.card.form is FormKind.NOTE


async def test_no_form_comes_while_the_answer_may_still_be_told(desk: After) -> None:
    """Told after the end, it would not reach the card that somebody may be typing into."""
    await desk.hear(RING, END)
    await desk.write()
    await desk.identify()
    assert (desk.card.state, desk.card.may_note, desk.card.form) == (PopupState.ENDED, True, None)
    assert desk.card.answered_at is None
    await desk.hear(ANSWER)
    await desk.write()
    await desk.identify()
    assert desk.card.answered_at is not None
    assert desk.card.form is FormKind.NOTE


async def test_who_asks_for_the_form_has_it_whether_or_not_an_answer_was_told(desk: After) -> None:
    await desk.hear(RING, END)
    await desk.write()
    await desk.identify()
    granted = await desk.forms.open_form(await desk.press(), FormKind.NOTE)
    assert granted.popup.form is FormKind.NOTE
    await desk.save()
    await desk.write()
    await desk.identify()
    assert (desk.card.note, desk.card.form) == (NOTE, None)


async def test_a_form_that_is_left_makes_room(desk: After) -> None:
    await _finish(desk)
    desk.clock.move(FORM_PATIENCE.total_seconds() + 1)
    await Sweep(desk.database, Bell(), desk.clock).delete_old()
    await desk.identify()
    assert (desk.card.may_note, desk.card.form) == (True, None)
    granted = await desk.forms.open_form(await desk.press(), FormKind.NOTE)
    assert granted.popup.form is FormKind.NOTE


async def test_it_is_saved_to_the_same_entry_once(desk: After) -> None:
    await _finish(desk)
    first = await desk.save()
    assert (first.popup.note, first.popup.form) == (NOTE, None)
    await desk.write()
    await desk.save()
    await desk.save()
    await desk.write()
    assert desk.crm.writes == 2
    (entry,) = desk.crm.entries.values()
    assert (entry.result, entry.note) == ("follow_up (nb)", NOTE.text)
    await desk.save(replace(NOTE, text="Mer"))
    await desk.write()
    (entry,) = desk.crm.entries.values()
    assert (desk.crm.writes, entry.note) == (3, "Mer")


async def test_an_empty_form_stays_open(desk: After) -> None:
    await _finish(desk)
    granted = await desk.save(CallNote())
    assert (granted.popup.note, granted.popup.form) == (None, FormKind.NOTE)
    await desk.write()
    assert desk.crm.writes == 1


async def test_what_is_typed_survives_another_button(desk: After) -> None:
    await _finish(desk)
    wishes = Wishes(desk.database, Bell(), desk.clock)
    granted = await wishes.choose_match(await desk.press(typed=Typed(note=NOTE)), lambda matches: matches[0])
    assert (granted.popup.form, granted.popup.draft, granted.popup.note) == (FormKind.NOTE, NOTE, None)
    desk.clock.move(5)
    granted = await wishes.search_again(await desk.press(typed=Typed(note=NOTE)))
    assert granted.popup.form is None, "the answers are to come to the card, and there is nothing to wipe meanwhile"
    await desk.identify()
    await desk.write()
    await desk.identify()
    assert (desk.card.form, desk.card.draft) == (FormKind.NOTE, NOTE)


async def test_only_who_took_the_call_may(desk: After) -> None:
    await desk.hear(ring(line(0), line(1)), ANSWER, END)
    for place, who in ((1, 1), (0, 1)):
        press = replace(await desk.press(place), entra_object_id=object_id(who))
        with pytest.raises(NotYours):
            await desk.wishes.save_note(press, NOTE)
        with pytest.raises(NotYours):
            await desk.forms.open_form(press, FormKind.NOTE)
    with pytest.raises(CallGone):
        await desk.wishes.save_note(replace(await desk.press(), popup_id=UUID(int=1)), NOTE)


async def test_without_a_record_the_note_waits(desk: After) -> None:
    desk.crm.knows = None
    await desk.hear(RING, ANSWER, END)
    assert desk.card.form is FormKind.NOTE
    await desk.save()
    await desk.write()
    assert desk.crm.writes == 0
    desk.crm.knows = "Nora Lie"
    await Wishes(desk.database, Bell(), desk.clock).search_again(await desk.press())
    await desk.identify()
    await desk.write()
    assert [entry.note for entry in desk.crm.entries.values()] == [NOTE.text]


async def test_a_note_hours_later_finds_its_record_again(desk: After) -> None:
    await _finish(desk)
    desk.clock.move(3 * 3600)
    await Sweep(desk.database, Bell(), desk.clock).delete_old()
    assert await desk.read("SELECT lookup_sealed FROM smartcall.call") is None
    await desk.save()
    await desk.identify()
    await desk.write()
    await desk.identify()
    assert [entry.note for entry in desk.crm.entries.values()] == [NOTE.text]
    assert (desk.card.matches[0].name, desk.card.note) == ("Nora Lie", NOTE)


async def test_on_request_is_written_when_asked_and_once(database: Database, now: Clock) -> None:
    desk = await _finish(await _desk(database, now, 'journal_answered = "on_request"'))
    assert (desk.crm.writes, desk.card.may_journal, desk.card.form) == (0, True, FormKind.NOTE)
    for _ in range(2):
        granted = await desk.wishes.write_journal(await desk.press())
        assert (granted.popup.may_journal, granted.popup.journal_in) == (False, "HubSpot")
        await desk.write()
    assert desk.crm.writes == 1


async def test_on_request_a_saved_note_is_a_request(database: Database, now: Clock) -> None:
    desk = await _finish(await _desk(database, now, 'journal_answered = "on_request"'))
    await desk.save()
    await desk.write()
    assert [entry.note for entry in desk.crm.entries.values()] == [NOTE.text]


async def test_a_missed_call_on_request(database: Database, now: Clock) -> None:
    desk = await _desk(database, now, 'journal_missed = "on_request"')
    await desk.hear(ring(line(0), line(1)), end(Outcome.CALLER_CANCELLED))
    await desk.write()
    assert desk.crm.writes == 0
    await desk.wishes.write_journal(await desk.press(1))
    await desk.write()
    assert desk.crm.writes == 1


async def test_never_asks_for_nothing(database: Database, now: Clock) -> None:
    desk = await _finish(await _desk(database, now, 'journal_answered = "never"'))
    assert (desk.card.may_note, desk.card.may_journal, desk.card.form) == (False, False, None)
    with pytest.raises(NotYours):
        await desk.save()
    await desk.wishes.write_journal(await desk.press())
    await desk.write()
    assert desk.crm.writes == 0


async def test_the_note_is_sealed(desk: After) -> None:
    await _finish(desk)
    await desk.save()
    await Wishes(desk.database, Bell(), desk.clock).search_again(
        await desk.press(typed=Typed(note=replace(NOTE, text="utkast")))
    )
    for question in ("SELECT note_sealed FROM smartcall.journal", "SELECT draft_sealed FROM smartcall.popup"):
        sealed = await desk.read(question)
        assert sealed
        assert b"tilbud" not in sealed
        assert b"utkast" not in sealed
    assert timedelta(0) < FORM_PATIENCE
