from __future__ import annotations

import asyncio
from typing import Any

import jwt
import msal
import pytest
import requests
from aiohttp import encode_basic_auth

SCOPE = "https://api.botframework.com/.default"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def test_a_token_says_what_it_is_for(twin: Any, people: dict[str, str]) -> None:
    body = await twin.sign_in()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3599
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["aud"] == "https://api.botframework.com"
    assert claims["appid"] == people["app"]
    assert claims["exp"] - claims["iat"] == 3599


async def test_a_token_can_be_checked_with_the_published_key(twin: Any, people: dict[str, str]) -> None:
    body = await twin.sign_in()
    _, keys = await twin.call("GET", f"/simulators/login/{people['home']}/discovery/v2.0/keys")
    key = jwt.PyJWK(keys["keys"][0], algorithm="RS256")
    assert jwt.decode(body["access_token"], key, audience="https://api.botframework.com")


@pytest.mark.parametrize(
    ("changes", "number", "error", "status"),
    [
        ({"client_id": "00000000-0000-4000-8000-000000000009"}, 700016, "unauthorized_client", 400),
        ({"client_secret": "wrong"}, 7000215, "invalid_client", 401),
        ({"client_secret": ""}, 7000216, "invalid_client", 401),
        ({"scope": "https://api.botframework.com"}, 70011, "invalid_scope", 400),
        ({"scope": f"{SCOPE} openid"}, 70011, "invalid_scope", 400),
        ({"scope": "https://nowhere.example/.default"}, 500011, "invalid_resource", 400),
        ({"scope": ""}, 900144, "invalid_request", 400),
        ({"grant_type": "password"}, 70003, "unsupported_grant_type", 400),
        ({"client_assertion": "x", "client_assertion_type": ASSERTION}, 700027, "invalid_client", 401),
    ],
)
async def test_refusals_have_entras_shape(
    twin: Any, changes: dict[str, str], number: int, error: str, status: int, people: dict[str, str]
) -> None:
    body = await twin.sign_in(**changes)
    assert body["error"] == error
    assert body["error_codes"] == [number]
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(body)
    assert "bot-secret" not in str(body)
    _, log = await twin.call("GET", "/simulators/control/login/requests")
    assert log[-1]["status"] == status


async def test_an_app_is_unknown_outside_its_home_tenant(twin: Any, people: dict[str, str]) -> None:
    path = f"/simulators/login/{people['tenant']}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "client_id": people["app"], "client_secret": "x", "scope": SCOPE}
    async with twin.client.post(path, data=form) as response:
        assert response.status == 400
        assert (await response.json())["error_codes"] == [90002]


async def test_assertions_are_taken_only_where_the_world_says_so(twin: Any, world: Any, start: Any) -> None:
    assertion = jwt.encode({"sub": "someone"}, "a key of at least thirty-two bytes, made up", algorithm="HS256")
    proof = {"client_secret": "", "client_assertion": assertion, "client_assertion_type": ASSERTION}
    assert (await twin.sign_in(**proof))["access_token"]
    world["login"]["apps"][0]["accept_assertions"] = False
    strict = await start(world)
    assert (await strict.sign_in(**proof))["error_codes"] == [700027]


async def test_the_secret_may_come_as_http_basic(twin: Any, people: dict[str, str]) -> None:
    path = f"/simulators/login/{people['home']}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    for secret, status in (("bot-secret", 200), ("wrong", 401)):
        headers = {"Authorization": encode_basic_auth(people["app"], secret)}
        async with twin.client.post(path, data=form, headers=headers) as response:
            assert response.status == status


class Rebased(requests.Session):
    """MSAL's HTTP client with Microsoft's host moved: requests go to the simulator, and the addresses in its answers
    come back as Microsoft's, because MSAL takes https only."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.seen: list[str] = []

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        assert url.startswith(MICROSOFT), url
        self.seen.append(url)
        response = super().request(method, url.replace(MICROSOFT, self.base, 1), *args, **kwargs)
        response._content = response.content.replace(self.base.encode(), MICROSOFT.encode())
        return response


MICROSOFT = "https://login.microsoftonline.com"


async def test_msal_gets_a_token(twin: Any, people: dict[str, str]) -> None:
    session = Rebased(f"{twin.url}/simulators/login")

    def acquire() -> tuple[Any, Any, Any]:
        with session:
            app = _msal_app(people, session, "bot-secret")
            first, again = app.acquire_token_for_client([SCOPE]), app.acquire_token_for_client([SCOPE])
            wrong = _msal_app(people, session, "wrong").acquire_token_for_client([SCOPE])
        return first, again, wrong

    first, again, wrong = await asyncio.to_thread(acquire)
    assert first["access_token"]
    assert again["access_token"] == first["access_token"]
    assert wrong["error"] == "invalid_client"
    assert sum(url.endswith("/oauth2/v2.0/token") for url in session.seen) == 2


async def test_the_authority_in_discovery_can_be_microsofts_own(start: Any, world: Any, people: Any) -> None:
    world["login"]["authority"] = MICROSOFT
    twin = await start(world)
    path = f"/simulators/login/{people['home']}/v2.0/.well-known/openid-configuration"
    _, document = await twin.call("GET", path)
    assert document["token_endpoint"] == f"{MICROSOFT}/{people['home']}/oauth2/v2.0/token"
    assert document["issuer"] == f"{MICROSOFT}/{people['home']}/v2.0"


def _msal_app(people: dict[str, str], session: requests.Session, secret: str) -> Any:
    authority = f"{MICROSOFT}/{people['home']}"
    return msal.ConfidentialClientApplication(
        people["app"], client_credential=secret, authority=authority, http_client=session
    )


async def test_discovery_of_an_unknown_tenant_fails(twin: Any) -> None:
    status, body = await twin.call("GET", "/simulators/login/nobody/v2.0/.well-known/openid-configuration")
    assert status == 400
    assert body["error"] == "invalid_tenant"
