"""HubSpot's twin: who may call, how often, and the errors at the door."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

CONTACT = "/crm/objects/2026-03/contacts/101"
TOKEN = "/oauth/2026-03/token"
FORM = {
    "grant_type": "refresh_token",
    "client_id": "client",
    "client_secret": "client-secret",
    "refresh_token": "refresh",
}


async def test_a_refresh_token_buys_an_access_token_and_stays_the_same(hubspot: Any) -> None:
    hubspot.token = None
    answer = await hubspot.call("POST", TOKEN, data=FORM)
    assert answer.status == 200
    body = answer.body
    assert (body["token_type"], body["token_use"], body["expires_in"]) == ("bearer", "access_token", 1800)
    assert (body["refresh_token"], body["hub_id"]) == ("refresh", 1234567)
    hubspot.token = body["access_token"]
    assert (await hubspot.call("GET", CONTACT)).status == 200
    again = await hubspot.call("POST", TOKEN, data=FORM)
    assert again.body["access_token"] != body["access_token"]
    assert (await hubspot.call("GET", CONTACT)).status == 200  # the older one lives on


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"client_id": "other"}, "BAD_CLIENT_ID"),
        ({"client_secret": "wrong"}, "BAD_CLIENT_SECRET"),
        ({"refresh_token": "wrong"}, "BAD_REFRESH_TOKEN"),
        ({"refresh_token": ""}, "BAD_REFRESH_TOKEN"),
    ],
)
async def test_the_token_endpoint_names_what_is_wrong(hubspot: Any, change: dict[str, str], status: str) -> None:
    answer = await hubspot.call("POST", TOKEN, data=FORM | change)
    assert answer.status == 400
    assert answer.body["status"] == status
    assert {"message", "correlationId", "category"} <= answer.body.keys()


async def test_token_parameters_belong_in_the_form(hubspot: Any) -> None:
    in_address = await hubspot.call("POST", TOKEN, params=FORM, data={"x": "1"})
    assert in_address.body["status"] == "BAD_GRANT_TYPE"
    assert (await hubspot.call("POST", TOKEN, FORM)).status == 415
    assert (await hubspot.call("GET", TOKEN)).status == 405


@pytest.mark.parametrize("authorization", [None, "Bearer nobody", "Basic pat-key", "pat-key", "Bearer "])
async def test_without_a_known_credential_it_is_401(hubspot: Any, authorization: str | None) -> None:
    hubspot.token = None
    headers = {"Authorization": authorization} if authorization is not None else {}
    answer = await hubspot.call("GET", CONTACT, headers=headers)
    assert answer.status == 401
    assert answer.body["category"] == "INVALID_AUTHENTICATION"
    assert answer.body["status"] == "error"


async def test_an_expired_token_says_so(hubspot: Any, clock: Any) -> None:
    await hubspot.sign_in()
    clock.move(1799)
    assert (await hubspot.call("GET", CONTACT)).status == 200
    clock.move(3)
    answer = await hubspot.call("GET", CONTACT)
    assert answer.status == 401
    assert answer.body["category"] == "EXPIRED_AUTHENTICATION"
    assert answer.body["message"] == "The OAuth token used to make this call expired 2 second(s) ago."
    assert answer.body["context"] == {"expire time": ["2026-11-03T13:35:00.000Z"]}
    await hubspot.sign_in()
    assert (await hubspot.call("GET", CONTACT)).status == 200


async def test_helpers_expire_tokens_and_uninstall_the_app(hubspot: Any) -> None:
    await hubspot.sign_in()
    assert "HubSpot has no such endpoint" in (await hubspot.call("POST", "/_expire")).body["note"]
    assert (await hubspot.call("GET", CONTACT)).body["category"] == "EXPIRED_AUTHENTICATION"
    await hubspot.sign_in()
    await hubspot.call("POST", "/_uninstall")
    assert (await hubspot.call("GET", CONTACT)).body["category"] == "INVALID_AUTHENTICATION"
    assert (await hubspot.call("POST", TOKEN, data=FORM)).body["status"] == "BAD_REFRESH_TOKEN"
    await hubspot.call("POST", "/_install")
    assert (await hubspot.call("POST", TOKEN, data=FORM)).status == 200


async def test_unknown_paths_wrong_methods_and_wrong_types_have_hubspots_shape(hubspot: Any) -> None:
    unknown = await hubspot.call("GET", "/crm/v3/objects/contacts/101")
    assert (unknown.status, unknown.body["message"]) == (404, "resource not found")
    UUID(unknown.body["correlationId"])
    method = await hubspot.call("PUT", CONTACT, {"properties": {}})
    assert (method.status, method.body["message"]) == (405, "HTTP 405 Method Not Allowed")
    form = await hubspot.call("POST", "/crm/objects/2026-03/contacts", data={"properties": "x"})
    assert (form.status, form.body["message"]) == (415, "HTTP 415 Unsupported Media Type")
    broken = await hubspot.call(
        "POST", "/crm/objects/2026-03/contacts", data=b'{"properties":', headers={"Content-Type": "application/json"}
    )
    assert broken.status == 400
    assert broken.body["message"].startswith("Invalid input JSON on line 1, column")
    kind = await hubspot.call("GET", "/crm/objects/2026-03/spaceships/1")
    assert (kind.status, kind.body["message"]) == (400, "Unable to infer object type from: spaceships")
    missing = await hubspot.call("GET", "/crm/objects/2026-03/contacts/999")
    assert (missing.status, missing.body["category"]) == (404, "OBJECT_NOT_FOUND")
    assert missing.body["context"] == {"id": ["999"]}


async def test_five_searches_a_second_for_the_whole_account(hubspot: Any, clock: Any) -> None:
    assert [(await hubspot.search()).status for _ in range(3)] == [200] * 3
    await hubspot.sign_in()  # another credential, the same account
    assert [(await hubspot.search(kind="companies")).status for _ in range(2)] == [200] * 2
    throttled = await hubspot.search()
    assert throttled.status == 429
    assert throttled.body["category"] == "RATE_LIMITS"
    assert throttled.body["policyName"] == "SECONDLY"
    UUID(throttled.body["correlationId"])
    assert not [name for name in throttled.headers if "ratelimit" in name.lower()]
    assert (await hubspot.call("GET", CONTACT)).status == 200  # searches have a limit of their own
    clock.move(0.999)
    assert (await hubspot.search()).status == 429
    clock.move(0.001)
    answer = await hubspot.search()
    assert answer.status == 200
    assert not [name for name in answer.headers if "ratelimit" in name.lower()]


async def test_an_app_may_ask_110_times_in_ten_seconds(hubspot: Any, clock: Any) -> None:
    await hubspot.sign_in()
    first = await hubspot.call("GET", CONTACT)
    assert first.headers["X-HubSpot-RateLimit-Max"] == "110"
    assert first.headers["X-HubSpot-RateLimit-Remaining"] == "109"
    assert first.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert "X-HubSpot-RateLimit-Daily" not in first.headers
    assert {(await hubspot.call("GET", CONTACT)).status for _ in range(109)} == {200}
    throttled = await hubspot.call("GET", CONTACT)
    assert (throttled.status, throttled.body["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert (await hubspot.search()).status == 200
    clock.move(10)
    assert (await hubspot.call("GET", CONTACT)).status == 200


async def test_a_service_key_has_other_limits_and_a_daily_one(hubspot: Any) -> None:
    answer = await hubspot.call("GET", CONTACT)
    assert answer.headers["X-HubSpot-RateLimit-Max"] == "100"
    assert answer.headers["X-HubSpot-RateLimit-Daily"] == "250000"
    assert answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "249999"


class TestScopes:
    @pytest.fixture
    def world(self, world: dict[str, Any]) -> dict[str, Any]:
        world["hubspot"]["scopes"] = ["oauth", "crm.objects.contacts.read"]
        return world

    async def test_a_missing_scope_is_403_and_named(self, hubspot: Any) -> None:
        assert (await hubspot.call("GET", CONTACT)).status == 200
        answer = await hubspot.call("POST", "/crm/objects/2026-03/calls", {"properties": {}})
        assert (answer.status, answer.body["category"]) == (403, "MISSING_SCOPES")
        (error,) = answer.body["errors"]
        assert error["context"] == {"requiredGranularScopes": ["crm.objects.contacts.write"]}
        assert (await hubspot.search(kind="companies")).status == 403
        assert (await hubspot.call("GET", "/crm/owners/2026-03/501")).status == 403
        assert (await hubspot.call("GET", "/crm/properties/2026-03/calls")).status == 403
