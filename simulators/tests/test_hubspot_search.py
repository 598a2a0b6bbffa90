"""HubSpot's twin: search by number and otherwise, its limits, and how far it lags."""

from __future__ import annotations

from typing import Any

import pytest

SEARCH = "/crm/objects/2026-03/contacts/search"


def eq(name: str, value: str) -> dict[str, Any]:
    return {"propertyName": name, "operator": "EQ", "value": value}


def ids(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [result["id"] for result in answer.body["results"]]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("hs_searchable_calculated_phone_number", "22334455", ["101"]),
        ("hs_searchable_calculated_mobile_number", "91234567", ["101"]),
        ("hs_searchable_calculated_mobile_number", "4791234567", []),  # never with the country code
        ("hs_searchable_calculated_mobile_number", "+4791234567", []),
        ("hs_searchable_calculated_phone_number", "90123456", []),  # typed with 00: stays as typed
        ("hs_searchable_calculated_phone_number", "004790123456", ["102"]),
        ("hs_searchable_calculated_international_mobile_number", "4791234567", []),  # is there, is never found
        ("hs_calculated_mobile_number", "+4791234567", ["101"]),
        ("phone", "22334455", []),  # as typed, or not at all
        ("phone", "22 33 44 55", ["101"]),
        ("mobilephone", "+4791234567", []),
        ("firstname", "NORA", ["101"]),
    ],
)
async def test_numbers_are_found_as_hubspot_calculates_them(
    hubspot: Any, name: str, value: str, found: list[str]
) -> None:
    assert ids(await hubspot.search(eq(name, value))) == found


@pytest.mark.parametrize(
    ("operator", "fields", "found"),
    [
        ("CONTAINS_TOKEN", {"propertyName": "hs_searchable_calculated_phone_number", "value": "*90123456"}, ["102"]),
        ("CONTAINS_TOKEN", {"propertyName": "email", "value": "*@havnelageret.example"}, ["101"]),
        ("CONTAINS_TOKEN", {"propertyName": "phone", "value": "33"}, ["101"]),
        ("CONTAINS_TOKEN", {"propertyName": "phone", "value": "2"}, []),
        ("NOT_CONTAINS_TOKEN", {"propertyName": "phone", "value": "33"}, ["102"]),
        ("NEQ", {"propertyName": "firstname", "value": "Nora"}, ["102"]),
        ("HAS_PROPERTY", {"propertyName": "mobilephone"}, ["101"]),
        ("NOT_HAS_PROPERTY", {"propertyName": "mobilephone"}, ["102"]),
        ("IN", {"propertyName": "firstname", "values": ["nora", "x"]}, ["101"]),
        ("IN", {"propertyName": "firstname", "values": ["Nora"]}, []),  # texts must be in lower case
        ("NOT_IN", {"propertyName": "firstname", "values": ["nora"]}, ["102"]),
        ("GT", {"propertyName": "hs_object_id", "value": "101"}, ["102"]),
        ("GTE", {"propertyName": "hs_object_id", "value": "101"}, ["101", "102"]),
        ("LT", {"propertyName": "hs_object_id", "value": "102"}, ["101"]),
        ("LTE", {"propertyName": "hs_object_id", "value": "9"}, []),  # numbers, not texts
        ("BETWEEN", {"propertyName": "hs_object_id", "value": "102", "highValue": "200"}, ["102"]),
        ("LT", {"propertyName": "createdate", "value": "2020-01-02T00:00:00Z"}, ["101", "102"]),
        ("GT", {"propertyName": "createdate", "value": "1893456000000"}, []),
    ],
)
async def test_every_operator(hubspot: Any, operator: str, fields: dict[str, Any], found: list[str]) -> None:
    assert ids(await hubspot.search({"operator": operator, **fields})) == found


async def test_groups_are_or_and_filters_are_and(hubspot: Any) -> None:
    nora, per = eq("firstname", "Nora"), eq("firstname", "Per")
    both = {"filterGroups": [{"filters": [nora]}, {"filters": [per]}]}
    assert ids(await hubspot.call("POST", SEARCH, both)) == ["101", "102"]
    assert ids(await hubspot.search(nora, per)) == []
    assert ids(await hubspot.call("POST", SEARCH, {})) == ["101", "102"]
    assert ids(await hubspot.search(query="innkjøpssjef")) == []  # not one of the properties that text search reads
    assert ids(await hubspot.search(query="lie nora")) == ["101"]


async def test_an_answer_has_hubspots_shape(hubspot: Any, client: Any) -> None:
    wanted = ["firstname", "mobilephone", "phone", "hs_searchable_calculated_mobile_number", "no_such_property"]
    answer = await hubspot.search(eq("firstname", "Per"), properties=wanted)
    assert answer.body == {
        "total": 1,
        "results": [
            {
                "id": "102",
                "properties": {
                    "createdate": "2020-01-01T00:00:00.000Z",
                    "firstname": "Per",
                    "hs_object_id": "102",
                    "hs_searchable_calculated_mobile_number": None,
                    "lastmodifieddate": "2020-01-01T00:00:00.000Z",
                    "mobilephone": None,
                    "phone": "0047 90 12 34 56",
                },
                "createdAt": "2020-01-01T00:00:00.000Z",
                "updatedAt": "2020-01-01T00:00:00.000Z",
                "archived": False,
                "url": str(client.make_url("/simulators/hubspot/contacts/1234567/record/0-1/102")),
            }
        ],
    }
    default = await hubspot.search(eq("firstname", "Per"))
    names = set(default.body["results"][0]["properties"])
    assert names == {"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"}


