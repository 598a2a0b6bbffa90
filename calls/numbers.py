"""Phone numbers, with the Norwegian exceptions that libphonenumber's metadata does not know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NumberKind(StrEnum):
    E164 = "e164"  # plus, country code, 5 to 15 digits
    SHORT = "short"  # 5-digit company numbers (02800), 116xxx and other national short codes: not E.164
    INTERNAL = "internal"  # fewer than 7 digits and none of the above: means something only inside the tenant
    OTHER = "other"  # digits that no rule places (machine to machine from 58, broken input); compared as text


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """One phone number. Two numbers are the same subscriber when their ``key`` is equal."""

    kind: NumberKind
    digits: str  # E.164 without plus for E164 ("4722334455"), else the digits as dialled ("02800")
    extension: str | None = None  # kept for display, never compared

    @property
    def e164(self) -> str | None:
        return f"+{self.digits}" if self.kind is NumberKind.E164 else None

    @property
    def key(self) -> str:
        """What is compared and hashed; never logged."""
        return self.e164 or f"{self.kind.value}:{self.digits}"


def parse_number(text: str, region: str = "NO") -> Number | None:
    """One number in any usual form (tel:, sip:, 00, spaces, brackets), or None when there is none in it."""
    raise NotImplementedError


def is_hidden(text: str | None) -> bool:
    """True for the words and all-zero numbers operators send instead of a withheld number."""
    raise NotImplementedError


def is_unavailable(text: str | None) -> bool:
    """True when the number is missing rather than withheld (empty, "unavailable", "unknown")."""
    raise NotImplementedError


def split_numbers(text: str, region: str = "NO") -> tuple[Number, ...]:
    """Every number in a CRM's free-text phone field ("912 34 567 / 22 33 44 55", "Mob: 912 34 567 Kari")."""
    raise NotImplementedError


def format_number(number: Number) -> str:
    """As Norwegians write it: 912 34 567, 22 33 44 55, 800 12 345, 02800; foreign in international form."""
    raise NotImplementedError


def mask(number: Number | str | None) -> str:
    """For logs: country code and the last two digits at most ("+47 •••• ••55")."""
    raise NotImplementedError
