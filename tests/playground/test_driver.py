"""The driver itself, against a bot of a few lines: so that a failing product test points at the product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.playground.playground import CONFIG, Playground, run_playground

TENANT = "9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"
KARI = "0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d01"


class EchoBot:
    """Answers a message with a card, replaces it on "kort", and answers the card's button with another card."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.headers: list[str] = []

    async def messages(self, request: web.Request) -> web.Response:
        activity = await request.json()
        self.got.append(activity)
        self.headers.append(request.headers.get("Authorization", ""))
        if activity["type"] == "invoke":
            if activity["value"]["action"]["verb"] == "break":
                return web.Response(status=500)
            answered = {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": card("svart")}
            return web.json_response(answered)
        if activity["type"] == "message" and activity.get("text"):
            await self._send_and_edit(activity)
        return web.Response()

    async def _send_and_edit(self, activity: dict[str, Any]) -> None:
        place = f"{activity['serviceUrl']}/v3/conversations/{activity['conversation']['id']}/activities"
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            async with session.post(place, json=reply(activity, activity["text"])) as answer:
                sent = (await answer.json())["id"]
            async with session.put(f"{place}/{sent}", json=reply(activity, "endret")):
                pass


def card(text: str) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": text}]}


def reply(activity: dict[str, Any], text: str) -> dict[str, Any]:
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card(text)}
    people = {"from": activity["recipient"], "recipient": activity["from"], "conversation": activity["conversation"]}
    return {"type": "message", "summary": f"om {text}", "attachments": [attachment], **people}


@pytest.fixture
async def bot():
    bot = EchoBot()
    app = web.Application()
    app.router.add_post("/api/messages", bot.messages)
    async with TestServer(app) as server:
        yield bot, str(server.make_url("/api/messages"))


async def test_install_card_edit_action_and_removal(bot: tuple[EchoBot, str], tmp_path: Path) -> None:
    echo, address = bot
    async with run_playground(bot=address, folder=tmp_path) as playground:
        await playground.install()
        installed = echo.got[0]
        assert (installed["type"], installed["action"]) == ("installationUpdate", "add")
        assert installed["from"] == {"id": "29:kari-playground", "aadObjectId": KARI}
        assert installed["channelData"]["tenant"] == {"id": TENANT}
        assert installed["serviceUrl"] == f"{playground.address}/_connector"
        assert not any(echo.headers)

        await playground.say("hei")
        edited = await playground.wait_for(lambda m: m.card == card("endret"))
        assert (edited.edits, len(playground.seen.messages)) == (1, 1)
        await playground.wait_for_activity(lambda a: a.get("summary") == "om endret", to_bot=False)
        assert [a["summary"] for a in playground.activities(to_bot=False)] == ["om hei", "om endret"]

        answer = await playground.invoke(edited.id, "answer", {"call": "1"})
        assert answer["value"] == card("svart")
        assert echo.got[-1]["replyToId"] == edited.id
        assert echo.got[-1]["value"]["action"]["data"] == {"call": "1"}
        with pytest.raises(aiohttp.ClientResponseError, match="502"):
            await playground.invoke(edited.id, "break", {})

        await playground.submit(edited.id, {"note": "ringte om tilbud"})
        assert (echo.got[-1]["type"], echo.got[-1]["value"]) == ("message", {"note": "ringte om tilbud"})

        await playground.uninstall()
        assert (echo.got[-1]["type"], echo.got[-1]["action"]) == ("installationUpdate", "remove")
    await assert_gone(playground)


async def test_a_message_that_never_comes_is_said(bot: tuple[EchoBot, str], tmp_path: Path) -> None:
    async with run_playground(bot=bot[1], folder=tmp_path) as playground:
        with pytest.raises(TimeoutError, match="no such message in"):
            await playground.wait_for(lambda m: True, seconds=0.1)


async def test_a_broken_config_is_told_in_its_own_words(
    bot: tuple[EchoBot, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken" / CONFIG.name
    broken.parent.mkdir()
    broken.write_text(CONFIG.read_text().replace("  - id: ", "  # id: "))
    monkeypatch.setattr("tests.playground.playground.CONFIG", broken)
    with pytest.raises(RuntimeError, match="ConfigFileParseError"):
        async with run_playground(bot=bot[1], folder=tmp_path):
            pass


async def assert_gone(playground: Playground) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(playground.address)
