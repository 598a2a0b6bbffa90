from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.matching import MOST_SHOWN, owns, rank, search_forms
from calls.model import EvidenceField, Match, MatchKind, RecordRef, SourceRole
from calls.numbers import Number, NumberKind, parse_number, split_numbers

DAY = datetime(2026, 3, 1, tzinfo=UTC)
HUBSPOT = UUID(int=1)
DIRECTORY = UUID(int=2)
MOBILE, PHONE, WORK = EvidenceField.MOBILE, EvidenceField.PHONE, EvidenceField.WORK


def number(text: str) -> Number:
    found = parse_number(text)
    assert found is not None
    return found


def match(record: str, **changed: object) -> Match:
    given_values: dict[str, object] = {
        "connection_id": HUBSPOT,
        "source": "HubSpot",
        "ref": RecordRef(type="0-1", id=record),
        "kind": MatchKind.PERSON,
        "name": f"Navn {record}",
        "evidence": PHONE,
        **changed,
    }
    return Match(**given_values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("caller", "fields", "evidence"),
    [
        ("91234567", {MOBILE: "+47 912 34 567", PHONE: "91 23 45 67"}, MOBILE),
        ("91234567", {PHONE: "91 23 45 67", MOBILE: "922 22 222"}, PHONE),
        ("22334455", {WORK: "Sentralbord: 22 33 44 55 / 912 34 567"}, WORK),
        ("22334455", {EvidenceField.SWITCHBOARD: "22334455,12"}, EvidenceField.SWITCHBOARD),
        ("22334455", {EvidenceField.OTHER: "22334455", EvidenceField.HOME: "(+47) 22 33 44 55"}, EvidenceField.HOME),
        ("02800", {PHONE: "+4702800"}, PHONE),
        ("02800", {PHONE: "2800"}, None),
        ("580012345678", {EvidenceField.OTHER: "+47 5800 1234 5678"}, EvidenceField.OTHER),
        ("912345678", {PHONE: "912 345 678"}, PHONE),
        ("91234567", {MOBILE: "912 34 568"}, None),
        ("91234567", {MOBILE: None, PHONE: "", WORK: "se mobil"}, None),
        ("91234567", {}, None),
        ("+4691234567", {MOBILE: "91234567"}, None),
        ("91234567", {MOBILE: "+4691234567"}, None),
        ("+46701234567", {MOBILE: "070-123 45 67"}, None),
        ("+46701234567", {MOBILE: "0046 70-123 45 67"}, MOBILE),
        ("201", {PHONE: "201"}, PHONE),
        ("201", {PHONE: "22 33 42 01"}, None),
    ],
)
def test_owns(caller: str, fields: dict[EvidenceField, str | None], evidence: EvidenceField | None) -> None:
    assert owns(number(caller), fields) is evidence


NATIONAL = st.from_regex(r"[2-9][0-9]{7}", fullmatch=True)


@given(NATIONAL, st.sampled_from(sorted(EvidenceField)))
def test_every_form_we_search_for_is_a_form_we_recognise(national: str, field: EvidenceField) -> None:
    caller = number(national)
    for form in search_forms(caller):
        assert owns(caller, {field: form}) is field
        assert owns(caller, {field: f"Tlf {form} (jobb)"}) is field


@given(st.one_of(NATIONAL, st.sampled_from(["+46701234567", "02800", "+442079460000", "201", "580012345678"])))
def test_search_forms_are_different_and_mean_the_same(text: str) -> None:
    caller = number(text)
    forms = search_forms(caller)
    assert len(set(forms)) == len(forms)
    for form in forms:
        assert caller.key in {each.key for each in split_numbers(form)}


def test_search_forms_in_order() -> None:
    assert search_forms(number("912 34 567")) == (
        "91234567",
        "+4791234567",
        "912 34 567",
        "91 23 45 67",
        "+47 912 34 567",
        "+47 91 23 45 67",
        "004791234567",
        "4791234567",
    )
    assert search_forms(number("02800")) == ("02800", "+4702800")
    assert search_forms(number("+46701234567")) == (
        "+46701234567",
        "+46 70 123 45 67",
        "0046701234567",
        "46701234567",
    )
    assert search_forms(Number(kind=NumberKind.INTERNAL, digits="201")) == ("201",)


