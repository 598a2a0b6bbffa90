"""Handing one card to Teams: our gateway, the SDK's stock adapter, and a bare aiohttp POST of the same bytes.

Each way runs alone, in this process, against the stand-in in another one; CPU is this process's. Some thousands of
cards one after another say what one costs; the same with 16 at a time say how many go in a second.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import aiohttp
import requests
from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity, Attachment, ChannelAccount, ConversationAccount, ConversationReference

from benchmarks.figures import Row
from benchmarks.stack import Stack
from bot.cards import render_popup
from bot.cards.samples import SAMPLES
from bot.teams.activities import addressed, card_activity
from bot.teams.gateway import ChatGateway
from bot.teams.identity import BotIdentity
from bot.teams.login import ENTRA
from bot.teams.ports import Chat
from bot.teams.tokens import TokenSource
from bot.texts import texts_for
from calls.ports import Bucket, Shortage

APP, HOME = "b1e2c3d4-0000-4000-8000-0000000000b0", "b1e2c3d4-0000-4000-8000-0000000000b1"
BOT = BotIdentity(app_id=APP, home_tenant=HOME, secret="s")
AT_ONCE = 16
Send = Callable[[], Awaitable[object]]


class _NoLimits:
    """The limits are rows in PostgreSQL; their cost is part of `ring`, not of the gateway."""

    async def take(self, tenant_id: UUID, *buckets: Bucket) -> Shortage | None:
        return None


class _OneBot:
    async def find(self, app_id: str) -> BotIdentity | None:
        return BOT


class _Settings:
    """What the SDK reads from an object named configuration."""

    APP_ID, APP_PASSWORD, APP_TYPE, APP_TENANTID = BOT.app_id, BOT.secret, "MultiTenant", ""


async def run_card(stack: Stack, *, seconds: float) -> tuple[dict[str, Any], list[Row]]:
    twins = stack.twins.address
    popup, texts = next(iter(SAMPLES.values())), texts_for("nb")
    rendered = render_popup(popup, texts)
    activity = card_activity(rendered.card, summary=rendered.summary)
    chat = Chat(
        tenant_id=UUID(int=1),
        app_id=BOT.app_id,
        conversation_id="a:benchmark",
        service_url=f"{twins}/connector/",
        user_mri="29:benchmark",
    )
    tokens = TokenSource(login_url=f"{twins}/login")
    gateway = ChatGateway(
        http=stack.http, tokens=tokens, identities=_OneBot(), limiter=_NoLimits(), allow_loopback=True
    )
    found: dict[str, Any] = {"rendering": await _measure(_rendering(popup, texts), seconds / 6)}
    found["ours"] = await _measure(lambda: gateway.post(chat, activity, deadline=_soon()), seconds / 3)
    found["bare"] = await _measure(_bare(stack.http, chat, activity), seconds / 3)
    found["stock"] = await _measure(_stock(twins, chat, rendered.card, rendered.summary), seconds / 3)
    found["bare_again"] = await _measure(_bare(stack.http, chat, activity), seconds / 6)
    await tokens.stop()
    ours, bare, stock = (found[way]["cpu_ms"] for way in ("ours", "bare", "stock"))
    tell = "{cpu_ms:.2f} ms CPU, {a_second:.0f}/s".format
    rows = [
        Row(
            name="card to Teams: gateway beside bare aiohttp",
            value=tell(**found["ours"]),
            beside=f"bare {tell(**found['bare'])}",
            ratio=ours / bare,
            target="at most 2x",
            met=ours <= 2 * bare,
        ),
        Row(
            name="card to Teams: the SDK's adapter beside our gateway",
            value=tell(**found["ours"]),
            beside=f"stock {tell(**found['stock'])}",
            ratio=stock / ours,
            target="at least 40x",
            met=stock >= 40 * ours,
        ),
        Row(name="rendering a card", value="{cpu_ms:.2f} ms CPU".format(**found["rendering"])),
    ]
    return found, rows


async def _measure(send: Send, seconds: float) -> dict[str, float]:
    """CPU of one, one after another; and how many go in a second, several at a time."""
    for _ in range(20):
        await send()
    done, cpu, began = 0, time.process_time(), time.monotonic()
    while time.monotonic() - began < seconds / 2:
        await send()
        done += 1
    cost = (time.process_time() - cpu) / done
    count, began = 0, time.monotonic()

    async def keep_sending() -> None:
        nonlocal count
        while time.monotonic() - began < seconds / 2:
            await send()
            count += 1

    await asyncio.gather(*(keep_sending() for _ in range(AT_ONCE)))
    return {"cpu_ms": round(cost * 1e3, 3), "a_second": round(count / (time.monotonic() - began), 1), "sent": done}


def _rebase(login: str) -> None:
    """MSAL asks for https and for Entra's own host: lead its requests to our token endpoint, and its answers back."""
    real = requests.Session.request

    def request(self: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
        answer = real(self, method, url.replace(ENTRA, login), **more)
        answer._content = answer.content.replace(login.encode(), ENTRA.encode())
        return answer

    requests.Session.request = request  # type: ignore[method-assign, assignment]


def _soon() -> float:
    return asyncio.get_running_loop().time() + 30


def _rendering(popup: Any, texts: Any) -> Send:
    async def render() -> None:
        render_popup(popup, texts)
        await asyncio.sleep(0)

    return render


def _bare(http: aiohttp.ClientSession, chat: Chat, activity: dict[str, Any]) -> Send:
    url = f"{chat.service_url}v3/conversations/{chat.conversation_id}/activities"
    body = json.dumps(addressed(activity, chat), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Authorization": f"Bearer {'t' * 1200}", "Content-Type": "application/json; charset=utf-8"}

    async def post() -> None:
        async with http.post(url, data=body, headers=headers) as answer:
            await answer.read()

    return post


def _stock(twins: str, chat: Chat, card: dict[str, Any], summary: str) -> Send:
    """``continue_conversation`` with a proactive ``send_activity``, as Microsoft's samples do it."""
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(_Settings()))
    reference = ConversationReference(
        bot=ChannelAccount(id=f"28:{chat.app_id}"),
        user=ChannelAccount(id=chat.user_mri),
        conversation=ConversationAccount(id=chat.conversation_id, conversation_type="personal"),
        channel_id="msteams",
        service_url=chat.service_url,
    )
    attachment = Attachment(content_type="application/vnd.microsoft.card.adaptive", content=card)
    _rebase(f"{twins}/login")

    async def turn(context: TurnContext) -> None:
        await context.send_activity(Activity(type="message", summary=summary, attachments=[attachment]))

    async def post() -> None:
        await adapter.continue_conversation(reference, turn, chat.app_id)

    return post
