from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from calls.model import Direction, EvidenceField, JournalEntry, MatchKind, Outcome, RecordRef
from calls.numbers import Number, parse_number
from crm_connectors.hubspot.mapping import (
    build_company_search,
    build_contact_search,
    build_extra_search,
    can_search,
    find_company_id,
    read_company,
    read_contact,
    read_owner_name,
    write_call,
)

CONNECTION = UUID(int=7)


def number(dialled: str) -> Number:
    parsed = parse_number(dialled)
    assert parsed is not None
    return parsed


def record(record_id: object = "101", **properties: object) -> dict[str, object]:
    return {
        "id": record_id,
        "properties": properties,
        "updatedAt": "2026-02-01T09:30:00Z",
        "url": "https://app-eu1.hubspot.com/contacts/1234567/record/0-1/101",
    }


def test_a_contact_becomes_a_match() -> None:
    found = read_contact(
        record(firstname="Nora", lastname="Lie", jobtitle="Innkjøpssjef", company="Havnelageret AS")
        | {"extra": [1, {}]},
        number("22334455"),
        (),
        connection_id=CONNECTION,
        source="HubSpot",
    )
    assert found is None, "no number of the contact is the caller's"
    found = read_contact(
        record(
            firstname="Nora",
            lastname="Lie",
            jobtitle="Innkjøpssjef",
            company="Havnelageret AS",
            phone="22 33 44 55",
            mobilephone="+47 912 34 567",
            notes_last_updated="2026-06-30T08:00:00Z",
        ),
        number("91234567"),
        (),
        connection_id=CONNECTION,
        source="HubSpot",
    )
    assert found is not None
    assert (found.connection_id, found.source, found.ref) == (CONNECTION, "HubSpot", RecordRef(type="0-1", id="101"))
    assert (found.kind, found.evidence) == (MatchKind.PERSON, EvidenceField.MOBILE)
    assert (found.name, found.title, found.company) == ("Nora Lie", "Innkjøpssjef", "Havnelageret AS")
    assert found.url == "https://app-eu1.hubspot.com/contacts/1234567/record/0-1/101"
    assert found.updated_at == datetime(2026, 6, 30, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"firstname": "Nora", "lastname": None}, "Nora"),
        ({"firstname": " ", "lastname": "Lie"}, "Lie"),
        ({"company": "Havnelageret AS", "email": "post@x.example"}, "Havnelageret AS"),
        ({"email": "post@x.example"}, "post@x.example"),
        ({"firstname": {"no": "text"}}, "#101"),
    ],
)
def test_a_contact_without_a_full_name_is_still_shown(properties: dict[str, object], name: str) -> None:
    found = read_contact(
        record(phone="22334455", **properties), number("22334455"), (), connection_id=CONNECTION, source="HubSpot"
    )
    assert found is not None
    assert found.name == name


def test_extra_phone_properties_count() -> None:
    contact = record(firstname="Nora", hs_whatsapp_phone_number="+47 912 34 567", second_phone="22 33 44 55")
    extra = ("hs_whatsapp_phone_number", "second_phone")
    for dialled in ("91234567", "22334455"):
        found = read_contact(contact, number(dialled), extra, connection_id=CONNECTION, source="HubSpot")
        assert found is not None
        assert found.evidence is EvidenceField.OTHER


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"id": "1", "properties": None},
        {"id": "1", "properties": []},
        {"id": None, "properties": {"phone": "22334455"}},
        {"id": ["1"], "properties": {"phone": "22334455"}},
        {"id": "1", "properties": {"phone": ["22334455"]}},
    ],
)
def test_an_unexpected_shape_is_no_match(broken: Mapping[str, object]) -> None:
    assert read_contact(broken, number("22334455"), (), connection_id=CONNECTION, source="HubSpot") is None
    assert read_company(broken, number("22334455"), connection_id=CONNECTION, source="HubSpot") is None


def test_an_address_that_is_not_safe_is_left_out() -> None:
    contact = record(firstname="Nora", phone="22334455") | {"url": "javascript:alert(1)"}
    found = read_contact(contact, number("22334455"), (), connection_id=CONNECTION, source="HubSpot")
    assert found is not None
    assert found.url is None


def test_a_company_is_known_by_its_switchboard() -> None:
    found = read_company(
        record("201", name="Havnelageret AS", phone="+47 22 33 44 00"),
        number("22334400"),
        connection_id=CONNECTION,
        source="HubSpot",
    )
    assert found is not None
    assert (found.kind, found.evidence, found.name) == (
        MatchKind.COMPANY,
        EvidenceField.SWITCHBOARD,
        "Havnelageret AS",
    )
    assert found.ref == RecordRef(type="0-2", id="201")


@pytest.mark.parametrize("dialled", ["22334455", "+46701234567", "02800", "581234567890", "+442079460000"])
def test_searches_stay_within_what_hubspot_takes(dialled: str) -> None:
    extra = tuple(f"a_phone_property_with_a_rather_long_internal_name_{n}" for n in range(5))
    for body in (
        build_contact_search(number(dialled), extra),
        build_extra_search(number(dialled), extra),
        build_company_search(number(dialled)),
    ):
        groups = body["filterGroups"]
        assert isinstance(groups, list)
        assert 1 <= len(groups) <= 5
        assert all(len(group["filters"]) <= 6 for group in groups)
        assert len(json.dumps(body)) <= 3_000
        assert set(extra) <= set(body["properties"]) or body == build_company_search(number(dialled))  # type: ignore[call-overload]


