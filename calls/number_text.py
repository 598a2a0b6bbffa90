"""Where the numbers are in a text: people, CRMs and telephone exchanges write them in every way there is.

Text in, bare digits out. What the digits mean is for :mod:`calls.numbers` to say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

LONGEST_TEXT = 2_000  # characters; a phone field with more than this holds something else
LONGEST_NUMBER = 32  # digits; two glued numbers with country codes fit

_GAP = r"[ ().\-·]*"  # what may stand between the digits of one number
_PHONE_USER = re.compile(r"\+?[0-9 ().\-]+")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_ANGLE = re.compile(r"<\s*((?:sips?|tel):[^>]*)>", re.IGNORECASE)
_SIP = re.compile(r"\bsips?:([^@;>\s]+)(@[^\s;>,]*)?(?:;[^\s>,]*)?", re.IGNORECASE)
_ADDRESS = re.compile(r"([^\s,;<>|:]*)@[^\s,;<>|]*")
_CONTEXT = re.compile(r"tel:\s*([^;+]+)((?:;[^;]*)*?);phone-context=(\+[\d\-]+)", re.IGNORECASE)
_PARAMETER = re.compile(r";(?!ext=)[a-z-]+(?:=[^;,\s>]*)?(?=[;>\s]|$)", re.IGNORECASE)
_NUMBER = re.compile(
    rf"(?P<plus>\+[ (+]{{0,4}})?(?P<digits>[0-9](?:{_GAP}[0-9])*)"
    r"(?:[ )]*(?:;ext=|,? ?\b(?:extension|ext|internnr|intern|int|linje|lokal)\b\.?:?|x(?=[ 0-9])|#) *"
    r"(?P<extension>[0-9]{1,7})(?![0-9]))?",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\b(?:tel|telefon|telephone|tlf|phone|callto|mob|mobil|mobile|nr|nummer|int|intern|internal|internnr"
    r"|ext|extension|linje|lokal|kort|kortnummer)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Digits:
    """One run of digits that may be a number."""

    digits: str  # ASCII digits only
    written: str  # the same with the spaces and dashes it was written with
    plus: bool  # a plus stood before it
    extension: str | None
    after_comma: bool  # nothing but a comma and space parts it from the run before
    alone: bool  # no words beside it but those that say "telephone": a short run is then a number and no house number


def clean(text: str) -> str:
    """One script and one kind of space and dash: full-width and other digits become ASCII, invisible signs vanish."""
    return "".join(map(_plain, text[:LONGEST_TEXT]))


def _plain(sign: str) -> str:
    if sign.isascii():
        return sign if sign >= " " or sign == "\n" else "\n" if sign == "\r" else " "
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Cf":
        return ""
    if category in {"Zl", "Zp"} or sign == "\x85":
        return "\n"
    if category in {"Zs", "Cc"}:
        return " "
    if category == "Pd" or sign == "−":
        return "-"
    folded = unicodedata.normalize("NFKC", sign)
    return folded if len(folded) == 1 and not folded.isdigit() else sign


def find_digits(text: str) -> Iterator[Digits]:
    """Every run of digits, left to right. Letters, slashes, commas, semicolons, bars and new lines part two runs."""
    cleaned = _bare(clean(text))
    alone = not any(map(str.isalpha, _LABEL.sub("", _NUMBER.sub("", cleaned))))
    end = -1
    for found in _NUMBER.finditer(cleaned):
        digits = re.sub(r"[^0-9]", "", found["digits"])
        gap = cleaned[end : found.start()] if end >= 0 else ""
        end = found.end()
        yield Digits(
            digits=digits,
            written=found["digits"],
            plus=found["plus"] is not None,
            extension=found["extension"],
            after_comma=gap.strip(" ,pPwW") == "" and "," in gap,
            alone=alone,
        )


def _bare(text: str) -> str:
    """Addresses opened: ``sip:+47…@host`` and ``tel:…;ext=1`` become their number, mail addresses vanish."""
    if "<" in text and (inside := _ANGLE.findall(text)):
        text = "\n".join(inside)
    if ":" in text:
        text = _SIP.sub(_sip_user, text)
        text = _CONTEXT.sub(r"tel:\3\1\2", text)
    if "@" in text:
        text = _ADDRESS.sub(lambda found: _phone_user(found[1]), text)
    return _PARAMETER.sub("", text) if ";" in text else text


def _sip_user(found: re.Match[str]) -> str:
    if found[2] is None and _IPV4.fullmatch(found[1]):
        return ""
    return _phone_user(found[1])


def _phone_user(user: str) -> str:
    user = unquote(user).partition(":")[0]
    return user if _PHONE_USER.fullmatch(user) else ""
