"""The demo's page as a person uses it: one class with verbs, nothing of how the page is built.

Everything is found by role and name, so a test that passes also says that the page can be used without seeing it. Verbs
wait until the page shows what they did. Texts are the Norwegian ones; the page opens in Norwegian.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from playwright.async_api import Locator, Page, expect

_NO_BREAK_SPACE = "\u00a0"

# Notes every banner that comes; they leave by themselves after seven seconds, on a slow machine before a test looks.
NOTE_TOASTS = """
window.raisedToasts = [];
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!(node instanceof Element)) continue;
    const toasts = node.matches('[data-testid="toast"]') ? [node] : node.querySelectorAll('[data-testid="toast"]');
    for (const toast of toasts) window.raisedToasts.push(toast.textContent.replace(/\\s+/g, " "));
  }
}).observe(document, { childList: true, subtree: true });
"""
_RAISED = "([text, times]) => window.raisedToasts.filter((toast) => toast.includes(text)).length === times"


@dataclass(frozen=True, kw_only=True, slots=True)
class Toast:
    """A banner that is on the screen now."""

    to: str  # the employee whose Teams raises it
    text: str
    message: str  # the id of the message it announces


class Chat:
    """One employee's chat with SmartCall."""

    def __init__(self, page: Page, name: str) -> None:
        self.name = name
        self.box = page.get_by_role("article", name=f"Teams-chatten til {name}", exact=True)
        self._page = page
        self._log = self.box.get_by_role("log")

    async def cards(self) -> list[str]:
        """The text of every card shown now, oldest first; white space is made single spaces."""
        return [_tidy(text) for text in await self._cards().all_inner_texts()]

    async def messages(self) -> list[str]:
        """The whole text of every message shown now (name, time and "Redigert" too), oldest first."""
        return [_tidy(text) for text in await self._messages().all_inner_texts()]

    def card(self, text: str | None = None) -> Locator:
        """The newest card (that holds ``text``), for ``expect``."""
        cards = self._cards() if text is None else self._cards().filter(has_text=text)
        return cards.last

    def message(self, text: str | None = None) -> Locator:
        """The newest message (that holds ``text``), for ``expect``."""
        messages = self._messages() if text is None else self._messages().filter(has_text=text)
        return messages.last

    def notice(self) -> Locator:
        """The lines that say what went wrong or was done, for ``expect``."""
        return self.box.get_by_test_id("notice")

    async def press(self, button: str, *, card: str | None = None) -> None:
        """Press a button of the newest card (that holds ``card``)."""
        await self.show()
        drawn = self.card(card)
        pressed = drawn.get_by_role("button", name=button, exact=True).or_(
            drawn.get_by_role("link", name=button, exact=True)
        )
        await pressed.last.click()

    async def write(self, text: str) -> None:
        """Send a message to the bot."""
        await self.show()
        line = self.box.get_by_role("textbox", name="Skriv til SmartCall")  # cards have text boxes, too
        await line.fill(text)
        await self.box.get_by_role("button", name="Send", exact=True).click()
        await expect(line).to_have_value("")

    async def install(self) -> None:
        await self.show()
        await self.box.get_by_role("button", name="Legg til", exact=True).click()
        await expect(self.box.get_by_role("textbox")).to_be_visible()

    async def uninstall(self) -> None:
        await self.show()
        await self.box.get_by_role("button", name=f"Flere valg for {self.name}").click()
        await self._page.get_by_role("menuitem", name="Fjern SmartCall").click()
        await expect(self.box.get_by_role("button", name="Legg til", exact=True)).to_be_visible()

    async def show(self) -> None:
        """Bring the chat to the front where only one fits."""
        views = self._page.get_by_role("navigation", name="Visning")
        mine = self._page.get_by_role("tab", name=self.name.split()[0])
        await expect(self.box.or_(views).or_(mine).first).to_be_visible()  # a sheet that closes hides them for a moment
        if await self.box.is_visible():
            return
        if await views.is_visible():
            await views.get_by_role("tab", name="Teams").click()
            await expect(self.box.or_(mine).first).to_be_visible()
        if not await self.box.is_visible():
            await mine.click()
        await expect(self.box).to_be_visible()

    def _messages(self) -> Locator:
        return self._log.get_by_role("article")

    def _cards(self) -> Locator:
        return self._log.locator(".ac-adaptiveCard")


