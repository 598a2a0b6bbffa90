"""Calling back from a missed call's card: the employee's own phone rings on the page, then the customer's."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.page import Chat, Opener, SmartCallPage
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def miss(page: SmartCallPage, caller: str, name: str) -> Chat:
    """Kari does not pick up; her chat."""
    kari = page.chat("Kari Hansen")
    await page.ring(caller, line="Kari Hansen")
    await expect(kari.card(name)).to_contain_text("Ringer")
    await page.hang_up()
    await expect(kari.card(name)).to_contain_text("Tapt anrop")
    return kari


async def test_a_missed_call_is_called_back(demo: Demo, open_page: Opener) -> None:
    page = await open_page(demo.address)
    kari = await miss(page, "Nora Lie", "Nora Lie")
    card, panel = kari.card("Nora Lie"), page.call("Kari ringer Nora Lie")
    await kari.press("Ring tilbake", card="Nora Lie")
    await expect(card).to_contain_text("Telefonen din ringer")
    await expect(card.get_by_role("button", name="Ring tilbake")).to_have_count(0)
    await expect(panel).to_contain_text("Ringer hos Kari først")
    await expect(panel.get_by_role("button", name="Send videre")).to_have_count(0)
    await panel.get_by_role("button", name="Svar som Kari Hansen").click()
    await expect(panel).to_contain_text("I samtale")  # the customer picks up after a second
    await expect(panel).to_contain_text("Kari Hansen snakker")
    await expect(card).to_contain_text("☎︎ Samtale")
    await page.hang_up(call=panel)
    await expect(card).to_contain_text("☎︎ Samtale avsluttet")
    await expect(card).to_contain_text("Tapt anrop")
    await expect(card.get_by_role("button", name="Ring tilbake")).to_be_visible()
    await expect(page.calls.get_by_role("listitem").first).to_contain_text("Kari → Nora Lie")
    assert len([text for text in await kari.cards() if "Nora Lie" in text]) == 1
    await page.raised("Nora Lie")  # the one of the missed call


async def test_the_customer_is_busy(demo: Demo, open_page: Opener) -> None:
    page = await open_page(demo.address)
    kari = await miss(page, "Felles mobil", "912 34 567")
    await kari.press("Ring tilbake", card="912 34 567")
    panel = page.call("Kari ringer Felles mobil")
    await panel.get_by_role("button", name="Svar som Kari Hansen").click()
    await expect(panel).to_contain_text("Ringer hos kunden")
    await expect(kari.card("912 34 567")).to_contain_text("912 34 567 var opptatt")
    await expect(panel).to_have_count(0)
    await expect(page.calls.get_by_role("listitem").first).to_contain_text("Opptatt")


async def test_ones_own_phone_is_declined(demo: Demo, open_page: Opener) -> None:
    page = await open_page(demo.address)
    kari = await miss(page, "Jon Prøve", "Jon Prøve")
    await kari.press("Ring tilbake", card="Jon Prøve")
    panel = page.call("Kari ringer Jon Prøve")
    await panel.get_by_role("button", name="Avvis hos Kari Hansen").click()
    await expect(panel).to_have_count(0)
    await expect(page.calls.get_by_role("listitem").first).to_contain_text("Avvist")
    await expect(kari.card("Jon Prøve")).not_to_contain_text("Telefonen din ringer")
    await expect(kari.card("Jon Prøve").get_by_role("button", name="Ring tilbake")).to_be_visible()


async def test_a_number_is_called_by_writing_it_and_followed_to_the_end(demo: Demo, open_page: Opener) -> None:
    page = await open_page(demo.address)
    kari, panel = page.chat("Kari Hansen"), page.call("Kari ringer Nora Lie")
    before = len(await kari.cards())
    await kari.write("ring 22 33 44 55")
    card = kari.card("900 00 001")
    await expect(card).to_contain_text("Telefonen din ringer")
    await expect(card).to_contain_text("Ta telefonen din, 900 00 001, så ringes nummeret opp")
    await expect(card).to_contain_text("Nora Lie")
    await panel.get_by_role("button", name="Svar som Kari Hansen").click()
    await expect(panel).to_contain_text("Kari Hansen snakker")
    await expect(card).to_contain_text("✓ Samtale")
    await page.hang_up(call=panel)
    await expect(card).to_contain_text("■ Samtale avsluttet")
    await expect(card.get_by_role("button", name="Ring igjen")).to_be_visible()
    assert len(await kari.cards()) == before + 1


async def test_one_of_the_last_calls_is_called_from_the_list(demo: Demo, open_page: Opener) -> None:
    page = await open_page(demo.address)
    kari = await miss(page, "Havnelageret, sentralbord", "Havnelageret AS")
    before = len(await kari.cards())
    await kari.write("siste")
    listed = kari.card("Siste samtaler")
    await expect(listed).to_be_visible()
    await listed.get_by_role("button", name="Ring").first.click()
    card, panel = kari.card("900 00 001"), page.call("Kari ringer Havnelageret")
    await expect(card).to_contain_text("Telefonen din ringer")
    await expect(card).to_contain_text("Havnelageret AS")
    await panel.get_by_role("button", name="Avvis hos Kari Hansen").click()
    await expect(card).to_contain_text("Du tok ikke telefonen")
    await expect(card.get_by_role("button", name="Ring igjen")).to_be_visible()
    assert len(await kari.cards()) == before + 2  # the list, and one card for the call
