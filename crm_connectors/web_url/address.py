"""An address with places for a number. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from calls.numbers import Number, NumberKind, format_number
from crm_connectors.values import is_safe_url

_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_EXAMPLE: Final = "22334455"  # stands in each place while the rest of an address is checked


def _national(number: Number) -> str | None:
    """As dialled within Norway; None for numbers of other countries and those that are no subscriber's."""
    if number.kind is NumberKind.SHORT:
        return number.digits
    return number.digits[2:] if number.kind is NumberKind.E164 and number.digits.startswith("47") else None


def _eight(number: Number) -> str | None:
    national = _national(number)
    return national if national is not None and len(national) == 8 else None


def _grouped(number: Number) -> str | None:
    return None if number.kind is NumberKind.INTERNAL else format_number(number)


PLACES: Final[Mapping[str, Callable[[Number], str | None]]] = MappingProxyType(
    {
        "n8": _eight,  # 22334455; only Norwegian numbers of eight digits
        "national": _national,  # 22334455, 02800; only Norwegian numbers
        "e164": lambda number: number.e164,  # +4722334455, the plus written as %2B
        "digits": lambda number: number.digits if number.e164 else None,  # 4722334455
        "grouped": _grouped,  # 22 33 44 55, spaces written as %20
    }
)
"""What may stand in braces, and how it is filled; None where the number has no such form."""


def check_address(template: str) -> None:
    """Raise ValueError that says what an address wants."""
    names = _PLACE.findall(template)
    if unknown := sorted(set(names) - set(PLACES)):
        raise ValueError(f"{{{unknown[0]}}} is no place for a number; known: {_list_places()}")
    filled = _PLACE.sub(_EXAMPLE, template)
    if not names or "{" in filled or "}" in filled:
        raise ValueError(f"wants a place for the number: {_list_places()}")
    host = _PLACE.split(template)[0]
    if not is_safe_url(filled) or host.count("/") < 3:
        raise ValueError("wants an https address (http only on 127.0.0.1 or localhost) with the number after the host")


def fill_address(template: str, number: Number) -> str | None:
    """The page about this number; None when a place has no form of it."""
    found = {name: PLACES[name](number) for name in _PLACE.findall(template)}
    if any(text is None for text in found.values()):
        return None
    return _PLACE.sub(lambda place: quote(found[place[1]] or "", safe=""), template)


def _list_places() -> str:
    return ", ".join(f"{{{name}}}" for name in PLACES)
