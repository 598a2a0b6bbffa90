"""The request handler: every row of what botbuilder's own answers wrongly, with real signed tokens over HTTP."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from bot.teams.inbound import SIZE_LIMIT

JSON = {"Content-Type": "application/json"}


def tampered(token: str) -> str:
    head, claims, signature = token.split(".")
    return f"{head}.{claims}.{('A' if signature[0] != 'A' else 'B') + signature[1:]}"


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "key-1"})


def symmetric(claims: dict[str, Any]) -> str:
    """Signed with a key that an attacker knows, in the hope that the algorithm is taken from the token."""
    return jwt.encode(claims, "k" * 64, algorithm="HS256", headers={"kid": "key-1"})


def payload(value: Any) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "key-1", "typ": "JWT"}, value)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in [*parts, b"signature"])


BAD_TOKENS: dict[str, Callable[[Any, Any], str]] = {
    "garbage": lambda bot, signer: "garbage",
    "three garbage parts": lambda bot, signer: "a.b.c",
    "claims are no object": lambda bot, signer: payload([1]),
    "bad signature": lambda bot, signer: tampered(signer.sign(bot.claims())),
    "no algorithm": lambda bot, signer: unsigned(bot.claims()),
    "symmetric algorithm": lambda bot, signer: symmetric(bot.claims()),
    "unknown kid": lambda bot, signer: signer.sign(bot.claims(), kid="nobody"),
    "no kid": lambda bot, signer: jwt.encode(bot.claims(), signer.private, algorithm="RS256"),
    "expired": lambda bot, signer: signer.sign(bot.claims(exp=int(time.time()) - 301)),
    "not yet valid": lambda bot, signer: signer.sign(bot.claims(nbf=int(time.time()) + 600)),
    "never ends": lambda bot, signer: signer.sign(bot.claims(exp=None)),
    "strange end": lambda bot, signer: signer.sign(bot.claims(exp={})),
    "no issuer": lambda bot, signer: signer.sign(bot.claims(iss=None)),
    "wrong issuer": lambda bot, signer: signer.sign(bot.claims(iss="https://evil.example")),
    "issuer of the Emulator": lambda bot, signer: signer.sign(
        bot.claims(
            iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/", ver="1.0", appid=bot.claims()["aud"]
        )
    ),
    "skill": lambda bot, signer: signer.sign(
        bot.claims(ver="1.0", appid="another-bot", iss="https://sts.windows.net/x/")
    ),
    "no audience": lambda bot, signer: signer.sign(bot.claims(aud=None)),
    "wrong audience": lambda bot, signer: signer.sign(bot.claims(aud="00000000-0000-4000-8000-00000000dead")),
    "list of audiences": lambda bot, signer: signer.sign(bot.claims(aud=[bot.claims()["aud"]])),
    "other service URL": lambda bot, signer: signer.sign(
        bot.claims(serviceurl="https://smba.trafficmanager.net/emea/")
    ),
    "no service URL": lambda bot, signer: signer.sign(bot.claims(serviceurl=None)),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_bad_token_is_401_and_says_nothing(
    bot: Any, microsoft: Any, signer: Any, serve: Any, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    client = await serve()
    token = BAD_TOKENS[name](bot, signer)
    with caplog.at_level(logging.DEBUG, logger="bot"):
        status, body = await client.send(bot.activity(), token=token)
    assert (status, body) == (401, "")
    assert bot.events.told == []
    assert "Traceback" not in caplog.text
    assert token not in caplog.text
    assert bot.identity.app_id not in caplog.text


async def test_a_good_token_is_200(bot: Any, serve: Any) -> None:
    client = await serve()
    assert await client.send(bot.activity()) == (200, "")
    assert bot.events.names() == ["seen", "message"]


async def test_a_clock_five_minutes_off_is_forgiven(bot: Any, signer: Any, serve: Any) -> None:
    client = await serve()
    late = signer.sign(bot.claims(exp=int(time.time()) - 200))
    assert (await client.send(bot.activity(), token=late))[0] == 200


async def test_each_bot_takes_only_its_own_tokens(bot: Any, signer: Any, serve: Any) -> None:
    """Two bots here: the token chooses the adapter, so the chat belongs to the bot that the token is for."""
    client = await serve()
    other = next(app_id for app_id in bot.identities.rows if app_id != bot.identity.app_id)
    assert (await client.send(bot.activity(), token=signer.sign(bot.claims(aud=other))))[0] == 200
    assert bot.events.told[0][1].app_id == other


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": ""}, {"Authorization": "Basic a2FyaTprYXJp"}, {"Authorization": "Bearer"}],
)
async def test_without_a_bearer_token_it_is_401(bot: Any, serve: Any, headers: dict[str, str]) -> None:
    client = await serve()
    status, _ = await client.raw(json.dumps(bot.activity()).encode(), headers={**JSON, **headers})
    assert status == 401


@pytest.mark.parametrize("endorsements", [None, [], ["webchat"]])
async def test_a_key_that_is_not_endorsed_for_teams_is_401(
    bot: Any, signer: Any, serve: Any, endorsements: list[str] | None
) -> None:
    signer.endorsements = endorsements
    client = await serve()
    assert (await client.send(bot.activity()))[0] == 401


@pytest.mark.parametrize("channel", ["webchat", "directline", "emulator", "", 7, None])
async def test_another_channel_is_401(bot: Any, serve: Any, channel: Any) -> None:
    """Anybody can open a web chat and write whatever tenant into channelData."""
    client = await serve()
    assert (await client.send(bot.activity(channelId=channel)))[0] == 401


async def test_an_activity_without_service_url_is_401(bot: Any, signer: Any, serve: Any) -> None:
    client = await serve()
    for missing in (None, ""):
        token = signer.sign(bot.claims(serviceurl=missing))
        assert (await client.send(bot.activity(serviceUrl=missing)))[0] == 401
        assert (await client.send(bot.activity(serviceUrl=missing), token=token))[0] == 401


async def test_a_service_url_outside_the_list_is_refused_even_with_a_token_for_it(
    bot: Any, signer: Any, serve: Any
) -> None:
    client = await serve()
    evil = "https://evil.example/"
    status, _ = await client.send(bot.activity(serviceUrl=evil), token=signer.sign(bot.claims(serviceurl=evil)))
    assert status == 403
    assert bot.events.told == []


async def test_loopback_service_urls_are_for_the_demo(bot: Any, serve: Any) -> None:
    client = await serve(allow_loopback=False)
    assert (await client.send(bot.activity()))[0] == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
async def test_other_methods_are_405(serve: Any, method: str) -> None:
    client = await serve()
    assert (await client.raw(b"", headers={}, method=method))[0] == 405


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json-patch"])
async def test_other_content_is_415(bot: Any, serve: Any, content_type: str) -> None:
    client = await serve()
    assert (await client.raw(json.dumps(bot.activity()).encode(), headers={"Content-Type": content_type}))[0] == 415


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b"{}", b'{"type": 5}', b'{"type": ""}', b"[" * 100_000]
)
async def test_what_is_no_activity_is_400(serve: Any, body: bytes) -> None:
    client = await serve()
    assert (await client.send(body))[0] == 400


@pytest.mark.parametrize(
    "change",
    [{"timestamp": "yesterday"}, {"from": "kari"}, {"conversation": [1]}, {"membersAdded": [None, 3]}],
)
async def test_an_activity_of_the_wrong_shape_is_400(bot: Any, serve: Any, change: dict[str, Any]) -> None:
    client = await serve()
    assert (await client.send(bot.activity(**change)))[0] == 400


async def test_too_much_is_413_announced_or_not(bot: Any, serve: Any) -> None:
    client = await serve()
    large = bot.activity(text="x" * SIZE_LIMIT)
    assert (await client.send(large))[0] == 413
    almost = bot.activity(text="x" * (SIZE_LIMIT - 2000))
    assert (await client.send(almost))[0] == 200


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "gzip, gzip", "made-up"])
async def test_a_compressed_body_is_415(bot: Any, signer: Any, serve: Any, encoding: str) -> None:
    """A few kilobytes unpack to gigabytes, and Teams sends nothing compressed."""
    client = await serve()
    squeezed = gzip.compress(json.dumps(bot.activity(text="x" * SIZE_LIMIT)).encode())
    headers = {**JSON, "Authorization": f"Bearer {signer.sign(bot.claims())}", "Content-Encoding": encoding}
    assert (await client.raw(squeezed, headers=headers))[0] == 415


async def test_who_has_no_token_is_not_read_and_asks_nobody(
    bot: Any, signer: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the database nor the body is for strangers: a signature costs microseconds, and they have none."""

    read: list[int] = []

    async def reading(_: Any, limit: int) -> bytes:
        read.append(limit)
        return b"unreadable"

    monkeypatch.setattr("bot.teams.inbound.read_body", reading)
    client = await serve()
    for name, make in BAD_TOKENS.items():
        if "service URL" not in name and "audience" not in name:  # a signed token, which nobody can make
            assert (await client.send(bot.activity(), token=make(bot, signer)))[0] == 401
    assert (bot.identities.asked, read) == ([], [])
    assert (await client.send(bot.activity()))[0] == 400
    assert (bot.identities.asked, len(read)) == ([bot.identity.app_id], 1)


