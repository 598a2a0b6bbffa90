"""What a card can do, pressed in a real browser against the whole product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.page import Opener
from tests.support.demo import Demo, running_demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    folder: Path = tmp_path_factory.mktemp("demo")
    async with running_demo(folder) as running:
        yield running


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
    await amina.press("Opprett i HubSpot", card="Jon Prøve")
    card = amina.card("Jon Prøve")
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
    await ola.press("Legg til på eksisterende", card="950 01 122")
    card = ola.card("950 01 122")
    await card.get_by_label("Hvem i HubSpot har dette nummeret?").fill("ingen som heter det")
    await ola.press("Søk", card="950 01 122")
    await expect(ola.card("950 01 122")).to_contain_text("Ingen treff")
    await card.get_by_label("Hvem i HubSpot har dette nummeret?").fill("nora")
    await ola.press("Søk", card="950 01 122")
    await ola.card("950 01 122").get_by_role("button", name="Velg Nora Lie").click()
    await expect(ola.card("Nora Lie")).to_contain_text("mobilnummer i HubSpot")
    await expect(ola.card("Nora Lie")).to_contain_text("950 01 122")
    await page.hang_up()
    async with page.page.expect_popup() as opened:
        await ola.press("Åpne i HubSpot", card="Nora Lie")
    record = await opened.value
    await expect(record.get_by_role("heading", name="Nora Lie")).to_be_visible()
    await expect(record.get_by_text("950").first).to_be_visible()

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
    await kari.press("Opprett i HubSpot", card="900 99 811")
    card = kari.card("900 99 811")
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
