"""HubSpot's records as ours and the other way round. Pure: no I/O, no clock.

Shapes: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm and
https://developers.hubspot.com/docs/api-reference/latest/crm/activities/calls/guide.md. Every property value is a
string or null.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Final
from uuid import UUID

from calls.matching import owns, search_forms
from calls.model import Direction, EvidenceField, JournalEntry, Match, MatchKind, Outcome, RecordRef
from calls.numbers import Number, NumberKind
from crm_connectors.forms import find_national_digits
from crm_connectors.values import as_mapping, read_text, read_time, read_url

CONTACT: Final = "0-1"  # object type ids, the same in every account
COMPANY: Final = "0-2"
CALL: Final = "0-48"
PLURALS: Final[Mapping[str, str]] = {CONTACT: "contacts", COMPANY: "companies", CALL: "calls"}
# "Call to contact" and "call to company" of the association types HubSpot defines. Only the second way of journaling
# needs them as numbers; the first lets HubSpot choose the default type.
CALL_ASSOCIATION: Final[Mapping[str, int]] = {CONTACT: 194, COMPANY: 182}

KEY_PROPERTY: Final = "smartcall_call_key"  # ours: unique, made once per account
CONTACT_KEY_PROPERTY: Final = "smartcall_contact_key"  # likewise
SPARE_KEY_PROPERTY: Final = "hs_call_external_id"  # HubSpot's: the call's id at the calling provider; not unique

MAX_GROUPS: Final = 5  # of one search body, which also may not exceed 18 filters and 3,000 characters
MAX_HITS: Final = 20  # asked for; more than a few owners of one number is a switchboard or a mistake
_SHORTEST: Final = 5  # digits of a number worth a search: "02800"
_MAX_BODY: Final = (
    13_000  # characters of a call's text: at most five times as many once escaped, and HubSpot takes 65,536
)

CONTACT_READS: Final = (
    "firstname",
    "lastname",
    "email",
    "jobtitle",
    "company",
    "phone",
    "mobilephone",
    "notes_last_updated",
    "lastmodifieddate",
)
_COMPANY_READS: Final = ("name", "domain", "phone", "notes_last_updated", "hs_lastmodifieddate")

# Default outcomes ("dispositions") of every account; an administrator may have replaced them.
_CONNECTED: Final = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
_NO_ANSWER: Final = "73a0d17f-1163-4015-bdd5-ec830791da20"
_BUSY: Final = "9d9162e7-6cf3-4944-bf63-4dff82258764"

# outcome: status when inbound, status when outbound, disposition. Absent: HubSpot is told nothing.
_OUTCOMES: Final[Mapping[Outcome, tuple[str, str, str | None]]] = {
    Outcome.COMPLETED: ("COMPLETED", "COMPLETED", _CONNECTED),
    Outcome.TRANSFERRED: ("COMPLETED", "COMPLETED", _CONNECTED),
    Outcome.FORWARDED: ("COMPLETED", "COMPLETED", None),
    Outcome.ANSWERED_ELSEWHERE: ("COMPLETED", "COMPLETED", None),
    Outcome.MISSED: ("MISSED", "NO_ANSWER", _NO_ANSWER),
    Outcome.REJECTED: ("MISSED", "NO_ANSWER", _NO_ANSWER),
    Outcome.CALLER_CANCELLED: ("MISSED", "CANCELED", _NO_ANSWER),
    Outcome.UNREACHABLE: ("MISSED", "NO_ANSWER", _NO_ANSWER),
    Outcome.BUSY: ("BUSY", "BUSY", _BUSY),
    Outcome.FAILED: ("FAILED", "FAILED", None),
}


def can_search(number: Number) -> bool:
    """Extensions and the shortest service numbers ("112") mean nothing in a CRM, and too many numbers end in them."""
    return number.kind is not NumberKind.INTERNAL and len(number.digits) >= _SHORTEST


def build_contact_search(number: Number, extra: Iterable[str]) -> dict[str, object]:
    """The five groups that find a contact however ``phone`` and ``mobilephone`` are written.

    HubSpot's rule for numbers is to search its calculated properties with area code and local number only. The two
    with a wildcard catch a country code that the calculation left in ("0047 ..."), and the last of several numbers;
    the last group catches a field that HubSpot calculated nothing of.
    """
    digits = find_national_digits(number)
    return _build_search(
        (
            ("hs_searchable_calculated_phone_number", "EQ", digits),
            ("hs_searchable_calculated_mobile_number", "EQ", digits),
            ("hs_searchable_calculated_phone_number", "CONTAINS_TOKEN", f"*{digits}"),
            ("hs_searchable_calculated_mobile_number", "CONTAINS_TOKEN", f"*{digits}"),
            ("phone", "EQ", number.e164 or digits),
        ),
        (*CONTACT_READS, *extra),
    )


def build_extra_search(number: Number, extra: tuple[str, ...]) -> dict[str, object]:
    """Contacts by phone properties that HubSpot calculates no digits for: every usual way to write the number."""
    groups = [
        {"filters": [{"propertyName": name, "operator": "IN", "values": list(search_forms(number))}]}
        for name in extra[:MAX_GROUPS]
    ]
    return {"filterGroups": groups, "properties": [*CONTACT_READS, *extra], "limit": MAX_HITS}


def build_company_search(number: Number) -> dict[str, object]:
    digits = find_national_digits(number)
    return _build_search(
        (
            ("hs_searchable_calculated_phone_number", "EQ", digits),
            ("hs_searchable_calculated_phone_number", "CONTAINS_TOKEN", f"*{digits}"),
            ("phone", "EQ", number.e164 or digits),
        ),
        _COMPANY_READS,
    )


def _build_search(groups: Iterable[tuple[str, str, str]], properties: Iterable[str]) -> dict[str, object]:
    return {
        "filterGroups": [
            {"filters": [{"propertyName": name, "operator": operator, "value": value}]}
            for name, operator, value in groups
        ],
        "properties": list(dict.fromkeys(properties)),
        "limit": MAX_HITS,
    }


def read_contact(
    record: Mapping[str, object], number: Number, extra: Iterable[str], *, connection_id: UUID, source: str
) -> Match | None:
    """The contact as a match, or None when none of its numbers is the caller's."""
    values = as_mapping(record.get("properties"))
    texts = {name: read_text(values.get(name)) for name in (*CONTACT_READS, *extra)}
    evidence = owns(
        number,
        {
            EvidenceField.MOBILE: texts["mobilephone"],
            EvidenceField.PHONE: texts["phone"],
            EvidenceField.OTHER: " / ".join(filter(None, (texts[name] for name in extra))) or None,
        },
    )
    return None if evidence is None else _read_contact(record, texts, evidence, connection_id, source)