async def test_characters_that_no_database_keeps_are_400(bot: Any, serve: Any) -> None:
    client = await serve()
    for odd in ("\0", "\ud800", "\\\0"):
        assert (await client.send(bot.activity(text=odd)))[0] == 400
        assert (await client.send(bot.activity(conversation={"id": odd})))[0] == 400
    assert (await client.send(bot.activity(text="\\u0000")))[0] == 200


async def test_another_spelling_of_a_bots_id_is_401(bot: Any, signer: Any, serve: Any) -> None:
    client = await serve()
    token = signer.sign(bot.claims(aud=bot.identity.app_id.upper()))
    assert (await client.send(bot.activity(), token=token))[0] == 401


async def test_a_failure_of_ours_is_500_and_one_line_without_content(
    bot: Any, serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bot.events.fail = RuntimeError("Kari Hansen 22334455")
    client = await serve()
    with caplog.at_level(logging.DEBUG, logger="bot"):
        assert await client.send(bot.activity()) == (500, "")
    (line,) = caplog.messages
    assert line.startswith("handling a Teams activity failed: RuntimeError at conftest.py:")
    assert "Kari" not in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_database_that_fails_while_the_bot_is_looked_up_is_500_not_401(bot: Any, serve: Any) -> None:
    async def broken(app_id: str) -> None:
        raise PermissionError("socket of the database")

    bot.identities.find = broken
    client = await serve()
    assert (await client.send(bot.activity()))[0] == 500


async def test_no_turn_fetches_a_token_or_builds_a_client(
    bot: Any, microsoft: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(*values: Any, **options: Any) -> None:
        raise AssertionError("a connector client was built")

    monkeypatch.setattr("botframework.connector.aio.ConnectorClient.__init__", built)
    monkeypatch.setattr("botframework.connector.connector_client.ConnectorClient.__init__", built)
    client = await serve()
    for number in range(3):
        assert (await client.send(bot.activity(id=str(number))))[0] == 200
    assert microsoft.token_requests == []
    assert microsoft.key_fetches == 1
