"""What the exchange beside Teams can do with a call, by mouse, by keyboard, and in every appearance."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.page import Opener
from tests.browser.surroundings import KARI, Surroundings

pytestmark = pytest.mark.browser

KARI_LINE, OLA_LINE, AMINA_LINE = "90000001", "90000002", "90000003"

# Whatever can be used has a name, whatever is named exists, and nobody's id is another's.
_NAMELESS = """
() => [...document.querySelectorAll('button, a[href], input, textarea, select, [role=tab], [role=menuitem]')]
  .filter(e => e.getClientRects().length > 0)
  .filter(e => !((e.ariaLabel || '').trim() || e.innerText?.trim() || e.title || [...(e.labels || [])].length
    || (e.getAttribute('aria-labelledby') || '').split(' ').some(id => document.getElementById(id)?.innerText)))
  .map(e => e.outerHTML.slice(0, 160))
  .concat([...document.querySelectorAll('img:not([alt])')].map(e => e.outerHTML.slice(0, 160)))
  .concat([...document.querySelectorAll('[aria-labelledby], [aria-describedby], [aria-controls]')]
    .flatMap(e => ['aria-labelledby', 'aria-describedby'].flatMap(a => (e.getAttribute(a) || '').split(' ')))
    .filter(id => id && !document.getElementById(id)))
  .concat([...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i))