def test_the_calculated_properties_are_asked_without_country_code() -> None:
    text = json.dumps(build_contact_search(number("+46701234567"), ()))
    assert '"hs_searchable_calculated_mobile_number", "operator": "EQ", "value": "701234567"' in text
    assert '"phone", "operator": "EQ", "value": "+46701234567"' in text


@pytest.mark.parametrize(("dialled", "can"), [("22334455", True), ("02800", True), ("112", False), ("2010", False)])
def test_what_is_worth_a_search(dialled: str, can: bool) -> None:
    assert can_search(number(dialled)) is can


@pytest.mark.parametrize(
    ("contact", "company"),
    [
        ({"properties": {"associatedcompanyid": "7"}}, "7"),
        ({"properties": {"associatedcompanyid": None}, "associations": {"companies": {"results": []}}}, None),
        (
            {
                "associations": {
                    "companies": {
                        "results": [
                            {"id": "8", "type": "contact_to_company_unlabeled"},
                            {"id": "9", "type": "contact_to_company"},
                        ]
                    }
                }
            },
            "9",
        ),
        ({"associations": {"companies": {"results": [{"id": "8", "type": "employer"}]}}}, "8"),
        ({"associations": {"companies": {"results": ["8"]}}}, None),
        ({"associations": None}, None),
    ],
)
def test_the_company_of_a_contact(contact: Mapping[str, object], company: str | None) -> None:
    assert find_company_id(contact) == company


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ({"firstName": "Kari", "lastName": "Hansen", "email": "k@x.example"}, "Kari Hansen"),
        ({"firstName": "", "email": "k@x.example"}, "k@x.example"),
        ({}, None),
        ([], None),
    ],
)
def test_the_name_of_an_owner(owner: object, name: str | None) -> None:
    assert read_owner_name(owner) == name


def test_a_call_object(entry: JournalEntry) -> None:
    assert write_call(entry, owner_id="501", dispositions=True) == {
        "hs_timestamp": "2026-07-01T12:30:15.250Z",
        "hs_call_title": "Anrop fra Nora Lie",
        "hs_call_body": "Besvart av Kari Hansen<br>&lt;script&gt;alert('x')&lt;/script&gt; &amp; mer",
        "hs_call_direction": "INBOUND",
        "hs_call_from_number": "+4722334455",
        "hs_call_to_number": "+4790000001",
        "hs_call_status": "COMPLETED",
        "hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
        "hs_call_duration": "61000",
        "hubspot_owner_id": "501",
    }


def test_what_is_unknown_is_left_out(entry: JournalEntry) -> None:
    unknown = replace(entry, outcome=Outcome.UNKNOWN, talk_seconds=None, direction=Direction.INTERNAL)
    values = write_call(unknown, owner_id=None, dispositions=True)
    assert set(values) == {
        "hs_timestamp",
        "hs_call_title",
        "hs_call_body",
        "hs_call_from_number",
        "hs_call_to_number",
    }


def test_a_time_elsewhere_is_the_same_time(entry: JournalEntry) -> None:
    there = replace(entry, started_at=entry.started_at.astimezone(timezone(timedelta(hours=2))))
    assert write_call(there, owner_id=None, dispositions=True) == write_call(entry, owner_id=None, dispositions=True)


@pytest.mark.parametrize(
    ("outcome", "inbound", "outbound"),
    [
        (Outcome.COMPLETED, "COMPLETED", "COMPLETED"),
        (Outcome.TRANSFERRED, "COMPLETED", "COMPLETED"),
        (Outcome.FORWARDED, "COMPLETED", "COMPLETED"),
        (Outcome.ANSWERED_ELSEWHERE, "COMPLETED", "COMPLETED"),
        (Outcome.MISSED, "MISSED", "NO_ANSWER"),
        (Outcome.REJECTED, "MISSED", "NO_ANSWER"),
        (Outcome.CALLER_CANCELLED, "MISSED", "CANCELED"),
        (Outcome.UNREACHABLE, "MISSED", "NO_ANSWER"),
        (Outcome.BUSY, "BUSY", "BUSY"),
        (Outcome.FAILED, "FAILED", "FAILED"),
        (Outcome.UNKNOWN, None, None),
    ],
)
def test_every_outcome_has_a_status(
    entry: JournalEntry, outcome: Outcome, inbound: str | None, outbound: str | None
) -> None:
    for direction, status in ((Direction.INBOUND, inbound), (Direction.OUTBOUND, outbound)):
        values = write_call(replace(entry, outcome=outcome, direction=direction), owner_id=None, dispositions=False)
        assert values.get("hs_call_status") == status
        assert "hs_call_disposition" not in values


def test_a_long_text_is_cut_without_breaking_an_entity(entry: JournalEntry) -> None:
    for text, escaped in (("&", "&amp;"), ("\n", "<br>"), ("x&", "x&amp;")):
        values = write_call(replace(entry, body=text * 60_000), owner_id=None, dispositions=True)
        body = values["hs_call_body"]
        assert len(body) <= 65_536
        assert body.replace(escaped, "") == ""
