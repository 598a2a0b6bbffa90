"""Numbers as the exchange compares and sends them: digits with country code, without plus (sipgate's form)."""

from __future__ import annotations

HIDDEN = "anonymous"
_NATIONAL = 8
"""Digits of a Norwegian subscriber number; shorter ones (02800) are dialled as they are and get no country code."""


def to_digits(number: str, country_code: str) -> str:
    """``22 33 44 55``, ``+47 22334455`` and ``004722334455`` all give ``4722334455``. Raises ValueError."""
    digits = "".join(character for character in number if character.isdigit() and character.isascii())
    if not digits or set(number) - set("0123456789+ ()-."):
        raise ValueError("not a telephone number")
    if number.lstrip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return country_code + digits if len(digits) == _NATIONAL else digits
