"""A real Chromium for the tests in this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from scripts import chromium

# Nothing but what a test does may reach for the network.
_QUIET = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = chromium.find()
    assert path, "no Chromium; `make test` finds or fetches one"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--disable-gpu", *_QUIET])
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of its own (nothing stored), in Norwegian. An exception that nobody catches in it fails the test."""
    context = await browser.new_context(
        locale="nb-NO", timezone_id="Europe/Oslo", viewport={"width": 1400, "height": 900}
    )
    page = await context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    await context.close()
    assert not thrown
