"""What a CRM wants to be asked for that keeps numbers without their country code."""

from __future__ import annotations

import phonenumbers

from calls.numbers import Number, NumberKind

_NORWAY = "47"


def find_national_digits(number: Number) -> str:
    """The digits as dialled at home: "22334455", "701234567", "02800".

    libphonenumber knows where a country code ends. Norway's is cut off by hand, because the library's metadata lacks
    part of the plan and a leading zero ("02800") must stay.
    """
    if number.kind is not NumberKind.E164:
        return number.digits.removeprefix("+")
    if number.digits.startswith(_NORWAY):
        return number.digits.removeprefix(_NORWAY)
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(f"+{number.digits}"))
    except phonenumbers.NumberParseException:
        return number.digits
