"""Who owns a number: evidence in a record's fields, forms to search for, and the order of several matches. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from calls.model import EvidenceField, Match, MatchKind, RecordRef, SourceRole
from calls.numbers import Number, NumberKind, format_number, split_numbers

MOST_SHOWN = 5  # matches on a card

_BEST_FIRST = (
    EvidenceField.MOBILE,
    EvidenceField.PHONE,
    EvidenceField.WORK,
    EvidenceField.HOME,
    EvidenceField.SWITCHBOARD,
    EvidenceField.OTHER,
)
_WEIGHT = {field: weight for weight, field in enumerate(_BEST_FIRST)}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def owns(number: Number, fields: Mapping[EvidenceField, str | None]) -> EvidenceField | None:
    """The best field of a record that holds ``number``, or None.

    Equal keys decide: a foreign number needs its country code in the field, and eight equal last digits behind two
    country codes are two subscribers. Fields hold free text, several numbers too.
    """
    for field in _BEST_FIRST:
        text = fields.get(field)
        if text and any(each.key == number.key for each in split_numbers(text)):
            return field
    return None


def search_forms(number: Number) -> tuple[str, ...]:
    """How the number may be written in a CRM that finds only what is written the same way; likeliest first."""
    if number.kind is NumberKind.SHORT:
        return (number.digits, f"+47{number.digits}")
    if number.kind is not NumberKind.E164:
        return (number.digits,)
    if not number.digits.startswith("47"):
        return tuple(dict.fromkeys((f"+{number.digits}", _written(number), f"00{number.digits}", number.digits)))
    n = number.digits[2:]
    by_three, by_two = f"{n[:3]} {n[3:5]} {n[5:]}", f"{n[:2]} {n[2:4]} {n[4:6]} {n[6:]}"
    return (n, f"+47{n}", by_three, by_two, f"+47 {by_three}", f"+47 {by_two}", f"0047{n}", f"47{n}")


def _written(number: Number) -> str:
    return format_number(replace(number, extension=None))


def rank(matches: Iterable[Match], number: Number) -> tuple[Match, ...]:
    """The matches to show, best first, each record once, at most five.

    What is known beats what is bought (CRM before directory), the caller's own mobile beats a shared number, a person
    beats a company, the one somebody worked with last beats the forgotten one. What is then still equal keeps the
    order in which it came. A company number (02800) is nobody's own: there the company comes before its people.
    """
    best: dict[tuple[UUID, RecordRef], Match] = {}
    for match in matches:
        place = (match.connection_id, match.ref)
        best[place] = _merged(best[place], match) if place in best else match
    shared = number.kind is NumberKind.SHORT

    def weight(match: Match) -> tuple[bool, bool, bool, float]:
        return (
            match.role is not SourceRole.CRM,
            match.evidence is not EvidenceField.MOBILE,
            (match.kind is MatchKind.PERSON) is shared,
            -(match.updated_at or _LONG_AGO).timestamp(),
        )

    return tuple(sorted(best.values(), key=weight)[:MOST_SHOWN])


def _merged(first: Match, second: Match) -> Match:
    """One record found twice (by two fields, by two searches): the better evidence, and every detail either knows."""
    base, other = sorted((first, second), key=lambda match: _WEIGHT[match.evidence])
    return replace(
        base,
        title=base.title or other.title,
        company=base.company or other.company,
        owner=base.owner or other.owner,
        place=base.place or other.place,
        url=base.url or other.url,
        open_items=base.open_items or other.open_items,
        last_contact=base.last_contact or other.last_contact,
        updated_at=max((each.updated_at for each in (base, other) if each.updated_at), default=None),
    )
