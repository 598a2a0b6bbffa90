"""Who is calling, in the few words that card, toast and screen reader share."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cards.untrusted import NAME, ROLE, SHORT, plain
from bot.texts import Texts
from calls.model import Match, MatchKind, SourceRole
from calls.numbers import format_number
from calls.popups.popup import Identity, Popup, PopupState


@dataclass(frozen=True, kw_only=True, slots=True)
class Who:
    """All texts are ready for a text run."""

    name: str  # the large line; never empty
    spoken: str  # the same inside a sentence ("… ringer")
    details: tuple[str, ...] = ()  # title, company or place, or what we have to say instead
    company: str | None = None  # which of the details is the company
    aside: str | None = None  # what stands in brackets after the name in the toast
    number: str | None = None  # None when the large line is the number, or there is none
    evidence: str | None = None  # why we think so
    owner: str | None = None  # whose customer it is


def identify(popup: Popup, texts: Texts) -> Who:
    number = format_number(popup.number) if popup.number else None
    match popup.identity:
        case Identity.WITHHELD:
            return Who(name=texts.card.withheld, spoken=texts.card.withheld)
        case Identity.UNAVAILABLE:
            note = texts.card.unavailable_note
            return Who(name=texts.card.unavailable, spoken=texts.summary.unavailable, details=(note,))
        case Identity.COLLEAGUE:
            return _colleague(popup, number, texts)
        case Identity.MATCHED | Identity.DIRECTORY if popup.matches:
            return _matched(popup.matches[0], number, texts)
    if number is None:
        return Who(name=texts.card.unknown, spoken=texts.card.unknown)
    if popup.searching:
        return Who(name=number, spoken=number, details=(texts.card.unknown_searching,))
    if popup.state is PopupState.PLACED:  # whoever has dialled a number need not be told that it is one
        return Who(name=number, spoken=number)
    return Who(name=number, spoken=texts.card.unknown, details=(texts.card.unknown,))


def describe_match(match: Match) -> tuple[str, ...]:
    """What tells one match from another, after its name: title and company of a person, else the place."""
    if match.kind is MatchKind.COMPANY:
        found: tuple[str, ...] = (plain(match.place, SHORT),)
    else:
        found = (plain(match.title, ROLE), plain(match.company, ROLE))
        if match.role is SourceRole.DIRECTORY or not any(found):
            found = (*found, plain(match.place, SHORT))
    return tuple(detail for detail in found if detail)


def explain_match(match: Match, texts: Texts) -> str:
    """Why the number is theirs: "mobilnummer i HubSpot"."""
    return texts.evidence[match.evidence].format(source=plain(match.source, SHORT))


def name_of(match: Match, texts: Texts) -> str:
    return plain(match.name, NAME) or plain(match.company, NAME) or texts.card.unknown


def _matched(match: Match, number: str | None, texts: Texts) -> Who:
    name = name_of(match, texts)
    company = plain(match.company, ROLE)
    place = plain(match.place, SHORT) if match.role is SourceRole.DIRECTORY else ""
    aside = company or place
    owner = plain(match.owner, NAME)
    return Who(
        name=name,
        spoken=name,
        details=tuple(detail for detail in describe_match(match) if detail != name),
        company=company or None,
        aside=aside if aside != name else None,
        number=number,
        evidence=explain_match(match, texts),
        owner=texts.card.owner.format(name=owner) if owner else None,
    )


def _colleague(popup: Popup, number: str | None, texts: Texts) -> Who:
    name = plain(popup.colleague, NAME)
    if not name:
        return Who(
            name=number or texts.card.colleague_unnamed,
            spoken=number or texts.card.colleague_unnamed,
            details=(texts.card.colleague,) if number else (),
            aside=texts.summary.colleague if number else None,
        )
    return Who(name=name, spoken=name, details=(texts.card.colleague,), aside=texts.summary.colleague, number=number)
