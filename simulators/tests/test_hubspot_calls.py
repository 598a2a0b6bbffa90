"""HubSpot's twin: calls as a journal writes them, and every way of getting them wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

OBJECTS = "/crm/objects/2026-03"
CALLS = OBJECTS + "/calls"
CALL = {
    "hs_timestamp": "2026-11-03T13:00:00Z",
    "hs_call_title": "Innkommende samtale",
    "hs_call_direction": "INBOUND",
    "hs_call_status": "COMPLETED",
    "hs_call_duration": 133000,
    "hs_call_from_number": "+4722334455",
    "hubspot_owner_id": "501",
}
KEY = {"name": "smartcall_key", "label": "Key", "type": "string", "fieldType": "text", "groupName": "callinformation"}


def link(object_id: str, type_id: int = 194) -> dict[str, Any]:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}
    return {"to": {"id": object_id}, "types": [spec]}


def codes(answer: Any) -> list[str]:
    """The codes in HubSpot's message, where they are JSON after a colon."""
    assert answer.status == 400, answer.body
    assert answer.body["category"] == "VALIDATION_ERROR"
    start, _, details = answer.body["message"].partition(": ")
    assert start == "Property values were not valid"
    return [detail["error"] for detail in json.loads(details)]


async def define_key(hubspot: Any, **more: Any) -> None:
    answer = await hubspot.call("POST", "/crm/properties/2026-03/calls", KEY | {"hasUniqueValue": True} | more)
    assert answer.status == 201, answer.body


async def upsert(hubspot: Any, *keys: str, **properties: Any) -> Any:
    inputs = [{"id": key, "idProperty": "smartcall_key", "properties": CALL | properties} for key in keys]
    return await hubspot.call("POST", CALLS + "/batch/upsert", {"inputs": inputs})


async def test_a_call_is_created_with_its_contact(hubspot: Any) -> None:
    body = {"properties": CALL, "associations": [link("101"), link("201", 182)]}
    answer = await hubspot.call("POST", CALLS, body)
    assert answer.status == 201
    assert answer.body["properties"]["hs_call_duration"] == "133000"
    assert answer.body["properties"]["hs_timestamp"] == "2026-11-03T13:00:00.000Z"
    assert all(isinstance(value, str) for value in answer.body["properties"].values())
    path = f"{CALLS}/{answer.body['id']}"
    read = await hubspot.call("GET", path + "?associations=contacts&associations=companies")
    assert read.body["associations"]["contacts"]["results"] == [{"id": "101", "type": "call_to_contact"}]
    assert read.body["associations"]["companies"]["results"] == [{"id": "201", "type": "call_to_company"}]
    contact = await hubspot.call("GET", OBJECTS + "/contacts/101?properties=notes_last_contacted&associations=calls")
    assert contact.body["properties"]["notes_last_contacted"] == "2026-11-03T13:00:00.000Z"
    assert contact.body["associations"]["calls"]["results"][0]["id"] == answer.body["id"]


@pytest.mark.parametrize(
    ("properties", "error"),
    [
        ({"hs_call_direction": "IN"}, "INVALID_OPTION"),
        ({"hs_call_status": "completed"}, "INVALID_OPTION"),
        ({"hs_call_disposition": "connected"}, "INVALID_OPTION"),
        ({"hs_call_duration": "2 min"}, "INVALID_NUMBER"),
        ({"hs_call_duration": 1.5}, "INVALID_INTEGER"),
        ({"hs_call_duration": -1}, "INVALID_INTEGER"),
        ({"hs_timestamp": "3. november"}, "INVALID_DATE"),
        ({"hs_timestamp": "2026-11-03T13:00:00"}, "INVALID_DATE"),  # no zone
        ({"hubspot_owner_id": "9000001"}, "INVALID_OWNER_ID"),  # a user's id is no owner's
        ({"hs_call_recording_url": "http://example.com/a.mp3"}, "INVALID_URL"),
        ({"hs_call_recording_url": "https://example.com/a.ogg"}, "INVALID_URL"),
        ({"hs_object_id": "5"}, "READ_ONLY_VALUE"),
        ({"smartcall_key": "k"}, "PROPERTY_DOESNT_EXIST"),
    ],
)
async def test_a_call_with_a_wrong_value_is_refused(hubspot: Any, properties: dict[str, Any], error: str) -> None:
    assert codes(await hubspot.call("POST", CALLS, {"properties": CALL | properties})) == [error]
    assert (await hubspot.call("GET", "/_records")).body["calls"] == []