class SmartCallPage:
    """The local Teams beside the telephone exchange."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.exchange = page.get_by_role("region", name="Telefonsentralen")
        self.calls = page.get_by_role("region", name="Samtaler")
        self.ring_button = self.exchange.get_by_role("button", name="Ring", exact=False).first
        self.reconnecting = page.get_by_text("Kobler til igjen")

    async def open(self) -> SmartCallPage:
        await self.page.goto(self.address)
        await expect(self.page.get_by_role("radiogroup", name="Hvem ringer?")).to_be_attached()
        await expect(self.page.locator("[data-chat]").first).to_be_attached()
        return self

    async def ring(self, caller: str, *, line: str | None = None, queue: str | None = None) -> Locator:
        """Let ``caller`` (a label of the list, or any number) ring; gives the call's panel.

        The line is named by its employee, the queue by its own name.
        """
        await self._show_exchange()
        callers = self.page.get_by_role("radiogroup", name="Hvem ringer?")
        if caller.replace(" ", "").lstrip("+").isdigit():
            await callers.get_by_role("radio", name="Et annet nummer").check()
            await callers.get_by_label("Nummer som ringer").fill(caller)
        else:
            await self._unfold(callers, caller)
            await callers.get_by_role("radio", name=caller).check()
        targets = self.page.get_by_role("radiogroup", name="Hvem skal de nå?")
        await targets.get_by_role("radio", name=f"{line or queue},").check()
        before = await self._panels().count()
        await self.ring_button.click()
        await expect(self._panels()).to_have_count(before + 1)
        return self._panels().first

    async def answer(self, who: str | None = None, *, call: Locator | None = None) -> None:
        """Pick up the phone of ``who`` (None: the only one that rings) in ``call`` (None: the newest)."""
        panel = await self._pin(call)
        name = "Svar som" if who is None else f"Svar som {who}"
        await panel.get_by_role("button", name=name).click()
        await expect(panel.get_by_text("I samtale")).to_be_visible()

    async def decline(self, who: str | None = None, *, call: Locator | None = None) -> None:
        panel = await self._pin(call)
        name = "Avvis hos" if who is None else f"Avvis hos {who}"
        button = panel.get_by_role("button", name=name)
        await button.click()
        await expect(button).to_have_count(0)

    async def hang_up(self, *, call: Locator | None = None) -> None:
        panel = await self._pin(call)
        await panel.get_by_role("button", name="Legg på").click()
        await expect(panel).to_have_count(0)

    def chat(self, name: str) -> Chat:
        return Chat(self.page, name)

    async def toasts(self) -> list[Toast]:
        """The banners on the screen now, oldest first; they leave by themselves after some seconds."""
        shown = []
        for toast in await self.toast().all():
            title, text = (await toast.get_by_role("button").first.inner_text()).split("\n", 1)
            message = await toast.get_attribute("data-message") or ""
            shown.append(Toast(to=_tidy(title).partition(" Hos ")[2], text=_tidy(text), message=message))
        return shown

    def toast(self, text: str | None = None) -> Locator:
        """Banners (that hold ``text``), for ``expect``."""
        toasts = self.page.get_by_test_id("toast")
        return toasts if text is None else toasts.filter(has_text=text)

    async def raised(self, text: str, times: int = 1) -> None:
        """Wait until so many banners that hold ``text`` have come since the page was opened, gone ones too."""
        await self.page.wait_for_function(_RAISED, arg=[text, times])

    async def open_toast(self, text: str) -> None:
        await self.toast(text).get_by_role("button").first.click()

    async def choose_appearance(self, name: str) -> None:
        """``name``: Lyst, Mørkt or Høy kontrast."""
        await self.page.get_by_role("button", name="Utseende").click()
        await self.page.get_by_role("menuitemradio", name=name).click()
        await expect(self.page.get_by_role("menuitemradio")).to_have_count(0)

    async def pass_on(self, how: str, who: str, *, call: Locator | None = None) -> None:
        """``how``: "Viderekoble til" while it rings, "Sett over uten å spørre" or "Spør først" in a talk."""
        panel = await self._pin(call)
        await panel.get_by_role("button", name=re.compile("^(Send videre|Sett over)$")).click()
        await self.page.get_by_role("menuitem", name=f"{how}: {who}").click()

    async def do(self, button: str, *, call: Locator | None = None) -> None:
        """Press any other button of a call."""
        panel = await self._pin(call)
        await panel.get_by_role("button", name=button, exact=True).click()

    def call(self, text: str) -> Locator:
        """The panel of a call that says ``text``."""
        return self._panels().filter(has_text=text)

    async def _unfold(self, callers: Locator, caller: str) -> None:
        more = callers.get_by_role("button", name="Vis flere")
        if await callers.get_by_role("radio", name=caller).count() == 0 and await more.count():
            await more.click()

    async def _show_exchange(self) -> None:
        """While a sheet closes, nothing beside it has a role: for a moment there is neither the view nor its tab."""
        tab = self.page.get_by_role("navigation", name="Visning").get_by_role("tab", name="Sentral")
        await expect(self.exchange.or_(tab).first).to_be_visible()
        if not await self.exchange.is_visible():
            await tab.click()

    async def _pin(self, call: Locator | None) -> Locator:
        """The panel by its call's id, so that a newer call cannot take its place meanwhile."""
        await self._show_exchange()
        panel = self._panels().first if call is None else call
        return self.page.locator(f'[data-call="{await panel.get_attribute("data-call")}"]')

    def _panels(self) -> Locator:
        return self.calls.get_by_role("article")


def _tidy(text: str) -> str:
    return " ".join(text.replace(_NO_BREAK_SPACE, " ").split())


class Opener(Protocol):
    """The fixture ``open_page``: opens the page at an address, each time as somebody who was never here before."""

    async def __call__(
        self, address: str, *, width: int = 1440, height: int = 900, dark: bool = False, forced: bool = False
    ) -> SmartCallPage: ...
