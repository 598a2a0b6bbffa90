"""The buttons of forms: opening and closing one, a new person, and a number for somebody who is there."""

from __future__ import annotations

from collections.abc import Mapping

from bot.buttons import Handler, NotAButton, Pressed, show_popup
from bot.teams.ports import ActionReply
from calls.popups.form_wishes import FormWishes
from calls.popups.forms import FormKind, NewPerson
from calls.popups.popup import Verb


def form_buttons(wishes: FormWishes) -> Mapping[Verb, Handler]:
    async def open_form(pressed: Pressed) -> ActionReply:
        try:
            kind = FormKind(str(pressed.action.data.get("form")))
        except ValueError:
            raise NotAButton from None
        return show_popup(await wishes.open_form(pressed.press(), kind))

    async def close_form(pressed: Pressed) -> ActionReply:
        return show_popup(await wishes.close_form(pressed.press()))

    async def create_record(pressed: Pressed) -> ActionReply:
        press, email = pressed.press(), pressed.employee.email
        person = press.typed.person or NewPerson()
        return show_popup(await wishes.create_record(press, person=person, employee_email=email))

    async def search_people(pressed: Pressed) -> ActionReply:
        press = pressed.press()
        return show_popup(await wishes.search_people(press, press.typed.search or ""))

    async def add_number(pressed: Pressed) -> ActionReply:
        return show_popup(await wishes.add_number(pressed.press(), str(pressed.action.data.get("match"))))

    return {
        Verb.OPEN_FORM: open_form,
        Verb.CLOSE_FORM: close_form,
        Verb.CREATE_RECORD: create_record,
        Verb.SEARCH_PEOPLE: search_people,
        Verb.ADD_NUMBER: add_number,
    }
