"""What a card can do, pressed in a real browser against the whole product."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.page import Chat, Opener, SmartCallPage
from tests.support.demo import Demo
from tests.support.live.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
_WORLD = Path(__file__).resolve().parents[2] / "demo" / "world.toml"
SEARCH_LAG: float = tomllib.loads(_WORLD.read_text(encoding="utf-8"))["hubspot"]["search_lag"]  # seconds


async def talk(page: SmartCallPage, caller: str, name: str, says: str) -> Chat:
    """Kari takes a call, and it ends; her chat, when the newest card says so. That is what :meth:`Chat.card` gives."""
    kari = page.chat("Kari Hansen")
    await page.ring(caller, line="Kari Hansen")
    await expect(kari.card()).to_contain_text("Ringer")
    await page.answer()
    await page.hang_up()
    await expect(kari.card()).to_contain_text(name)
    await expect(kari.card()).to_contain_text(says)
    return kari


async def open_form(chat: Chat, button: str, number: str) -> Locator:
    """The card of a number, with the form on it that the button opens."""
    await chat.press(button, card=number)
    card = chat.card(number)
    await expect(card.get_by_role("textbox").first).to_be_visible()
    return card


async def settings(kari: Chat) -> Locator:
    """Her settings, asked for anew."""
    await kari.write("innstillinger")
    await expect(kari.card()).to_contain_text("Innstillinger")
    await expect(kari.card()).not_to_contain_text("Lagret")
    return kari.card()


async def entries(demo: Demo) -> list[dict[str, Any]]:
    """The CRM's journal."""
    found: list[dict[str, Any]] = (await demo.ask("GET", "hubspot/_records"))["calls"]
    return found


