"""Tokens: from Entra's real protocol (MSAL against a local endpoint), one refresh at a time, never on the loop."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from bot.teams import tokens
from bot.teams.identity import BotIdentity, BotKind
from bot.teams.login import EXCHANGE_SCOPE, SCOPE, Grant
from bot.teams.tokens import TokenSource
from calls.errors import NeedsSignIn, Transient


async def test_the_secret_goes_to_the_home_tenant_for_the_connectors_scope(bot: Any, microsoft: Any) -> None:
    assert await bot.tokens.token(bot.identity) == "token-1"
    (asked,) = microsoft.token_requests
    assert asked["tenant"] == bot.identity.home_tenant
    assert asked["grant_type"] == "client_credentials"
    assert asked["client_id"] == bot.identity.app_id
    assert asked["client_secret"] == "s3cret-of-the-bot"
    assert asked["scope"] == "https://api.botframework.com/.default"


async def test_a_multi_tenant_bot_asks_botframework_com(bot: Any, microsoft: Any) -> None:
    identity = BotIdentity(app_id="app", home_tenant="ignored", kind=BotKind.MULTI_TENANT, secret="x")
    await bot.tokens.token(identity)
    assert microsoft.token_requests[0]["tenant"] == "botframework.com"


async def test_a_certificate_signs_an_assertion(bot: Any, microsoft: Any, private_keys: list[Any]) -> None:
    identity = BotIdentity(app_id="app", home_tenant="home", certificate=_certificate(private_keys[0]))
    await bot.tokens.token(identity)
    (asked,) = microsoft.token_requests
    assert "client_secret" not in asked
    assert asked["client_assertion_type"].endswith("jwt-bearer")
    claims = json.loads(base64.urlsafe_b64decode(asked["client_assertion"].split(".")[1] + "=="))
    assert claims["iss"] == "app"
    assert claims["aud"] == "https://login.microsoftonline.com/home/oauth2/v2.0/token"


async def test_a_federated_identity_presents_the_managed_identitys_token(microsoft: Any) -> None:
    asked: list[Any] = []
    loop_thread = threading.get_ident()

    def managed(client_id: str | None, scope: str) -> Grant:
        asked.append((client_id, scope, threading.get_ident() == loop_thread))
        return Grant(access="assertion-of-the-managed-identity", lifetime=3600.0)

    tokens = TokenSource(login_url=microsoft.url("/login"), managed=managed)
    identity = BotIdentity(app_id="app", home_tenant="home", kind=BotKind.FEDERATED, managed_identity="umi")
    assert await tokens.token(identity) == "token-1"
    assert microsoft.token_requests[0]["client_assertion"] == "assertion-of-the-managed-identity"
    assert set(asked) == {("umi", EXCHANGE_SCOPE, False)}
    await tokens.stop()


async def test_a_managed_identity_without_registration_asks_for_itself(microsoft: Any) -> None:
    asked: list[Any] = []

    def managed(client_id: str | None, scope: str) -> Grant:
        asked.append((client_id, scope))
        return Grant(access="direct", lifetime=3600.0)

    tokens = TokenSource(login_url=microsoft.url("/login"), managed=managed)
    identity = BotIdentity(app_id="umi", home_tenant="home", kind=BotKind.USER_ASSIGNED_MSI)
    assert await tokens.token(identity) == "direct"
    assert asked == [("umi", SCOPE)]
    assert microsoft.token_requests == []
    await tokens.stop()


async def test_the_loop_runs_on_while_entra_thinks(bot: Any, microsoft: Any) -> None:
    """Entra's twin runs on this very loop: a refresh that blocked it could never be answered, and its answer waits
    for something that only the running loop can do."""
    ticked = asyncio.Event()

    async def slow(request: web.Request) -> Any:
        await ticked.wait()
        return microsoft.grant()

    microsoft.login_script.append(slow)
    waiting = asyncio.create_task(bot.tokens.token(bot.identity))
    await microsoft.tokens_asked(1)
    ticked.set()
    assert await waiting == "token-1"


async def test_fifty_callers_cause_one_refresh(bot: Any, microsoft: Any) -> None:
    tokens = await asyncio.gather(*(bot.tokens.token(bot.identity) for _ in range(50)))
    assert set(tokens) == {"token-1"}
    assert len(microsoft.token_requests) == 1


async def test_a_caller_that_goes_away_does_not_stop_the_refresh_of_the_others(
    bot: Any, microsoft: Any, held: asyncio.Event
) -> None:
    async def slow(request: web.Request) -> Any:
        await held.wait()
        return microsoft.grant()

    microsoft.login_script.append(slow)
    first = asyncio.create_task(bot.tokens.token(bot.identity))
    second = asyncio.create_task(bot.tokens.token(bot.identity))
    await microsoft.tokens_asked(1)
    first.cancel()
    held.set()
    assert await second == "token-1"
    assert len(microsoft.token_requests) == 1


async def test_past_half_its_life_a_token_is_renewed_behind_the_callers_back(bot: Any, microsoft: Any) -> None:
    await bot.tokens.token(bot.identity)
    bot.clock[0] += 1801
    assert await bot.tokens.token(bot.identity) == "token-1"
    await microsoft.tokens_asked(2)
    await bot.tokens.renew_due()
    assert await bot.tokens.token(bot.identity) == "token-2"


async def test_the_warmer_renews_without_anybody_asking(bot: Any, microsoft: Any) -> None:
    await bot.tokens.token(bot.identity)
    await bot.tokens.renew_due()
    assert len(microsoft.token_requests) == 1
    bot.clock[0] += 1801
    await bot.tokens.renew_due()
    assert len(microsoft.token_requests) == 2


async def test_the_warmer_forgets_who_is_not_used(bot: Any, microsoft: Any) -> None:
    await bot.tokens.token(bot.identity)
    bot.clock[0] += 24 * 3600 + 1
    await bot.tokens.renew_due()
    assert len(microsoft.token_requests) == 1


async def test_start_fetches_and_stop_ends_everything(bot: Any, microsoft: Any) -> None:
    await bot.tokens.start(bot.identity)
    assert bot.tokens._find(bot.identity).access is not None  # the first card does not wait for Entra
    await bot.tokens.token(bot.identity)
    assert len(microsoft.token_requests) == 1
    await bot.tokens.stop()
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not {name for name in names if name.startswith("teams token")}


async def test_a_start_does_not_wait_for_ever(
    bot: Any, microsoft: Any, held: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(request: web.Request) -> Any:
        await held.wait()
        return microsoft.grant()

    microsoft.login_script.append(late)
    monkeypatch.setattr(tokens, "PATIENCE", 0.05)
    await bot.tokens.start(bot.identity)
    held.set()
    assert await bot.tokens.token(bot.identity) == "token-1"


async def test_while_entra_is_down_the_old_token_serves_to_its_last_minute(bot: Any, microsoft: Any) -> None:
    await bot.tokens.token(bot.identity)
    microsoft.login_script.extend([lambda request: web.Response(status=503)] * 9)
    bot.clock[0] += 3500
    await bot.tokens.renew_due()
    assert await bot.tokens.token(bot.identity) == "token-1"
    bot.clock[0] += 50
    with pytest.raises(Transient):
        await bot.tokens.token(bot.identity)


async def test_a_failed_try_is_not_repeated_by_every_caller_and_heals(bot: Any, microsoft: Any) -> None:
    microsoft.login_script.append(lambda request: web.Response(status=503))
    for _ in range(3):
        with pytest.raises(Transient):
            await bot.tokens.token(bot.identity)
    assert len(microsoft.token_requests) == 1
    bot.clock[0] += 6
    assert await bot.tokens.token(bot.identity) == "token-2"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_client", NeedsSignIn),
        ("unauthorized_client", NeedsSignIn),
        ("invalid_grant", NeedsSignIn),
        ("temporarily_unavailable", Transient),
    ],
)
async def test_entras_refusals_are_told_apart(bot: Any, microsoft: Any, error: str, kind: type[Exception]) -> None:
    body = {"error": error, "error_description": "AADSTS7000215: secret hint s3c", "error_codes": [7000215]}
    microsoft.login_script.append(lambda request: web.json_response(body, status=400))
    with pytest.raises(kind) as caught:
        await bot.tokens.token(bot.identity)
    assert str(caught.value) == f"Entra refused the bot's sign-in: {error} AADSTS7000215"


async def test_an_unreachable_entra_is_transient(unused_address: str) -> None:
    tokens = TokenSource(login_url=unused_address)
    with pytest.raises(Transient):
        await tokens.token(BotIdentity(app_id="app", home_tenant="home", secret="x"))
    await tokens.stop()


async def test_a_rejected_token_is_replaced_once(bot: Any, microsoft: Any) -> None:
    first = await bot.tokens.token(bot.identity)
    bot.tokens.reject(bot.identity, first)
    assert await bot.tokens.token(bot.identity) == "token-2"
    bot.tokens.reject(bot.identity, first)  # late news of the old one
    bot.tokens.reject(bot.identity, "token-2")  # again at once: then the token is not what is wrong
    assert await bot.tokens.token(bot.identity) == "token-2"
    bot.clock[0] += 31
    bot.tokens.reject(bot.identity, "token-2")
    assert await bot.tokens.token(bot.identity) == "token-3"


def test_no_secret_shows_in_a_repr() -> None:
    identity = BotIdentity(app_id="app", home_tenant="home", secret="s3cret", certificate="pem")
    assert "s3cret" not in repr(identity)
    assert "pem" not in repr(identity)
    assert "abc" not in repr(Grant(access="abc", lifetime=1.0))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"app_id": "", "home_tenant": "h", "secret": "s"}, "app_id"),
        ({"app_id": "a", "home_tenant": "", "secret": "s"}, "home_tenant"),
        ({"app_id": "a", "home_tenant": "h"}, "secret"),
        ({"app_id": "a", "home_tenant": "", "kind": BotKind.FEDERATED}, "home_tenant"),
    ],
)
def test_an_identity_that_cannot_work_says_what_is_missing(values: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        BotIdentity(**values).check()
    BotIdentity(app_id="a", home_tenant="h", secret="s").check()


def _certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smartcall")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return str((pem + built.public_bytes(serialization.Encoding.PEM)).decode())
