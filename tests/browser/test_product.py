"""The whole product as a newcomer sees it: the demo's page, with the real bot behind it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.page import Opener
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def test_known_caller_from_ring_to_journal(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    kari = page.chat("Kari Hansen")
    await page.ring("Nora Lie", line="Kari Hansen")
    await page.raised("Nora Lie (Havnelageret AS) ringer")
    await expect(kari.card("Nora Lie")).to_contain_text("Ringer")
    await page.answer()
    await expect(kari.card("Nora Lie")).to_contain_text("Besvart av deg")
    await page.hang_up()
    await expect(kari.card("Nora Lie")).to_contain_text("Samtale avsluttet")
    await expect(kari.card("Nora Lie")).to_contain_text("Journalført i HubSpot")
    await page.raised("Nora Lie")  # edits raise none

    async with page.page.expect_popup() as opened:
        await kari.press("Åpne i HubSpot", card="Nora Lie")
    record = await opened.value
    await expect(record.get_by_text("Nora Lie").first).to_be_visible()
    await expect(record.get_by_text("besvart av Kari Hansen")).to_be_visible()


async def test_queue_call_is_taken_by_one(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    await page.ring("Havnelageret, sentralbord", queue="Salg")
    for name in ("Kari Hansen", "Ola Berg", "Amina Ali"):
        await expect(page.chat(name).card("Havnelageret AS")).to_contain_text("kø Salg")
    await page.answer("Ola Berg")
    await expect(page.chat("Ola Berg").card("Havnelageret AS")).to_contain_text("Besvart av deg")
    for name in ("Kari Hansen", "Amina Ali"):
        await expect(page.chat(name).card("Havnelageret AS")).to_contain_text("Besvart av Ola Berg")
    await page.hang_up()
    await expect(page.chat("Ola Berg").card("Havnelageret AS")).to_contain_text("Samtale avsluttet")


async def test_caller_only_the_directory_knows(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    await page.ring("Jon Prøve", line="Amina Ali")
    await expect(page.chat("Amina Ali").card("Jon Prøve")).to_contain_text("i 1881")
    await page.hang_up()
    await expect(page.chat("Amina Ali").card("Jon Prøve")).to_contain_text("Tapt anrop")


async def test_unknown_and_hidden_callers(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    ola = page.chat("Ola Berg")
    await page.ring("90 09 98 87", line="Ola Berg")
    await expect(ola.card("Ukjent nummer")).to_contain_text("900 99 887")
    await ola.press("Søk igjen", card="Ukjent nummer")
    await expect(ola.card("Ukjent nummer")).to_contain_text("Søk igjen")
    await page.hang_up()
    await page.ring("Skjult nummer", line="Ola Berg")
    await expect(ola.card("Skjult nummer")).to_contain_text("Ringer")
    await page.answer()
    await page.hang_up()
    await expect(ola.card("Skjult nummer")).to_contain_text("Samtale avsluttet")


async def test_one_of_two_matches_is_chosen(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    kari = page.chat("Kari Hansen")
    await page.ring("Felles mobil", line="Kari Hansen")
    await expect(kari.card("Per Bakke")).to_contain_text("Kan også være")
    await kari.press("Velg", card="Per Bakke")
    await expect(page.chat("Kari Hansen").message("Siv Bakke").get_by_text("Siv Bakke").first).to_be_visible()
    await page.hang_up()
    await expect(kari.card("Siv Bakke")).to_contain_text("Tapt anrop")


async def test_what_a_test_leaves_behind_is_out_of_the_next_ones_way(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    ola = page.chat("Ola Berg")
    await page.ring("90 09 98 76", line="Ola Berg")
    await ola.press("Opprett i HubSpot", card="900 99 876")
    await expect(ola.card("900 99 876").get_by_label("Fornavn")).to_be_visible()
    await demo.put_back()
    await expect(page.calls.get_by_role("article")).to_have_count(0)
    await expect(ola.card("900 99 876").get_by_label("Fornavn")).to_have_count(0)
    await expect(ola.card("900 99 876")).to_contain_text("Tapt anrop")


async def test_a_working_day_is_begun_followed_and_stopped(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    opener = page.exchange.get_by_role("button", name="Arbeidsdag")
    await opener.click()
    sheet = page.page.get_by_role("dialog", name="Arbeidsdag")
    await sheet.get_by_role("radio", name="Full fart").check()
    await sheet.get_by_role("button", name="Start dagen").click()
    await expect(sheet).to_contain_text("Dagen går")
    await expect(sheet).to_contain_text("av 103 anrop")
    await page.page.keyboard.press("Escape")  # the day goes on, and so does everything else
    await expect(opener).to_contain_text("/103")
    await expect(page.chat("Kari Hansen").card("Nora Lie")).to_be_visible()
    await opener.click()
    await sheet.get_by_role("button", name="Stopp").click()
    await expect(sheet).to_contain_text("Dagen ble stoppet")
    await expect(sheet).to_contain_text("Besvart")
    await page.page.keyboard.press("Escape")
    await expect(page.calls.get_by_role("article")).to_have_count(0)


async def test_what_the_call_came_to_is_saved_and_shown_in_the_crm(demo: Demo, open_page: Opener):
    page = await open_page(demo.address)
    kari = page.chat("Kari Hansen")
    await page.ring("Nora Lie", line="Kari Hansen")
    card = kari.card()  # the newest: cards of the calls before have forms, too
    await expect(card).to_contain_text("Ringer")
    await page.answer()
    await page.hang_up()
    await expect(card).to_contain_text("Journalført i HubSpot")
    await card.get_by_label("Notat", exact=True).fill("Vil ha tilbud på 40 paller")
    await card.get_by_label("Resultat", exact=True).select_option(label="Følges opp")
    await kari.press("Lagre", card="Samtale avsluttet")
    await expect(card).to_contain_text("Resultat: Følges opp")
    await expect(card).to_contain_text("Journalført i HubSpot")
    async with page.page.expect_popup() as opened:
        await kari.press("Åpne i HubSpot")
    record = await opened.value
    await expect(record.get_by_text("Vil ha tilbud på 40 paller").first).to_be_visible()
