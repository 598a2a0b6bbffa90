"""Phone numbers, with the Norwegian exceptions that libphonenumber's metadata does not know.

Norwegian numbers are placed by the published plan and by length alone, never by ``is_valid_number``: the metadata calls
whole series in use invalid (04xxx, 42, 43, 44, 49, 59, several fixed ones). The plan:
https://nkom.no/telefoni-og-telefonnummer/telefonnummer-og-den-norske-nummerplan/alle-nummerserier-for-norske-telefonnumre
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import phonenumbers

from calls.number_text import LONGEST_NUMBER, Digits, clean, find_digits


class NumberKind(StrEnum):
    E164 = "e164"  # plus, country code, 5 to 15 digits
    SHORT = "short"  # 5-digit company numbers (02800), 116xxx and other national short codes: not E.164
    INTERNAL = "internal"  # fewer than 7 digits and none of the above: means something only inside the tenant
    OTHER = "other"  # digits that no rule places (machine to machine from 58, broken input); compared as text


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """One phone number. Two numbers are the same subscriber when their ``key`` is equal."""

    kind: NumberKind
    digits: str  # E.164 without plus for E164 ("4722334455"), else as dialled ("02800"; OTHER may begin with a plus)
    extension: str | None = None  # kept for display, never compared

    @property
    def e164(self) -> str | None:
        return f"+{self.digits}" if self.kind is NumberKind.E164 else None

    @property
    def key(self) -> str:
        """What is compared and hashed; never logged."""
        return self.e164 or f"{self.kind.value}:{self.digits}"


NORWAY = frozenset({"NO", "SJ"})  # one country code; 79 is Svalbard, a region of its own in the metadata

_SUBSCRIBER = re.compile(r"[1-9][0-9]{7}")
_COMPANY = re.compile(r"0[1-9][0-9]{3}")
_SPECIAL = re.compile(r"10[0-9]|11[0-57-9]|1[2-7][0-9]|19[0-9]|18[0-9]{2}|116[0-9]{3}")
_MACHINE = re.compile(r"58[0-9]{10}")
_GLUED = re.compile(r"(?:(?:0047|47)?[2-9][0-9]{7}){2,}")
_GLUED_FIRST = re.compile(r"((?:0047|47)?[2-9][0-9]{7})((?:(?:0047|47)?[2-9][0-9]{7})*)")
_WITH_CODE = re.compile(r"(?:00)?47[2-9][0-9]{7}(?:(?:(?:0047|47)?[2-9][0-9]{7})+)$")
_WIDE_DASH = re.compile(r" +-+ +")
_HIDDEN = frozenset(
    {"anonymous", "anonym", "restricted", "private", "blocked", "withheld", "hidden", "secret"}
    | {"hemmelig", "skjult", "sperret"}
)
_MISSING = frozenset({"unavailable", "unknown", "utilgjengelig", "ukjent", "none", "null", "n/a", "-"})
_SIP_NOISE = re.compile(r"^.*<|>.*$|^sips?:|^tel:|;.*$", re.IGNORECASE)
_NUMBER_WORD = re.compile(r"\s+(?:number|nummer|caller|id)\b")


@lru_cache(maxsize=4096)  # the events, records and cards of a call name the same few again and again
def parse_number(text: str, region: str = "NO") -> Number | None:
    """One number in any usual form (tel:, sip:, 00, spaces, brackets), or None when there is none in it.

    Of several numbers the first. A foreign number without plus or 00 is known only if the metadata calls it valid.
    """
    found = split_numbers(text, region)
    return found[0] if found else None


def is_hidden(text: str | None) -> bool:
    """True for the words and all-zero numbers operators send instead of a withheld number."""
    word = _word(text)
    return (
        word in _HIDDEN or word.partition("@")[0] == "anonymous" or (word.strip("+ ") != "" and not word.strip("+0 "))
    )


def is_unavailable(text: str | None) -> bool:
    """True when the number is missing rather than withheld (empty, "unavailable", "unknown")."""
    word = _word(text)
    return word == "" or word in _MISSING or word.partition("@")[0] == "unavailable"


def _word(text: str | None) -> str:
    word = clean(text or "").strip().strip("\"'").lower()
    for _ in range(3):
        word = _SIP_NOISE.sub("", word).strip()
    return _NUMBER_WORD.sub("", word)


def split_numbers(text: str, region: str = "NO") -> tuple[Number, ...]:
    """Every number in a CRM's free-text phone field ("912 34 567 / 22 33 44 55", "Mob: 912 34 567 Kari"), each once.

    Beside a full number a short run of digits is no number of its own: after a comma it is an extension
    ("22334455,12"), elsewhere it is a floor or an hour.
    """
    numbers: list[Number] = []
    for run in find_digits(text):
        for number in _place_run(run, region):
            if _is_brief(number) and (numbers or not run.alone):
                if numbers and run.after_comma and numbers[-1].extension is None:
                    numbers[-1] = replace(numbers[-1], extension=number.digits)
                continue
            numbers.append(number)
    full = [number for number in numbers if not _is_brief(number)]
    return tuple({number.key: number for number in reversed(full or numbers)}.values())[::-1]


def _is_brief(number: Number) -> bool:
    """Digits that are as likely a floor, an hour or an extension: "etasje 110" rings no fire brigade."""
    return number.kind is NumberKind.INTERNAL or (number.kind is NumberKind.SHORT and len(number.digits) < 5)


def _place_run(run: Digits, region: str) -> tuple[Number, ...]:
    if not run.digits.strip("0") or len(run.digits) > LONGEST_NUMBER:
        return ()
    number = _place(run.digits, plus=run.plus, region=region)
    if number.kind is NumberKind.OTHER and (several := _part(run, region)):
        return several
    return (replace(number, extension=run.extension),)


def _part(run: Digits, region: str) -> tuple[Number, ...]:
    """Two numbers written as one: parted by a dash between spaces, or glued with nothing to tell them apart."""
    pieces = [re.sub(r"[^0-9]", "", piece) for piece in _WIDE_DASH.split(run.written)]
    if len(pieces) > 1:
        placed = [_place(each, plus=run.plus and at == 0, region=region) for at, each in enumerate(pieces)]
        if placed[0].kind is NumberKind.E164:
            return tuple(each for each in placed if each.kind is NumberKind.E164)
    foreign = run.plus and not _WITH_CODE.match(run.digits)
    if region not in NORWAY or foreign or not _GLUED.fullmatch(run.digits):
        return ()
    rest, numbers = run.digits, []
    while found := _GLUED_FIRST.fullmatch(rest):
        numbers.append(_place(found[1], plus=False, region=region))
        rest = found[2]
    return tuple(numbers)


def _place(digits: str, *, plus: bool, region: str) -> Number:
    """What a run of digits is; OTHER when no rule fits."""
    if digits.startswith("00") and (plus or len(digits) >= 7):
        return _place(digits[2:], plus=True, region=region)
    if plus:
        placed = _after_47(digits[2:]) if digits.startswith("47") else _foreign(digits)
        return placed or Number(kind=NumberKind.OTHER, digits=f"+{digits}")
    placed = _at_home(digits, region)
    if placed is None and len(digits) < 7:
        return Number(kind=NumberKind.INTERNAL, digits=digits)
    if placed is None and digits[0] != "0":
        placed = _foreign(digits, only_valid=True)
    return placed or Number(kind=NumberKind.OTHER, digits=digits)


def _at_home(digits: str, region: str) -> Number | None:
    """A number as dialled inside the region."""
    if region in NORWAY:
        placed = _norwegian(digits)
        return placed or (_after_47(digits[2:]) if digits.startswith("47") and len(digits) >= 7 else None)
    try:
        parsed = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_valid_short_number_for_region(parsed, region):
        return Number(kind=NumberKind.SHORT, digits=digits)
    return _e164(parsed) if len(digits) >= 7 and phonenumbers.is_possible_number(parsed) else None


def _after_47(national: str) -> Number | None:
    """Norway has no trunk prefix: a zero between country code and eight digits is a foreign habit."""
    return _norwegian(national[1:] if len(national) == 9 and national[0] == "0" else national)


def _norwegian(national: str) -> Number | None:
    """By the plan, and by length where the plan says nothing."""
    if _SUBSCRIBER.fullmatch(national):
        return Number(kind=NumberKind.E164, digits=f"47{national}")
    if _COMPANY.fullmatch(national) or _SPECIAL.fullmatch(national):
        return Number(kind=NumberKind.SHORT, digits=national)
    return Number(kind=NumberKind.OTHER, digits=national) if _MACHINE.fullmatch(national) else None


def _foreign(digits: str, *, only_valid: bool = False) -> Number | None:
    """After plus or 00. Without either the metadata has to know the number: digits alone prove little."""
    try:
        parsed = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None
    good = phonenumbers.is_valid_number(parsed) if only_valid else phonenumbers.is_possible_number(parsed)
    return _e164(parsed) if good else None


def _e164(parsed: phonenumbers.PhoneNumber) -> Number | None:
    """None when the form is not stable: a second reading would strip one more trunk prefix, and keys would differ."""
    text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    try:
        again = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    stable = phonenumbers.format_number(again, phonenumbers.PhoneNumberFormat.E164) == text
    return Number(kind=NumberKind.E164, digits=text[1:]) if stable and 6 <= len(text) <= 16 else None


def format_number(number: Number) -> str:
    """As Norwegians write it: 912 34 567, 22 33 44 55, 800 12 345, 02800; foreign in international form.

    What it returns is read back by :func:`parse_number` as the same number. An extension follows after "#".
    """
    text = _grouped(number)
    return f"{text} #{number.extension}" if number.extension else text


def _grouped(number: Number) -> str:
    digits = number.digits
    if number.kind is NumberKind.SHORT and len(digits) == 6:
        return f"{digits[:3]} {digits[3:]}"
    if number.kind is not NumberKind.E164:
        return digits
    if digits.startswith("47"):
        n = digits[2:]
        return f"{n[:3]} {n[3:5]} {n[5:]}" if n[0] in "489" else f"{n[:2]} {n[2:4]} {n[4:6]} {n[6:]}"
    parsed = phonenumbers.parse(f"+{digits}", None)
    text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return text if re.sub(r"[ ().\-]", "", text) == f"+{digits}" else f"+{digits}"


def mask(number: Number | str | None) -> str:
    """For logs: country code and the last two digits at most ("+47 •••• ••55"); nothing else of a text."""
    if isinstance(number, str):
        number = parse_number(number)
    if number is None:
        return "-"
    if number.kind is not NumberKind.E164:
        digits = number.digits.lstrip("+")
        return f"••{digits[-2:]}" if len(digits) > 4 else "••••"
    return f"+{phonenumbers.parse(f'+{number.digits}', None).country_code} •••• ••{number.digits[-2:]}"
