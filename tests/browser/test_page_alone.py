"""The page against the simulators, without the bot: what it shows, does and says when something fails."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.page import Opener
from tests.browser.surroundings import KARI, OLA, Surroundings

pytestmark = pytest.mark.browser

CARD = "application/vnd.microsoft.card.adaptive"
ERROR = "application/vnd.microsoft.error"


def card(heading: str, *more: dict[str, Any], actions: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    body = [{"type": "TextBlock", "text": heading, "size": "Large"}, *more]
    return {"type": "AdaptiveCard", "version": "1.5", "body": body, "actions": list(actions)}


SEARCH = {"type": "Action.Execute", "title": "Søk igjen", "verb": "search", "data": {"call": "1"}}


async def test_a_ring_from_the_page_becomes_a_call(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    panel = await page.ring("Nora Lie", line="Kari Hansen")
    await expect(panel).to_contain_text("Ringer")
    await expect(panel.get_by_role("timer")).to_have_text(re.compile(r"^\d+:\d\d$"))
    (call,) = await surroundings.calls()
    assert (call["from"], call["to"], call["queue"], call["state"]) == ("22334455", "90000001", None, "ringing")


async def test_a_hidden_number_and_a_typed_one_can_call_too(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await page.ring("Skjult nummer", line="Kari Hansen")
    await page.ring("55 55 12 34", line="Ola Berg")
    assert {(call["from"], call["to"]) for call in await surroundings.calls()} == {
        (None, "90000001"),
        ("55551234", "90000002"),
    }


async def test_a_queue_rings_everybody_and_one_answers(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    panel = await page.ring("Nora Lie", queue="Salg")
    for name in ("Kari Hansen", "Ola Berg", "Amina Ali"):
        await expect(panel).to_contain_text(name)
        await expect(page.chat(name).box).to_contain_text("Telefonen ringer")
    await page.decline("Kari Hansen")
    await page.answer("Amina Ali")
    await expect(page.chat("Amina Ali").box).to_contain_text("I samtale")
    await expect(page.chat("Ola Berg").box).to_contain_text("Tilgjengelig")
    await page.hang_up()
    (call,) = await surroundings.calls()
    assert (call["answered_by"], call["cause"]) == ("90000003", "normalClearing")
    await expect(page.calls).to_contain_text("Amina svarte")


async def test_a_busy_line_is_said_not_thrown(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await page.ring("Nora Lie", line="Ola Berg")
    await page.ring_button.click()
    await expect(page.exchange.get_by_test_id("notice")).to_contain_text("Linjen er opptatt")
    assert len(await surroundings.calls()) == 1


async def test_a_new_message_raises_a_toast_and_an_edit_does_not(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    message = await surroundings.post_card(KARI, card("Nora Lie ringer"), "Nora Lie ringer – 22 33 44 55")
    await expect(page.toast()).to_have_count(1)
    (toast,) = await page.toasts()
    assert (toast.to, toast.text, toast.message) == ("Kari Hansen", "Nora Lie ringer – 22 33 44 55", message)

    chat = page.chat("Kari Hansen")
    await expect(chat.card()).to_contain_text("Nora Lie ringer")
    await expect(chat.message()).not_to_contain_text("Redigert")
    await surroundings.post_card(KARI, card("Besvart av Kari"), "Besvart av Kari", instead_of=message)
    await expect(chat.card()).to_contain_text("Besvart av Kari")
    await expect(chat.message()).to_contain_text("Redigert")
    assert await chat.cards() == ["Besvart av Kari"]
    assert [shown.text for shown in await page.toasts()] in (["Nora Lie ringer – 22 33 44 55"], [])


async def test_a_click_on_a_toast_leads_to_the_card(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await surroundings.post_card(KARI, card("Den første"), "Den første")
    for number in range(12):
        await surroundings.post_card(KARI, card(f"Senere {number}"), f"Senere {number}")
    chat = page.chat("Kari Hansen")
    await expect(chat.card("Senere 11")).to_be_in_viewport()
    await page.open_toast("Senere 9")
    await expect(chat.card("Senere 9")).to_be_in_viewport()
    await expect(chat.message("Senere 9")).to_be_focused()
    await expect(page.toast("Senere 9")).to_have_count(0)


async def test_an_action_brings_its_answer_into_the_card(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await surroundings.post_card(KARI, card("Ukjent", actions=(SEARCH,)), "Ukjent ringer")
    surroundings.bot_answer = {"statusCode": 200, "type": CARD, "value": card("Jon Prøve, Oslo")}
    chat = page.chat("Kari Hansen")
    await chat.press("Søk igjen")
    await expect(chat.card()).to_contain_text("Jon Prøve, Oslo")
    (invoke,) = surroundings.invokes
    assert invoke["value"]["action"]["verb"] == "search"
    assert invoke["value"]["action"]["data"] == {"call": "1"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"statusCode": 500, "type": ERROR, "value": {"message": "HubSpot svarer ikke"}}, "HubSpot svarer ikke"),
        ({"statusCode": 429, "type": ERROR, "value": {}}, "Noe gikk galt"),
        (None, "Fikk ikke kontakt med SmartCall"),
    ],
)
async def test_an_action_that_fails_says_so_and_can_be_tried_again(
    surroundings: Surroundings, open_page: Opener, answer: dict[str, Any] | None, said: str
) -> None:
    page = await open_page(surroundings.address)
    await surroundings.post_card(KARI, card("Ukjent", actions=(SEARCH,)), "Ukjent ringer")
    surroundings.bot_answer = answer
    chat = page.chat("Kari Hansen")
    await chat.press("Søk igjen")
    await expect(chat.notice()).to_contain_text(said)
    await expect(chat.card()).to_contain_text("Ukjent")
    surroundings.bot_answer = {"statusCode": 200, "type": CARD, "value": card("Funnet")}
    await chat.press("Søk igjen")
    await expect(chat.card()).to_contain_text("Funnet")
    await expect(chat.notice()).to_have_count(0)


async def test_markup_in_a_card_stays_text(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    evil = {"type": "TextBlock", "text": "<img src=x onerror=alert(1)> **fet** [her](javascript:alert(1))"}
    await surroundings.post_card(KARI, card("Overskrift", evil), "Noen ringer")
    chat = page.chat("Kari Hansen")
    await expect(chat.card()).to_contain_text("<img src=x onerror=alert(1)> fet")
    await expect(chat.card().locator("img")).to_have_count(0)
    await expect(chat.card().locator("a")).to_have_count(0)
    await expect(chat.card().locator("strong")).to_have_text("fet")


async def test_times_are_written_on_the_viewers_clock(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    when = {"type": "TextBlock", "text": "{{DATE(2026-11-12T12:45:03Z,LONG)}} {{TIME(2026-11-12T12:45:03Z)}}"}
    await surroundings.post_card(KARI, card("Klokka", when), "Noen ringer")
    await expect(page.chat("Kari Hansen").card()).to_contain_text("12. november 2026 13:45")


async def test_a_card_keeps_its_own_language_through_every_edit(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    when = {"type": "TextBlock", "text": "{{DATE(2026-11-12T12:45:03Z,LONG)}}"}
    message = None
    for number in range(3):
        english = card(f"Edition {number}", when) | {"lang": "en"}
        message = await surroundings.post_card(KARI, english, "Somebody calls", instead_of=message)
        shown = page.chat("Kari Hansen").card(f"Edition {number}")
        await expect(shown).to_contain_text("November 12, 2026")


async def test_the_app_can_be_added_and_removed(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    chat = page.chat("Amina Ali")
    await expect(chat.box).to_contain_text("SmartCall er ikke lagt til")
    await chat.install()
    await chat.write("hei")
    await expect(chat.message()).to_contain_text("hei")
    await chat.uninstall()
    state = await surroundings.ask("GET", "simulators/teams/state")
    assert {user["name"]: user["installed"] for user in state["users"]}["Amina Ali"] is False


@pytest.mark.parametrize("preferred", [False, True])
async def test_dark_and_light(surroundings: Surroundings, open_page: Opener, preferred: bool) -> None:
    """The machine's preference holds until somebody chooses; the choice outlives a reload."""
    page = await open_page(surroundings.address, dark=preferred)
    await surroundings.post_card(KARI, card("Nora Lie ringer"), "Nora Lie ringer")
    color = "getComputedStyle(document.querySelector('.ac-adaptiveCard')).backgroundColor"
    await expect(page.chat("Kari Hansen").card()).to_be_visible()
    dark = await page.page.evaluate(color)
    if not preferred:
        light = dark
        await page.choose_appearance("Mørkt")
        dark = await page.page.evaluate(color)
        assert light == "rgb(255, 255, 255)"
    assert _lightness(dark) < 80
    await page.open()
    await expect(page.chat("Kari Hansen").card()).to_be_visible()
    assert await page.page.evaluate(color) == dark