"""


async def test_a_call_is_transferred_blindly_and_picked_up(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await page.ring("Nora Lie", line="Kari Hansen")
    await page.answer("Kari Hansen")
    await page.pass_on("Sett over uten å spørre", "Ola Berg")
    panel = page.call("sendt videre av Kari")
    await expect(panel).to_contain_text("Nora Lie")
    await page.answer("Ola Berg", call=panel)
    await expect(page.calls.get_by_role("article")).to_have_count(1)
    first, second = await surroundings.calls()
    assert (first["state"], second["state"], second["answered_by"]) == ("ended", "answered", OLA_LINE)


async def test_a_transfer_nobody_picks_up_is_taken_back(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await page.ring("Nora Lie", line="Kari Hansen")
    await page.answer("Kari Hansen")
    await page.pass_on("Sett over uten å spørre", "Ola Berg")
    await page.do("Ingen svarer, ta tilbake", call=page.call("sendt videre av Kari"))
    await expect(page.calls.get_by_role("article")).to_have_count(1)
    assert [call["state"] for call in await surroundings.calls()] == ["answered", "ended"]


async def test_a_colleague_is_asked_before_the_transfer(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await page.ring("Nora Lie", line="Kari Hansen")
    await page.answer("Kari Hansen")
    await page.pass_on("Spør først", "Amina Ali")
    asking = page.call("og spør Amina")
    await page.answer("Amina Ali", call=asking)
    await page.do("Sett over nå", call=asking)
    await expect(page.calls.get_by_role("article")).to_have_count(1)
    await expect(page.calls.get_by_role("article")).to_contain_text("Amina Ali snakker")
    calls = await surroundings.calls()
    assert [(call["from"], call["state"]) for call in calls] == [
        ("22334455", "ended"),
        (KARI_LINE, "ended"),
        ("22334455", "answered"),
    ]


async def test_a_ringing_call_is_forwarded(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await page.ring("Nora Lie", line="Kari Hansen")
    await page.pass_on("Viderekoble til", "Ola Berg")
    await expect(page.call("sendt videre av Kari")).to_be_visible()
    await expect(page.calls).to_contain_text("Viderekoblet")
    first, second = await surroundings.calls()
    assert (first["cause"], second["ringing"], second["parent"]) == ("forwarded", [OLA_LINE], first["id"])


async def test_a_queue_hunts_for_somebody(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    panel = await page.ring("Nora Lie", queue="Vakt")
    await expect(panel).to_contain_text("Kari Hansen")
    await panel.get_by_role("button", name="Send videre").click()
    await page.page.get_by_role("menuitem", name="Ring hos neste").click()
    await expect(panel.get_by_role("button", name="Svar som Ola Berg")).to_be_visible()
    await page.decline("Ola Berg")
    await page.answer("Amina Ali")
    (call,) = await surroundings.calls()
    assert (call["rang"], call["answered_by"]) == ([KARI_LINE, OLA_LINE, AMINA_LINE], AMINA_LINE)


async def test_three_people_share_a_number_and_a_colleague_calls(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    await page.ring("Nora Lie", queue="Sentralbord")
    await expect(page.call("via Sentralbord")).to_be_visible()
    await page.answer("Kari Hansen")
    await page.hang_up()
    panel = await page.ring("Ola Berg", line="Kari Hansen")
    await expect(panel).to_contain_text("Ola Berg")
    await expect(page.chat("Ola Berg").box).to_contain_text("I samtale")
    shared, inside = await surroundings.calls()
    assert (shared["to"], shared["queue"], inside["dialled_by"]) == ("22000000", None, OLA_LINE)


async def test_disturbances_are_switched_on_and_off(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    opener = page.exchange.get_by_role("button", name="Forstyrrelser")
    await opener.click()
    sheet = page.page.get_by_role("dialog", name="Forstyrrelser")
    await sheet.get_by_role("radio", name="Svarer ikke").check()
    await sheet.get_by_role("switch", name="Teams tar ikke imot mer").check()
    await sheet.get_by_role("switch", name="Operatøren melder alt to ganger").check()
    await page.page.keyboard.press("Escape")
    await expect(opener).to_contain_text("3 på")
    assert [fault["drop"] for fault in await surroundings.ask("GET", "simulators/control/hubspot/faults")] == [True]
    assert [fault["status"] for fault in await surroundings.ask("GET", "simulators/control/connector/faults")] == [429]
    delivery = await surroundings.ask("GET", "simulators/exchange/delivery")
    assert (delivery["duplicate"], delivery["reorder"]) == (True, False)

    await page.open()  # nothing of it is kept in the page
    await expect(opener).to_contain_text("3 på")
    await opener.click()
    await sheet.get_by_role("radio", name="Svarer som vanlig").check()
    await sheet.get_by_role("switch", name="Teams tar ikke imot mer").uncheck()
    await sheet.get_by_role("switch", name="Operatøren melder alt to ganger").uncheck()
    await page.page.keyboard.press("Escape")
    await expect(opener).to_have_text("Forstyrrelser")
    assert await surroundings.ask("GET", "simulators/control/connector/faults") == []


async def test_a_sheet_is_left_with_escape_after_a_notice_in_it_was_closed(
    surroundings: Surroundings, open_page: Opener
) -> None:
    page = await open_page(surroundings.address)
    keys = page.page.keyboard
    opener = page.exchange.get_by_role("button", name="Forstyrrelser")
    await opener.focus()
    await keys.press("Enter")
    sheet = page.page.get_by_role("dialog", name="Forstyrrelser")
    await page.page.route("**/control/connector/faults", lambda route: route.abort())
    await sheet.get_by_role("switch", name="Teams tar ikke imot mer").focus()
    await keys.press("Space")
    await expect(sheet.get_by_test_id("notice")).to_contain_text("Det ble ikke endret")
    await sheet.get_by_test_id("notice").get_by_role("button").focus()
    await keys.press("Enter")
    await expect(sheet.get_by_test_id("notice")).to_have_count(0)
    await keys.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_a_stream_repeats_but_keeps_its_order(surroundings: Surroundings, open_page: Opener) -> None:
    """What the chosen interface cannot do is not offered, and said why."""
    page = await open_page(surroundings.address)
    opener = page.exchange.get_by_role("button", name="Forstyrrelser")
    await opener.click()
    sheet = page.page.get_by_role("dialog", name="Forstyrrelser")
    await sheet.get_by_role("switch", name="Operatøren melder i feil rekkefølge").check()
    await sheet.get_by_role("switch", name="Operatøren melder alt to ganger").check()
    await sheet.get_by_role("radio", name="Strøm (Phonero)").check()
    unable = sheet.get_by_role("switch", name="kan ikke skje i en strøm")
    await expect(unable).to_be_disabled()
    await expect(unable).not_to_be_checked()
    await expect(sheet.get_by_role("switch", name="Operatøren melder alt to ganger")).to_be_enabled()
    assert await page.page.evaluate(_NAMELESS) == []
    await page.page.keyboard.press("Escape")
    await expect(opener).to_contain_text("2 på")  # the repetitions, and that nobody listens here
    await opener.click()
    await sheet.get_by_role("radio", name="Webhook").check()
    again = sheet.get_by_role("switch", name="Operatøren melder i feil rekkefølge")
    await expect(again).to_be_enabled()
    await again.uncheck()
    await sheet.get_by_role("switch", name="Operatøren melder alt to ganger").uncheck()
    await page.page.keyboard.press("Escape")
    await expect(opener).to_have_text("Forstyrrelser")


async def test_a_call_is_passed_on_without_a_mouse(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address)
    keys = page.page.keyboard
    await page.ring("Nora Lie", line="Kari Hansen")
    await page.calls.get_by_role("button", name="Svar som Kari Hansen").focus()
    await keys.press("Enter")
    transfer = page.calls.get_by_role("button", name="Sett over", exact=True)
    await expect(transfer).to_be_visible()
    for _ in range(4):
        await keys.press("Tab")
        if await transfer.evaluate("e => e === document.activeElement"):
            break
    await expect(transfer).to_be_focused()
    await keys.press("Enter")
    await expect(page.page.get_by_role("menuitem", name="Sett over uten å spørre: Ola Berg")).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(page.call("sendt videre av Kari")).to_contain_text("Amina Ali")
    assert await page.page.evaluate("document.activeElement !== document.body")


@pytest.mark.parametrize("width", [390, 900, 1440])
async def test_everything_has_a_name_at_every_width(surroundings: Surroundings, open_page: Opener, width: int) -> None:
    page = await open_page(surroundings.address, width=width, height=860)
    await page.ring("Nora Lie", queue="Vakt")
    await page.ring("Ola Berg", line="Amina Ali")
    await _post_card(surroundings)
    assert await page.page.evaluate(_NAMELESS) == []
    assert await page.page.evaluate("document.documentElement.scrollWidth") <= width
    for button in ("Forstyrrelser", "Utseende"):
        await page.page.get_by_role("button", name=button).click()
        assert await page.page.evaluate(_NAMELESS) == []
        await page.page.keyboard.press("Escape")


@pytest.mark.parametrize("appearance", ["Lyst", "Mørkt", "Høy kontrast"])
async def test_texts_can_be_read_in_every_appearance(
    surroundings: Surroundings, open_page: Opener, appearance: str
) -> None:
    """WCAG's 4.5 to 1 for every text of the exchange and of a card (3 to 1 for large ones); 7 to 1 in high contrast."""
    page = await open_page(surroundings.address)
    await page.choose_appearance(appearance)
    await page.ring("Nora Lie", line="Kari Hansen")
    await page.answer("Kari Hansen")
    await _post_card(surroundings)
    await expect(page.chat("Kari Hansen").card()).to_be_visible()
    least = 7.0 if appearance == "Høy kontrast" else 4.5
    assert await page.page.evaluate(_TOO_FAINT, least) == []
    if appearance == "Høy kontrast":
        black = "e => getComputedStyle(e).backgroundColor"
        assert await page.chat("Kari Hansen").card().evaluate(black) == "rgb(0, 0, 0)"
    await page.open()
    await page.page.get_by_role("button", name="Utseende").click()
    await expect(page.page.get_by_role("menuitemradio", name=appearance)).to_be_checked()