@given(NATIONAL, st.sampled_from(["45", "46", "354", "1"]))
def test_a_foreign_number_is_owned_only_by_its_country_code(national: str, code: str) -> None:
    foreign = number(f"+{code}{national}")
    assert owns(foreign, {PHONE: national}) is None
    assert owns(number(national), {PHONE: f"+{code}{national}"}) is None


def test_rank_by_role_evidence_kind_and_date() -> None:
    directory = match("d", connection_id=DIRECTORY, role=SourceRole.DIRECTORY, evidence=MOBILE, updated_at=DAY)
    old, new = match("old", updated_at=DAY), match("new", updated_at=DAY + timedelta(days=1))
    never = match("never")
    company = match("company", kind=MatchKind.COMPANY, updated_at=DAY + timedelta(days=9))
    mobile = match("mobile", evidence=MOBILE)
    found = rank([directory, company, never, old, new, mobile], number("22334455"))
    assert [each.ref.id for each in found] == ["mobile", "new", "old", "never", "company"]
    assert [each.ref.id for each in rank([directory, company], number("22334455"))] == ["company", "d"]


def test_a_company_number_is_the_companys_first() -> None:
    person, company = match("person", updated_at=DAY), match("company", kind=MatchKind.COMPANY)
    assert [each.ref.id for each in rank([person, company], number("02800"))] == ["company", "person"]


def test_one_record_found_twice_is_shown_once_with_all_that_is_known() -> None:
    by_phone = match("1", evidence=PHONE, company="Havnelageret AS", updated_at=DAY)
    by_mobile = match("1", evidence=MOBILE, title="Innkjøpssjef")
    same_id_elsewhere = match("1", connection_id=DIRECTORY, role=SourceRole.DIRECTORY)
    first, second = rank([by_phone, same_id_elsewhere, by_mobile], number("91234567"))
    assert (first.evidence, first.title, first.company) == (MOBILE, "Innkjøpssjef", "Havnelageret AS")
    assert first.updated_at == DAY
    assert second == same_id_elsewhere


MATCHES = st.lists(
    st.builds(
        match,
        st.sampled_from("abcdefgh"),
        connection_id=st.sampled_from([HUBSPOT, DIRECTORY]),
        role=st.sampled_from(SourceRole),
        kind=st.sampled_from(MatchKind),
        evidence=st.sampled_from(EvidenceField),
        updated_at=st.one_of(st.none(), st.integers(0, 3).map(lambda days: DAY + timedelta(days=days))),
    ),
    max_size=12,
)


@given(MATCHES)
def test_rank_shows_at_most_five_records_each_once_and_is_settled(matches: list[Match]) -> None:
    found = rank(matches, number("91234567"))
    places = [(each.connection_id, each.ref) for each in found]
    assert len(places) == len(set(places)) == min(MOST_SHOWN, len({(m.connection_id, m.ref) for m in matches}))
    assert rank(found, number("91234567")) == found
    roles = [each.role for each in found]
    assert roles == sorted(roles, key=lambda role: role is not SourceRole.CRM)


@given(MATCHES)
def test_no_worse_evidence_is_shown_while_better_is_left_out(matches: list[Match]) -> None:
    found = rank(matches, number("91234567"))
    shown = {(each.connection_id, each.ref) for each in found}
    left_out = [each for each in matches if (each.connection_id, each.ref) not in shown]
    own_mobiles_left = [each for each in left_out if each.role is SourceRole.CRM and each.evidence is MOBILE]
    if own_mobiles_left:
        assert all(each.evidence is MOBILE for each in found)


@given(st.permutations([match(str(at)) for at in range(4)]))
def test_equals_keep_the_order_they_came_in(matches: list[Match]) -> None:
    assert rank(matches, number("91234567")) == tuple(matches)
