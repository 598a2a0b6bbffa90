"""Teams' door: tokens wrong in every way, and right tokens in wrong hands."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.hostile.product import Product
from tests.hostile.towns import FJORDVIK, KARI, NABO, Town
from tests.hostile.wire import exchange, request

_IGNORED = ("queue.pgqueuer_log", "queue.pgqueuer", "smartcall.rate")
FORGED: dict[str, dict[str, Any]] = {
    "expired": {"exp_in": -400},
    "not yet valid": {"nbf_in": 900},
    "for another audience": {"aud": "00000000-0000-4000-8000-00000000dead"},
    "for the connector": {"aud": "https://api.botframework.com"},
    "from another issuer": {"iss": "https://sts.windows.net/9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55/"},
    "from nearly the issuer": {"iss": "https://api.botframework.com/"},
    "from the emulator": {"iss": "https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0"},
    "unsigned": {"alg": "none"},
    "signed with a password": {"alg": "HS256"},
    "of an unknown key": {"kid": "made-up"},
    "of no key": {"kid": None},
    "of a key of other channels": {"endorsed": False},
    "with a spoilt signature": {"broken": True},
    "for another service URL": {"serviceurl": "https://smba.trafficmanager.net/emea/"},
    "without a service URL": {"omit": ["serviceurl"]},
    "without an issuer": {"omit": ["iss"]},
    "without an audience": {"omit": ["aud"]},
    "without an end": {"omit": ["exp"]},
}


async def unchanged(product: Product, before: dict[str, list[str]]) -> None:
    assert await product.dump(without=_IGNORED) == before


@pytest.mark.parametrize("how", FORGED)
async def test_a_wrong_token_is_401_and_nothing_changes(staffed: Product, how: str) -> None:
    before = await staffed.dump(without=_IGNORED)
    token = await staffed.forge(**FORGED[how])
    assert await staffed.send(staffed.activity(who=KARI), token) == (401, "")
    await unchanged(staffed, before)


async def public_key(product: Product) -> dict[str, Any]:
    async with product.http.get(f"{product.twins[FJORDVIK]}/botframework/v1/.well-known/keys") as answer:
        found: dict[str, Any] = (await answer.json())["keys"][0]
        return found


def claims(product: Product, town: Town = FJORDVIK) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": "https://api.botframework.com",
        "aud": str(town.bot),
        "serviceurl": f"{product.twins[town]}/connector/",
        "nbf": now,
        "exp": now + 3600,
    }


def raw(header: dict[str, Any], body: dict[str, Any], key: bytes) -> str:
    """Signed with HMAC by hand: PyJWT refuses to misuse a public key, an attacker does not."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, body)]
    signature = hmac.new(key, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


async def test_the_public_key_is_no_password(staffed: Product) -> None:
    key = await public_key(staffed)
    pem = jwt.PyJWK(key).key.public_bytes(*_pem())
    for secret in (pem, pem.strip(), key["n"].encode(), base64.urlsafe_b64decode(key["n"] + "==")):
        for algorithm in ("HS256", "hs256", "HS512"):
            token = raw({"alg": algorithm, "kid": key["kid"], "typ": "JWT"}, claims(staffed), secret)
            assert (await staffed.send(staffed.activity(who=KARI), token))[0] == 401


def _pem() -> tuple[Any, Any]:
    return Encoding.PEM, PublicFormat.SubjectPublicKeyInfo


@pytest.mark.parametrize("trick", ["jwk", "jku", "x5u", "crit"])
async def test_a_token_cannot_bring_its_own_key(staffed: Product, trick: str) -> None:
    mine = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    known = await public_key(staffed)
    headers: dict[str, dict[str, Any]] = {
        "jwk": {"jwk": jwt.algorithms.RSAAlgorithm.to_jwk(mine.public_key(), as_dict=True)},
        "jku": {"jku": f"{staffed.twins[FJORDVIK]}/keys"},
        "x5u": {"x5u": "https://evil.example/cert"},
        "crit": {"crit": ["exp"]},
    }
    header = headers[trick]
    for kid in (known["kid"], "mine"):
        token = jwt.encode(claims(staffed), mine, algorithm="RS256", headers={"kid": kid, **header})
        assert (await staffed.send(staffed.activity(who=KARI), token))[0] == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic a2FyaTprYXJp", "bearer x", "Bearer a.b.c d"])
async def test_no_token_is_401(staffed: Product, header: str) -> None:
    """From this very machine too: the demo's freedom is not the product's."""
    body, kind = json.dumps(staffed.activity(who=KARI)), {"Content-Type": "application/json"}
    for headers in ({**kind, "Authorization": header}, kind):
        async with staffed.http.post(f"{staffed.address}/api/messages", data=body, headers=headers) as answer:
            assert answer.status == 401


async def test_a_right_token_beside_another_is_401(staffed: Product) -> None:
    body, kind = json.dumps(staffed.activity(who=KARI)).encode(), (b"Content-Type", b"application/json")
    right, wrong = (b"Authorization", f"Bearer {await staffed.forge()}".encode()), (b"Authorization", b"Bearer a.b.c")
    for tokens, status in (([right, wrong], 401), ([wrong, right], 401), ([right, right], 401), ([right], 200)):
        sent = request(b"POST", b"/api/messages", [kind, *tokens], body)
        assert (await exchange(staffed.address, sent)).status == status


async def test_a_token_in_the_address_is_401(staffed: Product) -> None:
    token = await staffed.forge()
    for query in ({"access_token": token}, {"authorization": f"Bearer {token}"}):
        async with staffed.http.post(
            f"{staffed.address}/api/messages", json=staffed.activity(who=KARI), params=query
        ) as answer:
            assert answer.status == 401


async def test_a_tenant_we_do_not_serve_gets_a_word_and_leaves_no_trace(staffed: Product) -> None:
    before, stranger = await staffed.dump(without=_IGNORED), str(uuid.uuid4())
    for kind in ("message", "installationUpdate", "conversationUpdate", "invoke"):
        activity = staffed.activity(type=kind, channelData={"tenant": {"id": stranger}}, action="add")
        status, _ = await staffed.send(activity, await staffed.forge())
        assert status in (200, 501)
    await unchanged(staffed, before)


@pytest.mark.parametrize("tenant", ["", "x", "9c2f5a7e", "../..", "' OR 1=1", None, 7, {}])
async def test_what_is_no_tenant_id_changes_nothing(staffed: Product, tenant: Any) -> None:
    before = await staffed.dump(without=_IGNORED)
    activity = staffed.activity(channelData={"tenant": {"id": tenant}})
    status, _ = await staffed.send(activity, await staffed.forge())
    assert status in (200, 400)
    await unchanged(staffed, before)


@pytest.mark.parametrize("members", [[None], [{}], [{"id": None}], [None, {"id": f"28:{FJORDVIK.bot}x"}]])
async def test_members_who_are_nobody_are_passed_over(staffed: Product, members: list[Any]) -> None:
    for name in ("membersAdded", "membersRemoved"):
        activity = staffed.activity(who=KARI, type="conversationUpdate", **{name: members})
        assert (await staffed.send(activity, await staffed.forge()))[0] == 200


async def test_another_customers_bot_speaks_for_nobody_here(staffed: Product) -> None:
    """The neighbour's bot, with its own right token, about our tenant."""
    before = await staffed.dump(without=_IGNORED)
    for kind in ("message", "installationUpdate", "conversationUpdate", "invoke"):
        activity = {**staffed.activity(FJORDVIK, who=KARI, type=kind, action="remove", membersRemoved=[])}
        activity["serviceUrl"] = f"{staffed.twins[NABO]}/connector/"
        activity["recipient"] = {"id": f"28:{NABO.bot}"}
        assert (await staffed.send(activity, await staffed.forge(NABO)))[0] in (200, 501)
    after = await staffed.dump(without=(*_IGNORED, "smartcall.seen_activity"))
    assert after == {name: rows for name, rows in before.items() if name != "smartcall.seen_activity"}


async def test_the_same_activity_id_in_two_tenants_is_two_activities(staffed: Product) -> None:
    one = str(uuid.uuid4())
    for town in (FJORDVIK, NABO):
        activity = staffed.activity(town, who=KARI, id=one)
        assert (await staffed.send(activity, await staffed.forge(town)))[0] == 200
    rows = await staffed.sql("SELECT tenant_id, count(*) AS n FROM smartcall.seen_activity GROUP BY tenant_id")
    assert {row["tenant_id"] for row in rows} >= {FJORDVIK.tenant, NABO.tenant}


async def test_a_service_url_of_elsewhere_never_gets_our_token(staffed: Product) -> None:
    """Even with a token that is right for it: what we would send there is the bot's own."""
    await staffed.quiet()
    before = await staffed.dump(without=_IGNORED)
    for url in ("https://evil.example/", "https://smba.trafficmanager.net.evil.example/", "https://x@evil.example/"):
        token = await staffed.forge(serviceurl=url)
        assert (await staffed.send(staffed.activity(who=KARI, serviceUrl=url), token))[0] == 403
    await unchanged(staffed, before)


async def test_a_key_that_was_withdrawn_is_not_believed_for_ever(staffed: Product) -> None:
    """A roll-over: the new key is fetched when it is first seen."""
    async with staffed.http.post(f"{staffed.twins[NABO]}/teams/keys/rollover", json={"drop_old": True}) as answer:
        assert answer.status == 200
    staffed.service._keys._asked_at = -1e9  # the pause between two fetches is over
    assert (await staffed.send(staffed.activity(NABO, who=KARI), await staffed.forge(NABO)))[0] == 200


async def test_nothing_of_it_was_a_failure_of_ours(staffed: Product) -> None:
    """Runs last."""
    assert not [record.getMessage() for record in staffed.logged if record.levelname == "ERROR"]
