"""The properties that HubSpot calculates from a typed phone number.

The search guide says: to search by number use the calculated properties that start with ``hs_searchable_calculated_``,
and give area code and local number only, without country code
(https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm). How the country code is recognised is
not published. Here it is cut off only where it was typed with a plus; anything else stays as typed, digit by digit.
That is the reading that is hardest on a client: "0047 22 33 44 55" and "4722334455" keep their 47.
"""

from __future__ import annotations

import phonenumbers


def searchable_digits(typed: str | None) -> str | None:
    """``hs_searchable_calculated_phone_number`` and ``..._mobile_number``."""
    if not typed:
        return None
    number = _parse(typed)
    if number is not None:
        return phonenumbers.national_significant_number(number)
    return _digits(typed)


def international_digits(typed: str | None) -> str | None:
    """``hs_searchable_calculated_international_phone_number``: country code and number."""
    number = _parse(typed or "")
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}" if number else None


def e164(typed: str | None) -> str | None:
    """``hs_calculated_phone_number`` and ``hs_calculated_mobile_number``."""
    digits = international_digits(typed)
    return f"+{digits}" if digits else None


def country_of(typed: str | None) -> str | None:
    """``hs_calculated_phone_number_country_code``: ISO, such as NO."""
    number = _parse(typed or "")
    return phonenumbers.region_code_for_country_code(number.country_code or 0) if number else None


def _parse(typed: str) -> phonenumbers.PhoneNumber | None:
    if not typed.strip().startswith("+"):
        return None
    try:
        number = phonenumbers.parse(typed, None)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _digits(typed: str) -> str | None:
    return "".join(character for character in typed if character.isascii() and character.isdigit()) or None
