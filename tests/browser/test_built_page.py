"""The built page by itself: whole, and content with what its own server has."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page

pytestmark = pytest.mark.browser

DIST = Path(__file__).resolve().parents[2] / "web" / "dist"


async def test_the_page_draws_itself_and_asks_nobody_else(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    app = web.Application()
    app.router.add_static("/", DIST)
    async with TestServer(app) as server:
        home = str(server.make_url("/index.html"))
        await page.goto(home)
        await page.wait_for_function("document.querySelector('#root')?.innerText.trim().length > 0")
        assert await page.title()
    assert len(asked) >= 3
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {urlsplit(home).netloc}
