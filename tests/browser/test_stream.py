"""The demo's operator, told to be one that is listened to: a call through its stream, and the stream cut meanwhile."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.browser.page import Opener, SmartCallPage
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

_RECONNECTED = 30_000
"""Milliseconds for the stream to be there again after the cut, and for the card that waits for it."""


@pytest.fixture
async def page(demo: Demo, open_page: Opener) -> SmartCallPage:
    """The demo's page, its operator telling through the stream."""
    opened = await open_page(demo.address)
    sheet = await disturb(opened)
    await sheet.get_by_role("radio", name="Strøm (Phonero)").check()
    await expect(sheet).to_contain_text("SmartCall lytter", timeout=_RECONNECTED)
    await close(opened)
    return opened


async def disturb(page: SmartCallPage) -> Locator:
    """Open what can be disturbed."""
    await page.exchange.get_by_role("button", name="Forstyrrelser").click()
    return page.page.get_by_role("dialog", name="Forstyrrelser")


async def close(page: SmartCallPage) -> None:
    await page.page.keyboard.press("Escape")
    await expect(page.page.get_by_role("dialog", name="Forstyrrelser")).to_have_count(0)


async def test_a_call_through_the_stream_is_one_card(page: SmartCallPage) -> None:
    kari = page.chat("Kari Hansen")
    await page.ring("Nora Lie", line="Kari Hansen")
    await expect(kari.card("Nora Lie")).to_contain_text("Ringer")
    await page.answer()
    await expect(kari.card("Nora Lie")).to_contain_text("Besvart av deg")
    await page.hang_up()
    await expect(kari.card("Nora Lie")).to_contain_text("Samtale avsluttet")
    await expect(kari.card("Nora Lie")).to_contain_text("Journalført i HubSpot")
    assert len([text for text in await kari.cards() if "Nora Lie" in text]) == 1


async def test_a_call_back_is_told_by_the_stream_from_one_phone_to_the_other(page: SmartCallPage) -> None:
    kari = page.chat("Kari Hansen")
    await page.ring("Jon Prøve", line="Kari Hansen")
    card, panel = kari.card("Jon Prøve"), page.call("Kari ringer Jon Prøve")
    await expect(card).to_contain_text("Ringer")
    await page.hang_up()
    await kari.press("Ring tilbake", card="Jon Prøve")
    await expect(card).to_contain_text("Telefonen din ringer")
    await panel.get_by_role("button", name="Svar som Kari Hansen").click()
    await expect(card).to_contain_text("☎︎ Samtale")
    await page.hang_up(call=panel)
    await expect(card).to_contain_text("☎︎ Samtale avsluttet")
    assert len([text for text in await kari.cards() if "Jon Prøve" in text]) == 1


async def test_what_ends_while_the_stream_is_cut_is_made_good(page: SmartCallPage) -> None:
    ola = page.chat("Ola Berg")
    await page.ring("Havnelageret, sentralbord", line="Ola Berg")
    await expect(ola.card("Havnelageret AS")).to_contain_text("Ringer")
    await page.answer()
    await expect(ola.card("Havnelageret AS")).to_contain_text("Besvart av deg")
    sheet = await disturb(page)
    await sheet.get_by_role("button", name="Bryt strømmen i 5 s").click()
    await expect(sheet).to_contain_text("Strømmen er brutt")
    await close(page)
    opener = page.exchange.get_by_role("button", name="Forstyrrelser")
    await expect(opener).to_contain_text("1 på")
    await page.hang_up()
    await expect(ola.card("Havnelageret AS")).to_contain_text("Samtale avsluttet", timeout=_RECONNECTED)
    await expect(opener).to_have_text("Forstyrrelser", timeout=_RECONNECTED)
    assert len([text for text in await ola.cards() if "Havnelageret AS" in text]) == 1


async def test_no_changing_over_in_the_middle_of_a_call(page: SmartCallPage) -> None:
    await page.ring("Nora Lie", line="Amina Ali")
    await expect(page.chat("Amina Ali").card("Nora Lie")).to_contain_text("Ringer")
    sheet = await disturb(page)
    await sheet.get_by_role("radio", name="Webhook").click()
    await expect(sheet).to_contain_text("Det pågår samtaler. Legg på først.")
    await expect(sheet.get_by_role("radio", name="Strøm (Phonero)")).to_be_checked()
    await close(page)
    await page.hang_up()
    await expect(page.chat("Amina Ali").card("Nora Lie")).to_contain_text("Tapt anrop")


async def test_back_at_the_webhook_a_call_is_one_card_again(page: SmartCallPage) -> None:
    sheet = await disturb(page)
    await sheet.get_by_role("radio", name="Webhook").check()
    await expect(sheet.get_by_role("button", name="Bryt strømmen i 5 s")).to_have_count(0)
    await close(page)
    amina = page.chat("Amina Ali")
    await page.ring("Jon Prøve", line="Amina Ali")
    await expect(amina.card("Jon Prøve")).to_contain_text("Ringer")
    await page.answer()
    await page.hang_up()
    await expect(amina.card("Jon Prøve")).to_contain_text("Samtale avsluttet")
    assert len([text for text in await amina.cards() if "Jon Prøve" in text]) == 1