async def test_pages_and_sorts(hubspot: Any) -> None:
    first = await hubspot.search(limit=1, sorts=[{"propertyName": "firstname", "direction": "DESCENDING"}])
    assert ids(first) == ["102"]
    assert (first.body["total"], first.body["paging"]) == (2, {"next": {"after": "1"}})
    last = await hubspot.search(limit=1, after="1", sorts=["-firstname"])
    assert ids(last) == ["101"]
    assert "paging" not in last.body
    assert ids(await hubspot.search(sorts=["mobilephone"])) == ["101", "102"]  # without a value: last
    assert ids(await hubspot.search(sorts=["-mobilephone"])) == ["101", "102"]


NORA = eq("firstname", "Nora")
ALWAYS = {"propertyName": "firstname", "operator": "HAS_PROPERTY"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"filterGroups": [{"filters": [NORA]}] * 6}, "5 filterGroups"),
        ({"filterGroups": [{"filters": [NORA] * 7}]}, "6 filters"),
        ({"filterGroups": [{"filters": []}]}, "1 to 6 filters"),
        ({"filterGroups": [{"filters": [ALWAYS] * 6}] * 3 + [{"filters": [ALWAYS]}]}, "18 filters"),
        ({"limit": 201}, "200"),
        ({"limit": 0}, "200"),
        ({"limit": "many"}, '"limit"'),
        ({"after": "9995", "limit": 10}, "10000"),
        ({"query": "x" * 3000}, "3000"),
        ({"sorts": ["firstname", "lastname"]}, "Only one sorting rule"),
        ({"sorts": ["nonsense"]}, '"nonsense" does not exist'),
        ({"sorts": [{"propertyName": "firstname", "direction": "UP"}]}, "DESCENDING"),
        ({"filterGroups": [{"filters": [eq("nonsense", "1")]}]}, '"nonsense" does not exist'),
        ({"filterGroups": [{"filters": [NORA | {"operator": "LIKE"}]}]}, '"LIKE" is not one of'),
        ({"filterGroups": [{"filters": [{"propertyName": "phone"}]}]}, "not set [operator]"),
        ({"filterGroups": [{"filters": [{"operator": "EQ", "value": "1"}]}]}, "not set [propertyName]"),
        ({"filterGroups": [{"filters": [{"propertyName": "phone", "operator": "EQ"}]}]}, "requires a value"),
        ({"filterGroups": [{"filters": [NORA | {"operator": "IN"}]}]}, "requires a values"),
        ({"filterGroups": [{"filters": [NORA | {"operator": "BETWEEN"}]}]}, "BETWEEN requires a highValue"),
        ({"filterGroups": [{"filters": [ALWAYS | {"value": "x"}]}]}, "does not take a value"),
        ({"filterGroups": [{}]}, "[filters]"),
        ({"filterGroups": {}}, '"filterGroups" must be a list'),
        ({"properties": "phone"}, '"properties" must be a list'),
        ([], "an object was expected"),
    ],
)
async def test_what_breaks_a_rule_is_400(hubspot: Any, body: Any, says: str) -> None:
    answer = await hubspot.call("POST", SEARCH, body)
    assert answer.status == 400, answer.body
    assert answer.body["category"] == "VALIDATION_ERROR"
    assert says in answer.body["message"]


async def test_the_largest_allowed_search_is_allowed(hubspot: Any) -> None:
    groups = [{"filters": [ALWAYS] * 6}, {"filters": [ALWAYS] * 6}, {"filters": [ALWAYS] * 4}, {"filters": [NORA]}]
    body = {"filterGroups": [*groups, {"filters": [NORA]}], "limit": 200}
    assert ids(await hubspot.call("POST", SEARCH, body)) == ["101", "102"]


async def test_search_finds_writes_late_while_reading_sees_them_at_once(hubspot: Any, clock: Any) -> None:
    new = await hubspot.call("POST", "/crm/objects/2026-03/contacts", {"properties": {"mobilephone": "90 00 00 09"}})
    path = f"/crm/objects/2026-03/contacts/{new.body['id']}"
    by_number = eq("hs_searchable_calculated_mobile_number", "90000009")
    assert (await hubspot.call("GET", path)).status == 200
    clock.move(2.9)
    assert ids(await hubspot.search(by_number)) == []
    clock.move(0.1)
    assert ids(await hubspot.search(by_number)) == [new.body["id"]]
    await hubspot.call("PATCH", path, {"properties": {"mobilephone": "90 00 00 10"}})
    clock.move(2)
    assert ids(await hubspot.search(by_number)) == [new.body["id"]]  # the index still holds the old number
    assert (await hubspot.call("GET", f"{path}?properties=mobilephone")).body["properties"]["mobilephone"][-2:] == "10"
    clock.move(1)
    assert ids(await hubspot.search(by_number)) == []
    assert ids(await hubspot.search(eq("hs_searchable_calculated_mobile_number", "90000010"))) == [new.body["id"]]


async def test_companies_are_searched_too(hubspot: Any) -> None:
    found = await hubspot.search(eq("hs_searchable_calculated_phone_number", "22334400"), kind="companies")
    assert ids(found) == ["201"]
    assert found.body["results"][0]["properties"]["name"] == "Havnelageret AS"
    assert found.body["results"][0]["url"].endswith("/record/0-2/201")
