"""1881's subscribers as matches. Pure.

Shape: the vendor's own client (https://github.com/opp1881/cli-1881, ``src/interfaces.ts``) and other public readers of
the interface; any part may be missing or null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

from calls.matching import owns
from calls.model import EvidenceField, Found, Match, MatchKind, RecordRef, SourceRole
from calls.numbers import Number, NumberKind
from crm_connectors.values import as_mapping, iterate_mappings, read_text, read_url

MAX_MATCHES: Final = 3  # a household or a switchboard; more is no help on a card
_NORWEGIAN: Final = "47"
_EVIDENCE: Final[Mapping[str, EvidenceField]] = {"MobilePhone": EvidenceField.MOBILE, "Phone": EvidenceField.PHONE}


def choose_digits(number: Number, *, short_numbers: bool) -> str | None:
    """What to ask 1881 about, or None: eight digits of country code 47, five-digit numbers only if switched on."""
    if number.kind is NumberKind.E164 and number.digits.startswith(_NORWEGIAN) and len(number.digits) == 10:
        return number.digits.removeprefix(_NORWEGIAN)
    if short_numbers and number.kind is NumberKind.SHORT and len(number.digits) == 5:
        return number.digits
    return None


def read_found(answer: object, number: Number, *, connection_id: UUID, source: str) -> Found:
    """Up to three subscribers, those whose main number it is first. Nothing (null, empty) is an answer too."""
    ranked: list[tuple[bool, Match]] = []
    for contact in iterate_mappings(as_mapping(answer).get("contacts")):
        owned = _find_point(contact, number)
        match = None if owned is None else _read_match(contact, owned.evidence, connection_id, source)
        if owned is not None and match is not None:
            ranked.append((owned.main, match))
    ranked.sort(key=lambda pair: not pair[0])
    return Found(matches=tuple(match for _, match in ranked[:MAX_MATCHES]), complete=len(ranked) <= MAX_MATCHES)


class _Point(NamedTuple):
    evidence: EvidenceField
    main: bool


def _find_point(contact: Mapping[str, object], number: Number) -> _Point | None:
    """The contact point that is the number. Without any telephone listed, 1881's word is taken: it was asked by it."""
    listed = False
    found: list[_Point] = []
    for point in iterate_mappings(contact.get("contactPoints")):
        field = _EVIDENCE.get(read_text(point.get("type")) or "")
        value = read_text(point.get("value"))
        if field is None or value is None:
            continue
        listed = True
        if owns(number, {field: value}) is not None:
            found.append(_Point(field, point.get("main") is True))
    if not listed:
        return _Point(EvidenceField.OTHER, main=False)
    return max(found, key=lambda point: point.main, default=None)


def _read_match(
    contact: Mapping[str, object], evidence: EvidenceField, connection_id: UUID, source: str
) -> Match | None:
    full_name = " ".join(filter(None, (read_text(contact.get("firstName")), read_text(contact.get("lastName")))))
    name = full_name or read_text(contact.get("name"))
    record_id = read_text(contact.get("id"))
    if name is None or record_id is None:
        return None
    kind = MatchKind.COMPANY if contact.get("type") == "Company" else MatchKind.PERSON
    address = as_mapping(as_mapping(contact.get("geography")).get("address"))
    return Match(
        connection_id=connection_id,
        source=source,
        ref=RecordRef(type=kind.value, id=record_id),
        kind=kind,
        name=name,
        evidence=evidence,
        role=SourceRole.DIRECTORY,
        place=read_text(address.get("postArea")),
        url=read_url(contact.get("infoUrl")),
    )
