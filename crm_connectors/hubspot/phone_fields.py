"""Where a number belongs in a contact."""

from __future__ import annotations

from typing import Final

from calls.numbers import Number

_NORWEGIAN: Final = "+47"
_MOBILE: Final = ("+474", "+479")  # how Norwegian mobile numbers begin (the national numbering plan, series 4 and 9)


def phone_fields(number: Number) -> tuple[str, ...]:
    """The properties that may hold it, the one that suits it best first. Abroad nobody can tell a mobile number by its
    first digits; a Norwegian landline has no business where text messages are sent to."""
    e164 = number.e164 or ""
    if e164.startswith(_MOBILE):
        return ("mobilephone", "phone")
    return ("phone",) if e164.startswith(_NORWEGIAN) else ("phone", "mobilephone")
