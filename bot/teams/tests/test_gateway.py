"""The outbound gateway against a local connector: what is sent, and what each kind of failure is called."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bot.teams.activities import card_activity, text_activity
from bot.teams.errors import CardGone, NotInstalled, TooLarge
from bot.teams.gateway import CARD_LIMIT
from calls.errors import NeedsSignIn, Refused, Throttled, Transient, Unknown

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Kari ringer – æøå"}]}
ACTIVITY = card_activity(CARD, summary="Kari Nordmann (Firma AS) ringer – 22 33 44 55")


def status(code: int, error: str | None = None, **headers: str) -> Any:
    body = {"error": {"code": error, "message": "m"}} if error else {}
    return lambda request: web.json_response(body, status=code, headers=headers)


def drop(request: web.Request) -> web.Response:
    """Close the connection after the request has arrived."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def test_a_post_is_the_card_with_its_summary_and_no_text(bot: Any, microsoft: Any) -> None:
    activity_id = await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())
    assert activity_id == "activity-1"
    (sent,) = microsoft.requests
    assert (sent.method, sent.path) == ("POST", "/v3/conversations/a%3A1%2F2%3Bx/activities")
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert sent.headers["Content-Type"] == "application/json; charset=utf-8"
    assert sent.body == {
        "type": "message",
        "summary": "Kari Nordmann (Firma AS) ringer – 22 33 44 55",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": CARD}],
        "from": {"id": f"28:{bot.identity.app_id}"},
        "recipient": {"id": "29:kari"},
        "conversation": {"id": "a:1/2;x"},
    }


async def test_an_update_is_the_whole_message_at_its_id(bot: Any, microsoft: Any) -> None:
    await bot.gateway.update(bot.chat(), "1:23", ACTIVITY, deadline=bot.deadline())
    (sent,) = microsoft.requests
    assert (sent.method, sent.path) == ("PUT", "/v3/conversations/a%3A1%2F2%3Bx/activities/1%3A23")
    assert sent.body["id"] == "1:23"
    assert sent.body["attachments"] == ACTIVITY["attachments"]


async def test_a_deletion_has_no_body(bot: Any, microsoft: Any) -> None:
    await bot.gateway.delete(bot.chat(), "123", deadline=bot.deadline())
    (sent,) = microsoft.requests
    assert (sent.method, sent.body) == ("DELETE", None)


async def test_a_chat_is_opened_for_exactly_one_member(bot: Any, microsoft: Any) -> None:
    microsoft.script.append(lambda request: web.json_response({"id": "a:new"}, status=201))
    made = await bot.gateway.create_chat(
        bot.identity, microsoft.service_url, "entra", "29:kari", deadline=bot.deadline(), tenant_id=bot.chat().tenant_id
    )
    assert made == "a:new"
    (sent,) = microsoft.requests
    assert (sent.method, sent.path) == ("POST", "/v3/conversations")
    assert sent.body == {
        "isGroup": False,
        "bot": {"id": f"28:{bot.identity.app_id}"},
        "members": [{"id": "29:kari"}],
        "tenantId": "entra",
        "channelData": {"tenant": {"id": "entra"}},
    }


async def test_an_alert_is_only_there_when_asked_for(bot: Any) -> None:
    assert "channelData" not in ACTIVITY
    assert card_activity(CARD, summary="s", alert=True)["channelData"] == {"notification": {"alert": True}}


@pytest.mark.parametrize("code", [412, 429, 502, 503, 504])
async def test_what_passes_is_tried_again(bot: Any, microsoft: Any, code: int) -> None:
    microsoft.script.append(status(code))
    assert await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline()) == "activity-2"


@pytest.mark.parametrize(
    ("code", "error", "kind"),
    [
        (400, "Bad Argument", Refused),
        (403, "BotNotInConversationRoster", NotInstalled),
        (404, "ActivityNotFoundInConversation", CardGone),
        (413, "MessageSizeTooBig", TooLarge),
        (500, "ServiceError", Unknown),
    ],
)
async def test_what_stays_is_not_tried_again(
    bot: Any, microsoft: Any, code: int, error: str, kind: type[Exception]
) -> None:
    microsoft.script.append(status(code, error))
    with pytest.raises(kind):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())
    assert len(microsoft.requests) == 1


async def test_a_throttle_longer_than_the_deadline_is_handed_on(bot: Any, microsoft: Any) -> None:
    microsoft.script.append(status(429, "Throttled", **{"Retry-After": "9"}))
    with pytest.raises(Throttled) as caught:
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline(5))
    assert caught.value.retry_after == 9
    assert len(microsoft.requests) == 1


async def test_a_401_costs_one_new_token(bot: Any, microsoft: Any) -> None:
    microsoft.script.append(status(401))
    await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())
    assert [sent.headers["Authorization"] for sent in microsoft.requests] == ["Bearer token-1", "Bearer token-2"]


async def test_a_401_that_stays_needs_an_administrator(bot: Any, microsoft: Any) -> None:
    microsoft.script.extend([status(401, "BotNotRegistered")] * 9)
    with pytest.raises(NeedsSignIn):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())
    assert len(microsoft.requests) == 2


