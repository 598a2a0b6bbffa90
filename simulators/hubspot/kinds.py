"""The object types of the account and how they may be associated.

Type ids and association type ids are those of https://developers.hubspot.com/docs/guides/api/crm/understanding-the-crm
and .../docs/api-reference/latest/crm/associations/associate-records/guide (table of HubSpot-defined types).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.hubspot.errors import invalid


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One object type."""

    name: str  # as in paths: "contacts"
    singular: str
    type_id: str
    shown: tuple[str, ...]  # properties in an answer that named none
    always: tuple[str, ...]  # properties in every answer
    created: str  # the property with the time of creation
    modified: str
    text: tuple[str, ...]  # properties that ``query`` looks in
    required: tuple[str, ...] = ()


def _kind(name: str, singular: str, type_id: str, shown: str, text: str, *, required: tuple[str, ...] = ()) -> Kind:
    created = "hs_createdate" if name == "calls" else "createdate"
    modified = "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"
    always = (created, modified, "hs_object_id")
    return Kind(
        name=name,
        singular=singular,
        type_id=type_id,
        shown=(*shown.split(), *always),
        always=always,
        created=created,
        modified=modified,
        text=tuple(text.split()),
        required=required,
    )


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind(
            "contacts",
            "contact",
            "0-1",
            "email firstname lastname",
            "firstname lastname email phone mobilephone company",
        ),
        _kind("companies", "company", "0-2", "domain name", "website phone name domain"),
        _kind("deals", "deal", "0-3", "amount closedate dealname dealstage pipeline", "dealname pipeline dealstage"),
        _kind("tickets", "ticket", "0-5", "content hs_pipeline hs_pipeline_stage subject", "subject content"),
        _kind("calls", "call", "0-48", "", "hs_call_title hs_call_body", required=("hs_timestamp",)),
    )
}
_BY_ANY_NAME = {name: kind for kind in KINDS.values() for name in (kind.name, kind.singular, kind.type_id)}

DEFAULT_ASSOCIATIONS: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("contacts", "deals"): 4,
    ("deals", "contacts"): 3,
    ("contacts", "tickets"): 15,
    ("tickets", "contacts"): 16,
    ("companies", "deals"): 342,
    ("deals", "companies"): 341,
    ("companies", "tickets"): 340,
    ("tickets", "companies"): 339,
    ("calls", "contacts"): 194,
    ("contacts", "calls"): 193,
    ("calls", "companies"): 182,
    ("companies", "calls"): 181,
    ("calls", "deals"): 206,
    ("deals", "calls"): 205,
    ("calls", "tickets"): 220,
    ("tickets", "calls"): 219,
}
_PRIMARY = {("contacts", "companies"): 1, ("companies", "contacts"): 2}
_LABELS = {1: "Primary", 2: "Primary"}


def find_kind(name: str) -> Kind:
    """By plural, singular or type id, as HubSpot takes them. Raises 400 for any other."""
    kind = _BY_ANY_NAME.get(name)
    if kind is None:
        raise invalid(f"Unable to infer object type from: {name}")
    return kind


def association_types(source: str, target: str) -> dict[int, str | None]:
    """Every association type between two object types, with its label."""
    types = (DEFAULT_ASSOCIATIONS.get((source, target)), _PRIMARY.get((source, target)))
    return {type_id: _LABELS.get(type_id) for type_id in types if type_id is not None}


def target_of(source: str, type_id: int) -> Kind | None:
    """The object type that an association type of ``source`` points to; an inline association names no other."""
    for origin, target in DEFAULT_ASSOCIATIONS:
        if origin == source and type_id in association_types(source, target):
            return KINDS[target]
    return None


def opposite_type(source: str, target: str, type_id: int) -> int:
    """The type id of the same association seen from the other side."""
    if type_id == _PRIMARY.get((source, target)):
        return _PRIMARY[target, source]
    return DEFAULT_ASSOCIATIONS[target, source]
