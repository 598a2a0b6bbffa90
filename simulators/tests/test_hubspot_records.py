"""HubSpot's twin: contacts, owners, property definitions and what the account says of itself."""

from __future__ import annotations

from typing import Any

import pytest

OBJECTS = "/crm/objects/2026-03"
KEY = {"name": "smartcall_key", "label": "Key", "type": "string", "fieldType": "text", "groupName": "callinformation"}


async def test_a_contact_is_read_with_its_company(hubspot: Any) -> None:
    answer = await hubspot.call("GET", OBJECTS + "/contacts/101?properties=jobtitle,city&associations=companies,deals")
    assert answer.status == 200
    assert answer.body["properties"]["jobtitle"] == "Innkjøpssjef"
    assert answer.body["properties"]["city"] is None
    assert answer.body["associations"] == {
        "companies": {
            "results": [
                {"id": "201", "type": "contact_to_company"},
                {"id": "201", "type": "contact_to_company_unlabeled"},
            ]
        }
    }
    by_type_id = await hubspot.call("GET", OBJECTS + "/0-2/201?properties=name")
    assert by_type_id.body["properties"]["name"] == "Havnelageret AS"
    by_mail = await hubspot.call("GET", OBJECTS + "/contacts/NORA@havnelageret.example?idProperty=email")
    assert by_mail.body["id"] == "101"
    assert (await hubspot.call("GET", OBJECTS + "/contacts/Nora?idProperty=firstname")).status == 400


async def test_lists_have_pages(hubspot: Any) -> None:
    first = await hubspot.call("GET", OBJECTS + "/contacts?limit=1")
    assert [result["id"] for result in first.body["results"]] == ["101"]
    after = first.body["paging"]["next"]["after"]
    last = await hubspot.call("GET", OBJECTS + f"/contacts?limit=1&after={after}")
    assert [result["id"] for result in last.body["results"]] == ["102"]
    assert "paging" not in last.body
    assert (await hubspot.call("GET", OBJECTS + "/contacts?limit=101")).status == 400


async def test_a_second_contact_with_the_same_email_is_409(hubspot: Any) -> None:
    answer = await hubspot.call("POST", OBJECTS + "/contacts", {"properties": {"email": "Nora@Havnelageret.example"}})
    assert (answer.status, answer.body["category"]) == (409, "CONFLICT")
    assert answer.body["message"] == "Contact already exists. Existing ID: 101"
    twins = [await hubspot.call("POST", OBJECTS + "/contacts", {"properties": {"phone": "22334455"}}) for _ in "12"]
    assert [twin.status for twin in twins] == [201, 201]
    assert twins[0].body["id"] != twins[1].body["id"]


async def test_a_batch_is_read_and_says_what_is_missing(hubspot: Any) -> None:
    body = {"inputs": [{"id": "101"}, {"id": "999"}], "properties": ["firstname"]}
    answer = await hubspot.call("POST", OBJECTS + "/contacts/batch/read", body)
    assert (answer.status, answer.body["status"], answer.body["numErrors"]) == (207, "COMPLETE", 1)
    assert answer.body["errors"][0]["context"] == {"ids": ["999"]}
    assert [result["id"] for result in answer.body["results"]] == ["101"]
    whole = await hubspot.call("POST", OBJECTS + "/contacts/batch/read", {"inputs": [{"id": "101"}]})
    assert whole.status == 200
    many = {"inputs": [{"id": str(number)} for number in range(101)]}
    assert (await hubspot.call("POST", OBJECTS + "/contacts/batch/read", many)).status == 400


async def test_properties_are_defined_once_and_rightly(hubspot: Any) -> None:
    path = "/crm/properties/2026-03/calls"
    assert (await hubspot.call("GET", path + "/smartcall_key")).status == 404
    assert (await hubspot.call("POST", path, KEY | {"hasUniqueValue": True})).status == 201
    read = await hubspot.call("GET", path + "/smartcall_key")
    assert (read.body["hasUniqueValue"], read.body["hubspotDefined"]) == (True, False)
    names = {definition["name"] for definition in (await hubspot.call("GET", path)).body["results"]}
    assert {"smartcall_key", "hs_timestamp", "hs_call_duration"} <= names
    twice = await hubspot.call("POST", path, KEY)
    assert (twice.status, twice.body["category"]) == (409, "CONFLICT")
    for wrong in (
        {"name": "Smartcall-Key"},
        {"name": "hs_key"},
        {"fieldType": "number"},
        {"type": "text"},
        {"label": None},
        {"groupName": ""},
        {"hasUniqueValue": "yes"},
        {"type": "enumeration", "fieldType": "select"},
    ):
        answer = await hubspot.call("POST", path, KEY | {"name": "another"} | wrong)
        assert answer.status == 400, wrong


async def test_owners_are_found_by_email_and_id(hubspot: Any) -> None:
    everyone = await hubspot.call("GET", "/crm/owners/2026-03/?limit=1")
    assert everyone.body["paging"]["next"]["after"] == "502"
    found = await hubspot.call("GET", "/crm/owners/2026-03?email=Kari.Hansen@fjordvik.example")
    (owner,) = found.body["results"]
    assert (owner["id"], owner["firstName"], owner["type"]) == ("501", "Kari", "PERSON")
    assert owner["userId"] != 501
    assert (await hubspot.call("GET", "/crm/owners/2026-03/501")).body == owner
    by_user = await hubspot.call("GET", f"/crm/owners/2026-03/{owner['userId']}?idProperty=userId")
    assert by_user.body == owner
    assert (await hubspot.call("GET", "/crm/owners/2026-03/999")).status == 404
    assert (await hubspot.call("GET", "/crm/owners/2026-03?email=nobody@fjordvik.example")).body == {"results": []}


async def test_the_account_says_where_its_pages_are(hubspot: Any) -> None:
    answer = await hubspot.call("GET", "/account-info/2026-03/details")
    assert (answer.body["portalId"], answer.body["timeZone"]) == (1234567, "Europe/Oslo")
    assert answer.body["uiDomain"].endswith("/simulators/hubspot")


class TestUiDomain:
    @pytest.fixture
    def world(self, world: dict[str, Any]) -> dict[str, Any]:
        world["hubspot"]["ui_domain"] = "app-eu1.hubspot.com"
        return world

    async def test_record_addresses_use_it(self, hubspot: Any) -> None:
        answer = await hubspot.call("GET", OBJECTS + "/contacts/101")
        assert answer.body["url"] == "https://app-eu1.hubspot.com/contacts/1234567/record/0-1/101"
        assert (await hubspot.call("GET", "/account-info/2026-03/details")).body["uiDomain"] == "app-eu1.hubspot.com"