async def test_a_telephone_is_wide_enough(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address, width=390, height=844)
    await page.ring("Nora Lie", queue="Salg")
    await surroundings.post_card(KARI, card("Nora Lie ringer", actions=(SEARCH,)), "Nora Lie ringer")
    assert await page.page.evaluate("document.documentElement.scrollWidth") == 390
    await page.open_toast("Nora Lie ringer")
    chat = page.chat("Kari Hansen")
    await expect(chat.card()).to_be_in_viewport()
    box = await chat.card().bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    await surroundings.post_card(OLA, card("Nora Lie ringer Ola"), "Nora Lie ringer Ola")
    await page.open_toast("Nora Lie ringer Ola")
    await expect(page.chat("Ola Berg").message()).to_be_focused()
    await expect(chat.box).to_be_hidden()
    await page.chat("Amina Ali").install()
    await page.answer("Ola Berg")
    await page.hang_up()


async def test_a_call_can_be_made_without_a_mouse(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    keys = page.page.keyboard

    async def tab_to(name: str) -> None:
        """Each stop on the way must be visible as the one that has the keyboard."""
        for _ in range(30):
            await keys.press("Tab")
            here = page.page.locator(":focus")
            assert await here.evaluate(
                "e => [e, e.parentElement].some(x => getComputedStyle(x).outlineStyle !== 'none'"
                " || getComputedStyle(x, '::after').borderBottomStyle !== 'none')"
            ), await here.evaluate("e => e.outerHTML.slice(0, 200)")
            label = await here.evaluate("e => e.ariaLabel || (e.labels && e.labels[0]?.innerText) || e.innerText")
            if name in label:
                return
        raise AssertionError(f"Tab never came to {name}")

    await tab_to("Nora Lie")
    await keys.press("ArrowDown")
    await tab_to("Kari Hansen")
    await keys.press("ArrowRight")
    await tab_to("Ring")
    await keys.press("Enter")
    await expect(page.calls.get_by_role("article")).to_have_count(1)
    (call,) = await surroundings.calls()
    assert (call["from"], call["to"]) == (None, "90000002")
    await tab_to("Svar som Ola Berg")
    await keys.press("Enter")
    await expect(page.calls).to_contain_text("I samtale")
    await keys.press("Tab")  # the Answer button is gone, the place it was in is not
    await expect(page.calls.get_by_role("button", name="Legg på")).to_be_focused()
    await keys.press("Enter")
    await expect(page.calls.get_by_role("article")).to_have_count(0)
    await expect(page.calls).to_be_focused()


async def test_news_is_told_to_those_who_listen(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await surroundings.post_card(KARI, card("Nora Lie ringer"), "Nora Lie ringer")
    await expect(page.page.get_by_role("region", name="Varsler")).to_have_attribute("aria-live", "polite")
    await expect(page.chat("Kari Hansen").box.get_by_role("log")).to_contain_text("Nora Lie ringer")


async def test_a_lost_connection_comes_back_with_everything(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await surroundings.post_card(KARI, card("Før bruddet"), "Før bruddet")
    await expect(page.chat("Kari Hansen").card()).to_contain_text("Før bruddet")
    await surroundings.stop()
    await expect(page.reconnecting).to_be_visible()
    await surroundings.start()
    await surroundings.post_card(KARI, card("Etter bruddet"), "Etter bruddet")
    await expect(page.reconnecting).to_have_count(0)
    await expect(page.chat("Kari Hansen").card()).to_contain_text("Etter bruddet")
    assert await page.chat("Kari Hansen").cards() == ["Etter bruddet"]


async def test_the_page_speaks_english_too(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await page.page.get_by_role("radio", name="English").check()
    await expect(page.page.get_by_role("radiogroup", name="Who is calling?")).to_be_visible()
    await expect(page.page.locator("html")).to_have_attribute("lang", "en")


async def test_the_page_needs_nothing_from_elsewhere(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(request.url))
    await page.open()
    await page.ring("Nora Lie", line="Kari Hansen")
    assert asked
    assert [url for url in asked if not url.startswith((surroundings.address, "data:"))] == []


def _lightness(color: str) -> int:
    """The brightest part of an rgb() colour, 0 to 255."""
    return max(int(part) for part in re.findall(r"\d+", color)[:3])