def read_person(record: Mapping[str, object], *, connection_id: UUID, source: str) -> Match | None:
    """A contact as one of several to choose from: no number of theirs is the caller's yet."""
    values = as_mapping(record.get("properties"))
    texts = {name: read_text(values.get(name)) for name in CONTACT_READS}
    return _read_contact(record, texts, EvidenceField.OTHER, connection_id, source)


def _read_contact(
    record: Mapping[str, object],
    texts: Mapping[str, str | None],
    evidence: EvidenceField,
    connection_id: UUID,
    source: str,
) -> Match | None:
    record_id = read_text(record.get("id"))
    if record_id is None:
        return None
    full_name = " ".join(filter(None, (texts["firstname"], texts["lastname"])))
    return Match(
        connection_id=connection_id,
        source=source,
        ref=RecordRef(type=CONTACT, id=record_id),
        kind=MatchKind.PERSON,
        name=full_name or texts["company"] or texts["email"] or f"#{record_id}",
        evidence=evidence,
        title=texts["jobtitle"],
        company=texts["company"],
        url=read_url(record.get("url")),
        updated_at=read_time(texts["notes_last_updated"]) or read_time(record.get("updatedAt")),
    )


def read_company(record: Mapping[str, object], number: Number, *, connection_id: UUID, source: str) -> Match | None:
    """The company as a match, or None when its number is not the caller's."""
    values = as_mapping(record.get("properties"))
    evidence = owns(number, {EvidenceField.SWITCHBOARD: read_text(values.get("phone"))})
    record_id = read_text(record.get("id"))
    if evidence is None or record_id is None:
        return None
    return Match(
        connection_id=connection_id,
        source=source,
        ref=RecordRef(type=COMPANY, id=record_id),
        kind=MatchKind.COMPANY,
        name=read_text(values.get("name")) or read_text(values.get("domain")) or f"#{record_id}",
        evidence=evidence,
        url=read_url(record.get("url")),
        updated_at=read_time(values.get("notes_last_updated")) or read_time(record.get("updatedAt")),
    )


def find_company_id(contact: Mapping[str, object]) -> str | None:
    """The contact's primary company, else any company it is associated with."""
    primary = read_text(as_mapping(contact.get("properties")).get("associatedcompanyid"))
    if primary is not None:
        return primary
    companies = as_mapping(as_mapping(contact.get("associations")).get("companies")).get("results")
    rows = [as_mapping(row) for row in companies] if isinstance(companies, list) else []
    rows.sort(key=lambda row: row.get("type") != "contact_to_company")  # the primary one's type has no suffix
    return next((company for row in rows if (company := read_text(row.get("id")))), None)


def read_owner_name(owner: object) -> str | None:
    values = as_mapping(owner)
    full_name = " ".join(filter(None, (read_text(values.get("firstName")), read_text(values.get("lastName")))))
    return full_name or read_text(values.get("email"))


def write_body(entry: JournalEntry) -> str:
    """What the employee said of the call, then its facts. HubSpot takes HTML here."""
    said = [part for part in (entry.result, entry.note) if part]
    text = "\n".join([*said, *([""] if said else []), entry.body])
    return html.escape(text[:_MAX_BODY], quote=False).replace("\n", "<br>")


def write_call(entry: JournalEntry, *, owner_id: str | None, dispositions: bool) -> dict[str, str]:
    """The properties of a call object. What is unknown is left out, so that it stays as it is on a repeat."""
    inbound = entry.direction is Direction.INBOUND
    status = _OUTCOMES.get(entry.outcome)
    started = entry.started_at.astimezone(UTC)
    values: dict[str, str | None] = {
        "hs_timestamp": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "hs_call_title": entry.title,
        "hs_call_body": write_body(entry),
        "hs_call_direction": {Direction.INBOUND: "INBOUND", Direction.OUTBOUND: "OUTBOUND"}.get(entry.direction),
        "hs_call_from_number": entry.caller_number,
        "hs_call_to_number": entry.called_number,
        "hs_call_status": status[0 if inbound else 1] if status else None,
        "hs_call_disposition": status[2] if status and dispositions else None,
        "hs_call_duration": None if entry.talk_seconds is None else str(entry.talk_seconds * 1_000),
        "hubspot_owner_id": owner_id,
    }
    return {name: value for name, value in values.items() if value is not None}