async def test_a_lost_post_is_unknown_and_never_repeated(bot: Any, microsoft: Any) -> None:
    microsoft.script.append(drop)
    with pytest.raises(Unknown):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())
    assert len(microsoft.requests) == 1


async def test_a_post_that_times_out_is_unknown(bot: Any, microsoft: Any, held: asyncio.Event) -> None:
    async def silent(request: web.Request) -> web.Response:
        await held.wait()
        return web.Response()

    await bot.tokens.token(bot.identity)
    microsoft.script.append(silent)
    with pytest.raises(Unknown):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline(0.5))
    assert len(microsoft.requests) == 1


@pytest.mark.parametrize(("code", "problem"), [(201, Unknown), (429, Throttled), (403, Refused), (502, Transient)])
async def test_an_answer_without_end_is_not_read_to_its_end(
    bot: Any, microsoft: Any, code: int, problem: type[Exception]
) -> None:
    """It does not fill the memory; of a refusal the status says enough, and a success without an id is unknown."""
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=code, headers={"Retry-After": "900"})
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 65_536)
            sent += 65_536
        return response

    microsoft.script.extend([endless] * 9)
    with pytest.raises(problem):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline(2))
    assert sent < 20_000_000  # what the sockets between us held


async def test_an_answer_that_breaks_off_after_success_is_unknown(bot: Any, microsoft: Any) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=201, headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"id": ')
        return drop(request)

    microsoft.script.append(half)
    with pytest.raises(Unknown):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())


async def test_accepted_without_an_id_is_unknown(bot: Any, microsoft: Any) -> None:
    """As when Teams splits a message: it is in the chat, but nothing can follow it up."""
    microsoft.script.append(status(201))
    with pytest.raises(Unknown):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())
    assert len(microsoft.requests) == 1


async def test_a_connection_that_cannot_be_opened_sent_nothing(bot: Any, microsoft: Any, unused_address: str) -> None:
    chat = bot.chat(service_url=unused_address)
    with pytest.raises(Transient):
        await bot.gateway.post(chat, ACTIVITY, deadline=bot.deadline())
    assert microsoft.requests == []


async def test_a_lost_update_is_simply_done_again(bot: Any, microsoft: Any) -> None:
    microsoft.script.extend([drop, drop, drop])
    await bot.gateway.update(bot.chat(), "1", ACTIVITY, deadline=bot.deadline())
    assert {sent.method for sent in microsoft.requests} == {"PUT"}
    assert len(microsoft.requests) >= 3


async def test_an_update_that_times_out_is_transient(bot: Any, microsoft: Any, held: asyncio.Event) -> None:
    async def silent(request: web.Request) -> web.Response:
        await held.wait()
        return web.Response()

    await bot.tokens.token(bot.identity)
    microsoft.script.append(silent)
    with pytest.raises(Transient):
        await bot.gateway.update(bot.chat(), "1", ACTIVITY, deadline=bot.deadline(0.3))


async def test_a_redirect_is_not_followed_with_our_token(bot: Any, microsoft: Any) -> None:
    elsewhere = {"Location": microsoft.url("/connector/elsewhere")}
    microsoft.script.append(lambda request: web.Response(status=307, headers=elsewhere))
    with pytest.raises(Refused):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())
    assert len(microsoft.requests) == 1


async def test_no_token_goes_to_a_host_that_is_not_on_the_list(bot: Any, microsoft: Any) -> None:
    with pytest.raises(Refused) as caught:
        await bot.gateway.post(bot.chat(service_url="https://evil.example/"), ACTIVITY, deadline=bot.deadline())
    assert caught.value.code == "ServiceUrlNotAllowed"
    assert microsoft.token_requests == []


async def test_a_card_over_our_limit_is_not_sent(bot: Any, microsoft: Any) -> None:
    with pytest.raises(TooLarge):
        await bot.gateway.post(bot.chat(), text_activity("æ" * CARD_LIMIT), deadline=bot.deadline())
    assert microsoft.requests == []


async def test_a_chat_of_an_unknown_bot_is_not_served(bot: Any) -> None:
    with pytest.raises(NeedsSignIn):
        await bot.gateway.post(bot.chat(app_id="nobody"), ACTIVITY, deadline=bot.deadline())


async def test_after_the_deadline_nothing_is_sent(bot: Any, microsoft: Any) -> None:
    await bot.tokens.token(bot.identity)
    with pytest.raises(Transient):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline(-1))
    assert microsoft.requests == []


async def test_an_entra_that_hangs_ends_at_the_deadline_and_nothing_was_sent(
    bot: Any, microsoft: Any, held: asyncio.Event
) -> None:
    async def silent(request: web.Request) -> Any:
        await held.wait()
        return microsoft.grant()

    microsoft.login_script.append(silent)
    with pytest.raises(Transient):
        await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline(0.3))
    assert microsoft.requests == []


async def test_every_attempt_is_counted_against_the_limits(bot: Any, microsoft: Any) -> None:
    microsoft.script.append(status(503))
    await bot.gateway.post(bot.chat(), ACTIVITY, deadline=bot.deadline())
    assert bot.limiter.taken.count("teams:tenant") == 2
