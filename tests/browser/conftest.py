"""A browser, the built page, and the simulators behind it.

The browser is the one that ``scripts/chromium.py`` finds (``SMARTCALL_CHROMIUM`` names another). The page must have
been built; ``make test`` does that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from scripts import chromium
from tests.browser.page import NOTE_TOASTS, Opener, SmartCallPage
from tests.browser.surroundings import DIST, Surroundings
from tests.support.demo import Demo, running_demo

expect.set_options(timeout=30_000)  # ms until something that should come is given up: other tests run beside these
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for a test process; every page gets a context of its own."""
    program = chromium.find()
    assert program, "no Chromium; `make test` finds or fetches one"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield started
        await started.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """An empty page of its own (nothing stored), in Norwegian. An exception nobody catches in it fails the test."""
    context = await browser.new_context(
        locale="nb-NO", timezone_id="Europe/Oslo", viewport={"width": 1400, "height": 900}
    )
    page = await context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    await context.close()
    assert not thrown


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[Opener]:
    """Opens the page at an address, in a context of its own, as a :class:`SmartCallPage`.

    A script error on any opened page fails the test.
    """
    contexts, errors = [], []

    async def open_one(
        address: str, *, width: int = 1440, height: int = 900, dark: bool = False, forced: bool = False
    ) -> SmartCallPage:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            forced_colors="active" if forced else "none",
            reduced_motion="reduce",
            locale="nb-NO",
            timezone_id="Europe/Oslo",
        )
        contexts.append(context)
        await context.add_init_script(NOTE_TOASTS)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return await SmartCallPage(page, address).open()

    yield open_one
    for context in contexts:
        await context.close()
    assert errors == []


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """For the tests of one file."""
    async with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
async def demo(running: Demo) -> AsyncIterator[Demo]:
    """The whole product behind the page. What a test leaves behind, because it failed or because it does not care, is
    out of the next one's way."""
    yield running
    await running.put_back()


@pytest.fixture
async def surroundings() -> AsyncIterator[Surroundings]:
    if not (DIST / "index.html").exists():
        pytest.fail("the page is not built: npm --prefix web ci && npm --prefix web run build")
    around = Surroundings()
    await around.start()
    yield around
    await around.stop()
