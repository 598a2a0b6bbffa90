"""1881's twin: the answer's shape, the key, the quota, the forms of no hit, and the page."""

from __future__ import annotations

from typing import Any

import pytest

LOOKUP = "/simulators/1881/lookup/phonenumber/"


async def look_up(client: Any, digits: str, key: str | None = "primary", **options: Any) -> tuple[int, Any, Any]:
    headers = {"Ocp-Apim-Subscription-Key": key} if key is not None else {}
    async with client.get(LOOKUP + digits, headers=headers, **options) as response:
        body = await response.json() if response.content_type == "application/json" else await response.text()
        return response.status, body, response.headers


async def test_a_hit_has_every_field(client: Any) -> None:
    status, body, _ = await look_up(client, "22000000")
    assert status == 200
    assert body == {
        "count": 1,
        "contacts": [
            {
                "type": "Company",
                "id": "100000002S0",
                "name": "Eksempel Rør AS",
                "organizationNumber": "999888777",
                "geography": {
                    "municipality": None,
                    "county": None,
                    "region": None,
                    "coordinate": {"latitude": 59.9, "longitude": 10.7},
                    "address": {
                        "street": None,
                        "houseNumber": None,
                        "entrance": None,
                        "postCode": None,
                        "postArea": None,
                        "addressString": None,
                    },
                },
                "contactPoints": [
                    {"label": "Telefon", "main": True, "type": "Phone", "value": "22000000"},
                    {"label": "Mobiltelefon", "main": False, "type": "MobilePhone", "value": "90011223"},
                    {"label": "E-post", "main": False, "type": "Email", "value": "post@eksempel.example"},
                ],
                "infoUrl": str(client.make_url("/simulators/1881/person/100000002S0")),
            }
        ],
    }


async def test_a_number_may_have_several_owners(client: Any) -> None:
    _, body, _ = await look_up(client, "90011223", "secondary")
    assert (body["count"], [contact["type"] for contact in body["contacts"]]) == (2, ["Person", "Company"])
    person = body["contacts"][0]
    assert (person["firstName"], person["lastName"], person["name"]) == ("Kari", "Prøve", "Kari Prøve")
    assert person["geography"] == {
        "municipality": "Oslo",
        "county": "Oslo",
        "region": "Østlandet",
        "coordinate": None,
        "address": {
            "street": "Prøvegata",
            "houseNumber": "1",
            "entrance": "B",
            "postCode": "0001",
            "postArea": "Oslo",
            "addressString": "Prøvegata 1 B, 0001 Oslo",
        },
    }


@pytest.mark.parametrize(("key", "says"), [(None, "missing"), ("", "missing"), ("wrong", "invalid")])
async def test_without_a_right_key_it_is_401_in_api_managements_shape(client: Any, key: str | None, says: str) -> None:
    status, body, headers = await look_up(client, "22000000", key)
    assert (status, body["statusCode"]) == (401, 401)
    assert f"Access denied due to {says} subscription key" in body["message"]
    assert 'name="Ocp-Apim-Subscription-Key"' in headers["WWW-Authenticate"]
    status, _, _ = await look_up(client, "22000000", None, params={"subscription-key": "primary"})
    assert status == 401  # a key does not belong in an address


@pytest.mark.parametrize("digits", ["4722000000", "+4722000000", "2200000", "02800", "abcdefgh", "２２００００００"])
async def test_only_eight_digits_are_a_number(client: Any, digits: str) -> None:
    status, body, _ = await look_up(client, digits)
    assert (status, body["statusCode"]) == (400, 400)


async def test_other_paths_and_methods_are_not_found(client: Any) -> None:
    headers = {"Ocp-Apim-Subscription-Key": "primary"}
    for method, path in (
        ("POST", LOOKUP + "22000000"),
        ("GET", "/simulators/1881/lookup"),
        ("GET", "/simulators/1881/x"),
    ):
        async with client.request(method, path, headers=headers) as response:
            assert response.status == 404
            assert await response.json() == {"statusCode": 404, "message": "Resource not found"}


async def test_a_listing_is_found_by_id(client: Any) -> None:
    async with client.get(
        "/simulators/1881/lookup/id/100000001S0", headers={"Ocp-Apim-Subscription-Key": "primary"}
    ) as got:
        assert (await got.json())["contacts"][0]["id"] == "100000001S0"


class TestNoHit:
    @pytest.fixture(params=["404", "null", "empty", "no_body"])
    def form(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def world(self, world: dict[str, Any], form: str) -> dict[str, Any]:
        world["directory_1881"]["no_hit"] = form
        return world

    async def test_takes_the_form_the_world_says(self, client: Any, form: str) -> None:
        status, body, _ = await look_up(client, "33333333")
        expected = {
            "404": (404, {"statusCode": 404, "message": "Resource not found"}),
            "null": (200, {"count": 0, "contacts": None}),
            "empty": (200, {"count": 0, "contacts": []}),
            "no_body": (200, ""),
        }
        assert (status, body) == expected[form]


class TestQuota:
    @pytest.fixture
    def world(self, world: dict[str, Any]) -> dict[str, Any]:
        world["directory_1881"] |= {"calls": 2, "renewal_period": 60}
        return world

    async def test_is_counted_by_key_and_says_when_to_come_back(self, client: Any, clock: Any) -> None:
        assert [(await look_up(client, "22000000"))[0] for _ in "12"] == [200, 200]
        clock.move(53.5)
        status, body, headers = await look_up(client, "22000000")
        assert (status, headers["Retry-After"]) == (429, "7")
        assert body == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 7 seconds."}
        assert (await look_up(client, "22000000", "secondary"))[0] == 200
        assert (await look_up(client, "22000000", "wrong"))[0] == 401
        clock.move(6.5)
        assert (await look_up(client, "22000000"))[0] == 200


async def test_what_was_sent_is_recorded_so_that_a_test_can_see_a_leak(client: Any) -> None:
    headers = {"Ocp-Apim-Subscription-Key": "primary", "X-Tenant": "fjordvik"}
    async with client.get(LOOKUP + "22000000", headers=headers):
        pass
    async with client.get("/simulators/control/1881/requests") as response:
        (record,) = await response.json()
    assert record["headers"]["x-tenant"] == "fjordvik"
    assert record["headers"]["ocp-apim-subscription-key"] == "***"
    assert record["path"] == LOOKUP + "22000000"


async def test_the_page_of_a_listing(client: Any, world: dict[str, Any]) -> None:
    async with client.get("/simulators/1881/person/100000001S0") as response:
        page = await response.text()
    assert "Kari Prøve" in page
    assert "900 11 223" in page
    assert "ikke Opplysningen 1881" in page
    async with client.get("/simulators/1881/person/nobody") as response:
        assert response.status == 404