async def test_every_wrong_value_is_named(hubspot: Any) -> None:
    answer = await hubspot.call("POST", CALLS, {"properties": CALL | {"hs_call_direction": "IN", "nonsense": "1"}})
    assert sorted(codes(answer)) == ["INVALID_OPTION", "PROPERTY_DOESNT_EXIST"]
    assert {error["context"]["propertyName"][0] for error in answer.body["errors"]} == {"hs_call_direction", "nonsense"}


@pytest.mark.parametrize("moment", ["", None])
async def test_a_call_needs_a_time(hubspot: Any, moment: str | None) -> None:
    answer = await hubspot.call("POST", CALLS, {"properties": CALL | {"hs_timestamp": moment}})
    assert answer.status == 400
    assert answer.body["message"] == "Error creating CALL. Some required properties were not set."
    assert answer.body["context"] == {"properties": ["hs_timestamp"]}


@pytest.mark.parametrize("moment", ["1793710800000", 1793710800000, "2026-11-03T14:00:00+01:00"])
async def test_a_time_comes_in_milliseconds_or_iso(hubspot: Any, moment: Any) -> None:
    answer = await hubspot.call("POST", CALLS, {"properties": CALL | {"hs_timestamp": moment}})
    assert answer.body["properties"]["hs_timestamp"] == "2026-11-03T13:00:00.000Z"


@pytest.mark.parametrize(
    "association",
    [
        link("101", 193),  # the other way round
        link("101", 182),  # a contact's id with a company's type
        link("999"),
        {"to": {"id": "101"}},
        {"to": {"id": "101"}, "types": []},
        {"to": {}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}]},
        {"to": {"id": "101"}, "types": [{"associationCategory": "USER_DEFINED", "associationTypeId": 194}]},
    ],
)
async def test_wrong_associations_are_refused_and_nothing_is_created(hubspot: Any, association: Any) -> None:
    answer = await hubspot.call("POST", CALLS, {"properties": CALL, "associations": [association]})
    assert (answer.status, answer.body["category"]) == (400, "VALIDATION_ERROR")
    assert (await hubspot.call("GET", "/_records")).body["calls"] == []


async def test_a_call_is_associated_afterwards_listed_and_let_go(hubspot: Any) -> None:
    call = await hubspot.call("POST", CALLS, {"properties": CALL})
    one = f"{CALLS}/{call.body['id']}/associations"
    answer = await hubspot.call("PUT", one + "/default/contacts/101")
    assert answer.status == 200
    assert [result["associationSpec"]["associationTypeId"] for result in answer.body["results"]] == [194, 193]
    listed = await hubspot.call("GET", one + "/contacts")
    types = [{"category": "HUBSPOT_DEFINED", "typeId": 194, "label": None}]
    assert listed.body == {"results": [{"toObjectId": "101", "associationTypes": types}]}
    labelled = await hubspot.call("PUT", one + "/companies/201", link("201", 182)["types"])
    assert (labelled.status, labelled.body["toObjectTypeId"]) == (201, "0-2")
    assert (await hubspot.call("PUT", one + "/companies/201", link("201", 194)["types"])).status == 400
    assert (await hubspot.call("PUT", one + "/default/contacts/999")).status == 404
    many = {"inputs": [{"id": call.body["id"]}, {"id": "999"}]}
    read = await hubspot.call("POST", "/crm/associations/2026-03/calls/contacts/batch/read", many)
    assert (read.status, read.body["numErrors"]) == (207, 1)
    assert read.body["results"][0]["to"][0]["toObjectId"] == "101"
    labels = await hubspot.call("GET", "/crm/associations/2026-03/calls/contacts/labels")
    assert labels.body == {"results": types}
    assert (await hubspot.call("DELETE", one + "/contacts/101")).status == 204
    assert (await hubspot.call("GET", one + "/contacts")).body == {"results": []}


