"""Microsoft's own Python SDK judges the tokens that activities carry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from botframework.connector.auth import ChannelValidation, JwtTokenValidation, SimpleCredentialProvider
from botframework.connector.auth.jwt_token_extractor import JwtTokenExtractor


@pytest.fixture(autouse=True)
def _forget_keys() -> Iterator[None]:
    yield
    JwtTokenExtractor.metadataCache.clear()
    ChannelValidation.open_id_metadata_endpoint = None


async def _validate(twin: Any, app: str, token: str, service_url: str | None = None) -> Any:
    """The SDK fetches keys with a blocking client, so it gets a thread and a loop of its own."""
    url = f"{twin.url}/simulators/botframework/v1/.well-known/openidconfiguration"
    ChannelValidation.open_id_metadata_endpoint = url
    credentials = SimpleCredentialProvider(app, "")

    def validate() -> Any:
        return asyncio.run(
            JwtTokenValidation.validate_auth_header(
                f"Bearer {token}",
                credentials,
                "",
                "msteams",
                service_url or f"{twin.url}/simulators/connector/",
            )
        )

    return await asyncio.to_thread(validate)


async def test_the_sdk_accepts_the_token_of_an_activity(twin: Any, people: dict[str, str]) -> None:
    await twin.install()
    token = twin.bot.headers[-1]["authorization"].removeprefix("Bearer ")
    identity = await _validate(twin, people["app"], token, twin.bot.activities[-1]["serviceUrl"])
    assert identity.is_authenticated
    assert identity.get_claim_value("aud") == people["app"]
    assert identity.get_claim_value("serviceurl") == twin.bot.activities[-1]["serviceUrl"]


async def test_a_token_without_wishes_is_right(twin: Any, people: dict[str, str]) -> None:
    _, body = await twin.call("POST", "/simulators/teams/token")
    assert (await _validate(twin, people["app"], body["token"])).is_authenticated


@pytest.mark.parametrize(
    ("wishes", "error", "text"),
    [
        ({"aud": "somebody-else"}, PermissionError, "Invalid AppId"),
        ({"iss": "https://issuer.example"}, PermissionError, "No valid identity"),
        ({"exp_in": -3600}, jwt.ExpiredSignatureError, "expired"),
        ({"nbf_in": 3600}, jwt.ImmatureSignatureError, "not yet valid"),
        ({"kid": "unknown"}, IndexError, "out of range"),
        ({"alg": "HS256"}, Exception, "algorithm not in allowed list"),
        ({"alg": "none"}, Exception, "algorithm not in allowed list"),
        ({"broken": True}, jwt.InvalidSignatureError, "verification failed"),
        ({"endorsed": False}, Exception, "endorsement"),
        ({"omit": ["iss"]}, KeyError, "iss"),
        ({"omit": ["serviceurl"]}, PermissionError, "service_url"),
        ({"serviceurl": "https://elsewhere.example/"}, PermissionError, "service_url"),
    ],
    ids=str,
)
async def test_the_sdk_refuses_tokens_made_wrong(
    twin: Any, people: dict[str, str], wishes: dict[str, Any], error: type[Exception], text: str
) -> None:
    """Each for the reason it was made wrong; the odd exceptions are the SDK's own way of saying it."""
    _, body = await twin.call("POST", "/simulators/teams/token", wishes)
    with pytest.raises(error, match=text):
        await _validate(twin, people["app"], body["token"])


async def test_what_is_no_wish_is_refused(twin: Any) -> None:
    status, body = await twin.call("POST", "/simulators/teams/token", {"audience": "x"})
    assert status == 400
    assert "audience" in body["error"]


async def test_keys_roll_over(twin: Any, people: dict[str, str]) -> None:
    await twin.install()
    old = twin.bot.headers[-1]["authorization"].removeprefix("Bearer ")
    _, rolled = await twin.call("POST", "/simulators/teams/keys/rollover")
    assert rolled["kid"] != jwt.get_unverified_header(old)["kid"]
    assert (await _validate(twin, people["app"], old)).is_authenticated  # still published
    _, fresh = await twin.call("POST", "/simulators/teams/token")
    assert jwt.get_unverified_header(fresh["token"])["kid"] == rolled["kid"]

    _, dropped = await twin.call("POST", "/simulators/teams/keys/rollover", {"drop_old": True})
    assert len(dropped["published"]) == 1
    JwtTokenExtractor.metadataCache.clear()
    with pytest.raises(IndexError):  # how the SDK says that it does not know a key
        await _validate(twin, people["app"], old)


async def test_keys_name_their_channels(twin: Any) -> None:
    _, document = await twin.call("GET", "/simulators/botframework/v1/.well-known/openidconfiguration")
    async with twin.client.session.get(document["jwks_uri"]) as response:
        keys = (await response.json())["keys"]
    assert [key["endorsements"] for key in keys] == [["msteams"], ["webchat", "directline"]]