async def test_what_is_under_way_comes_after_the_card_and_leads_to_its_record(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    kari = page.chat("Kari Hansen")
    await page.ring("Nora Lie", line="Kari Hansen")
    await expect(kari.card("Nora Lie")).to_contain_text("Nye reoler til lageret · Tilbud sendt · 240 000 NOK")
    await expect(kari.card("Nora Lie")).to_contain_text("samtale · Ola Berg")
    await expect(kari.card("Nora Lie")).not_to_contain_text("Truckleie 2025")
    await page.raised("Nora Lie")
    async with page.page.expect_popup() as opened:
        await kari.press("Feil på leveranse 4711", card="Nora Lie")
    record = await opened.value
    await expect(record.get_by_role("heading", name="Feil på leveranse 4711")).to_be_visible()
    await page.hang_up()


async def test_a_choice_is_remembered_used_and_forgotten(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    kari = page.chat("Kari Hansen")
    await page.ring("Felles mobil", line="Kari Hansen")
    await expect(kari.card("Per Bakke")).to_contain_text("Kan også være")
    await kari.press("Velg", card="Per Bakke")
    await expect(kari.card("Siv Bakke")).to_contain_text("Neste gang dette nummeret ringer")
    await kari.press("Husk for meg", card="Siv Bakke")
    await expect(kari.card("Siv Bakke")).to_contain_text("Du har bedt om Siv Bakke")
    await page.hang_up()
    await expect(kari.card("Siv Bakke")).to_contain_text("Tapt anrop")

    await page.ring("Felles mobil", line="Kari Hansen")
    await page.raised("Siv Bakke")
    await expect(kari.card("Ringer")).to_contain_text("Du har bedt om Siv Bakke")
    await kari.press("Glem", card="Ringer")
    await expect(kari.card("Ringer")).to_contain_text("Kan også være")
    await page.hang_up()


async def test_a_stranger_becomes_a_contact(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    amina = page.chat("Amina Ali")
    await page.ring("Jon Prøve", line="Amina Ali")
    await expect(amina.card("Jon Prøve")).to_contain_text("i 1881")
    await page.answer()
    await page.hang_up()
    await expect(amina.card("Jon Prøve")).to_contain_text("Samtale avsluttet")
    card = await open_form(amina, "Opprett i HubSpot", "Jon Prøve")
    await expect(card.get_by_label("Fornavn")).to_have_value("Jon")
    await expect(card.get_by_label("Etternavn")).to_have_value("Prøve")
    await card.get_by_label("Firma").fill("Prøve Rør AS")
    await amina.press("Opprett", card="Jon Prøve")
    await expect(amina.card("Jon Prøve")).to_contain_text("mobilnummer i HubSpot")
    await expect(amina.card("Jon Prøve")).to_contain_text("Prøve Rør AS")
    await expect(amina.card("Jon Prøve")).to_contain_text("Journalført i HubSpot")
    async with page.page.expect_popup() as opened:
        await amina.press("Åpne i HubSpot", card="Jon Prøve")
    record = await opened.value
    await expect(record.get_by_role("heading", name="Jon Prøve")).to_be_visible()
    await expect(record.get_by_text("Prøve Rør AS").first).to_be_visible()


async def test_a_number_is_added_to_somebody_who_is_there_and_known_the_next_time(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    ola = page.chat("Ola Berg")
    await page.ring("95 00 11 22", line="Ola Berg")
    await expect(ola.card("950 01 122")).to_contain_text("Ukjent nummer")
    card = await open_form(ola, "Legg til på eksisterende", "950 01 122")
    whose = card.get_by_label("Hvem i HubSpot har dette nummeret?")
    await expect(whose).to_be_visible()
    await ola.press("Avbryt", card="950 01 122")
    await expect(whose).to_have_count(0)
    await open_form(ola, "Legg til på eksisterende", "950 01 122")
    await whose.fill("ingen som heter det")
    await ola.press("Søk", card="950 01 122")
    await expect(card).to_contain_text("Ingen treff")
    await whose.fill("nora")
    await ola.press("Søk", card="950 01 122")
    await card.get_by_role("button", name="Velg Nora Lie").click()
    await expect(ola.card("Nora Lie")).to_contain_text("mobilnummer i HubSpot")
    await expect(ola.card("Nora Lie")).to_contain_text("950 01 122")
    await page.hang_up()
    async with page.page.expect_popup() as opened:
        await ola.press("Åpne i HubSpot", card="Nora Lie")
    record = await opened.value
    await expect(record.get_by_role("heading", name="Nora Lie")).to_be_visible()
    await expect(record.get_by_text("950").first).to_be_visible()

    await asyncio.sleep(SEARCH_LAG + 0.5)  # what was written is found by search later, as at HubSpot
    await page.ring("95 00 11 22", line="Kari Hansen")
    await expect(page.toast("Nora Lie (Havnelageret AS) ringer")).to_have_count(1)
    await page.hang_up()


async def test_what_is_typed_in_a_form_survives_the_end_of_the_call(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    kari = page.chat("Kari Hansen")
    await page.ring("90 09 98 11", line="Kari Hansen")
    await expect(kari.card("900 99 811")).to_contain_text("Ukjent nummer")
    await page.answer()
    await expect(kari.card("900 99 811")).to_contain_text("Besvart av deg")
    card = await open_form(kari, "Opprett i HubSpot", "900 99 811")
    await card.get_by_label("Fornavn").fill("Tor")
    await page.hang_up()
    await card.get_by_label("Etternavn").fill("Moen")
    await page.page.wait_for_timeout(1500)  # the card would have been drawn anew by now
    await expect(card.get_by_label("Fornavn")).to_have_value("Tor")
    await expect(card.get_by_label("Etternavn")).to_have_value("Moen")
    await expect(card).to_contain_text("Besvart av deg")
    await kari.press("Opprett", card="900 99 811")
    await expect(kari.card("Tor Moen")).to_contain_text("Samtale avsluttet")
    await expect(kari.card("Tor Moen")).to_contain_text("Journalført i HubSpot")


async def test_a_choice_is_remembered_for_all(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    ola, amina = page.chat("Ola Berg"), page.chat("Amina Ali")
    await page.ring("Felles mobil", line="Ola Berg")
    await expect(ola.card("Per Bakke")).to_contain_text("Kan også være")
    await ola.press("Velg", card="Per Bakke")
    await ola.press("Husk for alle", card="Siv Bakke")
    await expect(ola.card()).to_contain_text("Siv Bakke er husket for alle")
    await page.hang_up()
    await expect(ola.card()).to_contain_text("Journalført i HubSpot")

    await page.ring("Felles mobil", line="Amina Ali")
    await expect(amina.card("Ringer")).to_contain_text("Siv Bakke er husket for alle")
    await amina.press("Glem", card="Ringer")
    await expect(amina.card("Ringer")).to_contain_text("Kan også være")
    await page.hang_up()
    await expect(amina.card()).to_contain_text("Journalført i HubSpot")


async def test_what_is_typed_survives_the_entrys_own_edit(demo: Demo, open_page: Opener):
    """The CRM does not take the entry at first, so the form is there before it; then it does, while somebody types."""
    page = await open_page(demo.address)
    before = len(await entries(demo))
    await demo.ask("POST", "control/hubspot/faults", {"path": "/calls/", "status": 503})
    kari = await talk(page, "Nora Lie", "Nora Lie", "Journalføres i HubSpot")
    note = kari.card().get_by_label("Notat", exact=True)
    await note.fill("Vil ha tilbud")
    await demo.ask("DELETE", "control/hubspot/faults")

    async def written() -> bool:
        return len(await entries(demo)) > before

    await until(written, 30)
    ola = page.chat("Ola Berg")
    await page.ring("Havnelageret, sentralbord", line="Ola Berg")  # its card is edited later than hers would be
    await page.hang_up()
    await expect(ola.card("Havnelageret AS")).to_contain_text("Journalført i HubSpot")
    await note.press("Control+End")
    await note.press_sequentially(" på 40 paller")
    await expect(note).to_have_value("Vil ha tilbud på 40 paller")
    await kari.press("Lagre")
    await expect(kari.card()).to_contain_text("Vil ha tilbud på 40 paller")
    await expect(kari.card()).to_contain_text("Journalført i HubSpot")
    assert len(await entries(demo)) == before + 2  # his, and hers once


async def test_a_saved_note_is_changed(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    kari = await talk(page, "Åsa Lindqvist", "Åsa Lindqvist", "Journalført i HubSpot")
    card = kari.card()
    await card.get_by_label("Resultat", exact=True).select_option(label="Løst")
    await card.get_by_label("Notat", exact=True).fill("Fikk prisen")
    await kari.press("Lagre")
    await expect(card).to_contain_text("Resultat: Løst")
    await kari.press("Endre")
    await expect(card.get_by_label("Resultat", exact=True)).to_have_value("solved")
    await expect(card.get_by_label("Notat", exact=True)).to_have_value("Fikk prisen")
    await card.get_by_label("Notat", exact=True).fill("Vil heller ha den på mail")
    await kari.press("Lagre")
    await expect(card).to_contain_text("Vil heller ha den på mail")
    await expect(card).not_to_contain_text("Fikk prisen")
    await expect(card).to_contain_text("Journalført i HubSpot")
    async with page.page.expect_popup() as opened:
        await kari.press("Åpne i HubSpot")
    record = await opened.value
    await expect(record.get_by_text("Vil heller ha den på mail")).to_have_count(1)
    await expect(record.get_by_text("Fikk prisen")).to_have_count(0)


async def test_help_and_the_last_calls(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    kari = await talk(page, "Havnelageret, sentralbord", "Havnelageret AS", "Journalført i HubSpot")
    await kari.write("hjelp")
    await expect(kari.message()).to_contain_text("innstillinger for å velge hva du vil se")
    await kari.write("siste")
    await expect(kari.card()).to_contain_text("Siste samtaler")
    await expect(kari.card()).to_contain_text("Havnelageret AS")
    await expect(kari.card()).to_contain_text("Samtale avsluttet")


async def test_settings_are_saved_and_obeyed_by_the_next_call(demo: Demo, open_page: Opener):
    """Journaled on request from now on, and no card for a queue's calls; then everything as the company has it."""
    page = await open_page(demo.address)
    kari, ola = page.chat("Kari Hansen"), page.chat("Ola Berg")
    card = await settings(kari)
    await card.get_by_role("checkbox", name="Anrop i kø").uncheck()
    await card.get_by_label("Loggfør besvarte samtaler").select_option(label="Når jeg ber om det")
    await kari.press("Lagre", card="Innstillinger")
    await expect(card).to_contain_text("Lagret")
    await expect(card.get_by_role("checkbox", name="Anrop i kø")).not_to_be_checked()

    await page.ring("Nora Lie", queue="Salg")
    await expect(ola.card("Nora Lie")).to_contain_text("kø Salg")
    await page.hang_up()
    await expect(ola.card()).to_contain_text("Journalført i HubSpot")
    await expect(kari.card()).to_contain_text("Innstillinger")  # nothing newer

    before = len(await entries(demo))
    await talk(page, "Åsa Lindqvist", "Åsa Lindqvist", "Samtale avsluttet")
    await expect(kari.card()).not_to_contain_text("Journalf")
    assert len(await entries(demo)) == before
    await kari.press("Loggfør i HubSpot")
    await expect(kari.card()).to_contain_text("Journalført i HubSpot")
    await expect(kari.card().get_by_role("button", name="Loggfør i HubSpot")).to_have_count(0)
    async with page.page.expect_popup() as opened:
        await kari.press("Åpne i HubSpot")
    record = await opened.value
    await expect(record.get_by_text("besvart av Kari Hansen").first).to_be_visible()
    assert len(await entries(demo)) == before + 1

    card = await settings(kari)
    await expect(card.get_by_label("Loggfør besvarte samtaler")).to_have_value("on_request")
    await card.get_by_role("checkbox", name="Anrop i kø").check()
    await card.get_by_label("Loggfør besvarte samtaler").select_option(label="Som firmaet")
    await card.get_by_label("Språk").select_option(label="English")
    await kari.press("Lagre", card="Innstillinger")
    await expect(kari.card()).to_contain_text("Settings")
    await page.ring("Nora Lie", queue="Salg")
    await expect(kari.card()).to_contain_text("Ringing")
    await expect(ola.card()).to_contain_text("Ringer")
    await page.hang_up()
    await kari.write("settings")
    await expect(kari.card()).to_contain_text("Settings")
    await kari.card().get_by_label("Language").select_option(label="As the company")
    await kari.press("Save", card="Settings")
    await expect(kari.card()).to_contain_text("Innstillinger")