async def test_forced_colours_are_taken_for_high_contrast(surroundings: Surroundings, open_page: Opener) -> None:
    page = await open_page(surroundings.address, forced=True)
    await page.page.get_by_role("button", name="Utseende").click()
    await expect(page.page.get_by_role("menuitemradio", name="Høy kontrast")).to_be_checked()
    await page.page.keyboard.press("Escape")
    await page.ring("Nora Lie", line="Kari Hansen")
    chosen = "e => getComputedStyle(e.closest('label')).outlineStyle"
    line = page.page.get_by_role("radio", name="Kari Hansen, 900 00 001")
    assert await line.evaluate(chosen) == "solid"
    other = page.page.get_by_role("radio", name="Ola Berg, 900 00 002")
    assert await other.evaluate(chosen) == "none"


async def _post_card(surroundings: Surroundings) -> None:
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": "Nora Lie", "size": "Large"},
        {"type": "TextBlock", "text": "Innkjøpssjef", "isSubtle": True},
        {"type": "TextBlock", "text": "[Åpne](https://example.com)"},
    ]
    actions = [{"type": "Action.Execute", "title": "Søk igjen", "verb": "search", "data": {}, "style": "positive"}]
    card = {"type": "AdaptiveCard", "version": "1.5", "body": body, "actions": actions}
    await surroundings.post_card(KARI, card, "Nora Lie ringer")


# Texts whose colour is too close to what lies behind them. Gradients and pictures behind a text are left out.
_TOO_FAINT = """
least => {
  const part = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const read = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const behind = e => {
    for (let each = e; each; each = each.parentElement) {
      const style = getComputedStyle(each), color = read(style.backgroundColor);
      if (style.backgroundImage !== 'none') return null;
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    const own = [...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(e), back = own && e.getClientRects().length ? behind(e) : null;
    if (!back || style.visibility === 'hidden' || e.closest('[aria-disabled=true], [aria-hidden=true], .fui-Avatar')) {
      continue;
    }
    const one = light(read(style.color)), other = light(back);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? Math.min(least, 3) : least)) {
      found.push(`${ratio.toFixed(2)} ${style.color} on ${back}: ${e.textContent.trim().slice(0, 40)}`);
    }
  }
  return found;
}
"""
