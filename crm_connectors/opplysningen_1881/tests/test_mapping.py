"""Recorded shapes, made up after the vendor's type file; what the simulator answers is tested beside."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.model import EvidenceField, Found, MatchKind, RecordRef
from calls.numbers import Number, parse_number
from crm_connectors.opplysningen_1881.mapping import choose_digits, read_found

COMPANY: Mapping[str, object] = {
    "type": "Company",
    "id": "100000001S0",
    "name": "Eksempel Rør AS",
    "organizationNumber": "999888777",
    "geography": {
        "municipality": "Oslo",
        "coordinate": None,
        "address": {"street": "Prøvegata", "postCode": "0001", "postArea": "Oslo", "entrance": None},
    },
    "contactPoints": [{"label": "Telefon", "main": True, "type": "Phone", "value": "22000000"}],
    "infoUrl": "https://www.1881.no/eksempel",
}


def number(dialled: str) -> Number:
    parsed = parse_number(dialled)
    assert parsed is not None
    return parsed


def read(*contacts: object, dialled: str = "22000000") -> Found:
    answer = {"count": len(contacts), "contacts": list(contacts)}
    return read_found(answer, number(dialled), connection_id=UUID(int=2), source="1881")


def person(record_id: str, *points: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "Person",
        "id": record_id,
        "firstName": "Kari",
        "lastName": record_id,
        "contactPoints": list(points),
    }


def point(value: str, *, kind: str = "MobilePhone", main: bool = False) -> dict[str, object]:
    return {"label": "Mobiltelefon", "main": main, "type": kind, "value": value}


def test_a_company() -> None:
    (match,) = read(COMPANY).matches
    assert (match.name, match.kind, match.evidence) == ("Eksempel Rør AS", MatchKind.COMPANY, EvidenceField.PHONE)
    assert match.ref == RecordRef(type="company", id="100000001S0")
    assert (match.place, match.url) == ("Oslo", "https://www.1881.no/eksempel")


def test_at_most_three_and_the_main_number_first() -> None:
    household = [person(f"P{n}", point("90011223", main=n == 3)) for n in range(5)]
    found = read(*household, dialled="90011223")
    assert [match.ref.id for match in found.matches] == ["P3", "P0", "P1"]
    assert not found.complete


def test_somebody_whose_listed_numbers_are_others_is_not_the_caller() -> None:
    found = read(
        person("A", point("90011224"), point("22000000", kind="Email")),
        person("B"),
        person("C", point("22000001", kind="Phone"), point("22000000", kind="Phone")),
    )
    assert [(match.ref.id, match.evidence) for match in found.matches] == [
        ("B", EvidenceField.OTHER),
        ("C", EvidenceField.PHONE),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "Person", "id": "1"},
        {"firstName": "Kari"},
        {"id": {}, "name": "X"},
        {"id": "1", "name": ["X"]},
        None,
        "Kari",
        7,
    ],
)
def test_a_contact_without_name_or_id_is_passed_over(broken: object) -> None:
    assert read(broken).matches == ()


@pytest.mark.parametrize("geography", [None, [], {}, {"address": None}, {"address": {"postArea": None}}])
def test_the_place_may_be_missing(geography: object) -> None:
    (match,) = read({**COMPANY, "geography": geography}).matches
    assert match.place is None


@pytest.mark.parametrize("url", [None, "", "http://www.1881.no/x", "javascript:alert(1)", 7])
def test_a_page_that_is_not_https_is_left_out(url: object) -> None:
    (match,) = read({**COMPANY, "infoUrl": url}).matches
    assert match.url is None


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["contacts", "contactPoints", "geography", "address", "id", "name"]), inner
            )
        ),
        max_leaves=20,
    )
)
def test_any_answer_is_read_without_an_error(answer: object) -> None:
    found = read_found(answer, number("22000000"), connection_id=UUID(int=2), source="1881")
    assert len(found.matches) <= 3


@pytest.mark.parametrize(
    ("dialled", "plain", "short"),
    [
        ("22000000", "22000000", "22000000"),
        ("+4742123456", "42123456", "42123456"),
        ("02800", None, "02800"),
        ("116117", None, None),
        ("112", None, None),
        ("+4522000000", None, None),
        ("+4670123456", None, None),
        ("581234567890", None, None),
    ],
)
def test_what_is_asked_about(dialled: str, plain: str | None, short: str | None) -> None:
    assert choose_digits(number(dialled), short_numbers=False) == plain
    assert choose_digits(number(dialled), short_numbers=True) == short