async def test_an_upsert_needs_a_property_with_unique_values(hubspot: Any) -> None:
    unknown = await upsert(hubspot, "key-1")
    assert unknown.status == 400
    assert "non-unique 0-48 property smartcall_key in portal ID 1234567" in unknown.body["message"]
    plain = KEY | {"name": "smartcall_plain"}
    assert (await hubspot.call("POST", "/crm/properties/2026-03/calls", plain)).body["hasUniqueValue"] is False
    inputs = [{"id": "1", "idProperty": "smartcall_plain", "properties": CALL}]
    assert (await hubspot.call("POST", CALLS + "/batch/upsert", {"inputs": inputs})).status == 400
    no_property = await hubspot.call("POST", CALLS + "/batch/upsert", {"inputs": [{"id": "1", "properties": CALL}]})
    assert (no_property.status, "idProperty" in no_property.body["message"]) == (400, True)


async def test_an_upsert_creates_once_and_then_changes_at_once_whatever_search_knows(hubspot: Any) -> None:
    await define_key(hubspot)
    first = await upsert(hubspot, "key-1")
    assert first.status == 200
    (created,) = first.body["results"]
    assert (created["new"], created["properties"]["smartcall_key"]) == (True, "key-1")
    (changed,) = (await upsert(hubspot, "key-1", hs_call_title="Endret")).body["results"]
    assert (changed["new"], changed["id"]) == (False, created["id"])
    assert changed["properties"]["hs_call_title"] == "Endret"
    read = await hubspot.call("GET", CALLS + "/key-1?idProperty=smartcall_key&properties=hs_call_title")
    assert (read.body["id"], read.body["properties"]["hs_call_title"]) == (created["id"], "Endret")
    (call,) = (await hubspot.call("GET", "/_records")).body["calls"]
    assert call["associations"] == {}


async def test_an_upsert_is_all_or_nothing(hubspot: Any) -> None:
    await define_key(hubspot)
    await upsert(hubspot, "key-1")
    inputs: list[dict[str, Any]] = [
        {"id": "key-1", "idProperty": "smartcall_key", "properties": {"hs_call_title": "Endret"}},
        {"id": "key-2", "idProperty": "smartcall_key", "properties": {"hs_call_title": "Uten tid"}},
    ]
    answer = await hubspot.call("POST", CALLS + "/batch/upsert", {"inputs": inputs})
    assert answer.body["context"] == {"properties": ["hs_timestamp"]}
    (call,) = (await hubspot.call("GET", "/_records")).body["calls"]
    assert call["properties"]["hs_call_title"] == CALL["hs_call_title"]
    assert (await upsert(hubspot, "key-3", "KEY-3")).status == 400  # one value twice
    inputs = [{"id": "key-4", "idProperty": "smartcall_key", "properties": CALL, "associations": [link("101")]}]
    assert (await hubspot.call("POST", CALLS + "/batch/upsert", {"inputs": inputs})).status == 200
    assert (await hubspot.call("GET", "/_records")).body["calls"][1]["associations"] == {}  # no part of an upsert


async def test_a_unique_value_is_unique(hubspot: Any) -> None:
    await define_key(hubspot)
    first = await hubspot.call("POST", CALLS, {"properties": CALL | {"smartcall_key": "key-1"}})
    second = await hubspot.call("POST", CALLS, {"properties": CALL | {"smartcall_key": "key-1"}})
    assert second.status == 400
    assert f"{first.body['id']} already has that value." in second.body["message"]
    assert (await hubspot.call("DELETE", f"{CALLS}/{first.body['id']}")).status == 204
    assert (await hubspot.call("GET", f"{CALLS}/{first.body['id']}")).status == 404
    assert (await hubspot.call("POST", CALLS, {"properties": CALL | {"smartcall_key": "key-1"}})).status == 201
