"""Which numbers are never called for anybody, whoever asks: emergency numbers and those that cost the caller extra.

An emergency call belongs on the telephone itself: it carries a place and is let through where nothing else is, while a
call that an exchange sets up between two phones may come from anywhere. Series of the Norwegian plan:
https://nkom.no/telefoni-og-telefonnummer/telefonnummer-og-den-norske-nummerplan/alle-nummerserier-for-norske-telefonnumre
"""

from __future__ import annotations

import phonenumbers

from calls.numbers import Number, NumberKind
from calls.orders import CallRefusal

# Norway's own (1412 is the text telephone), and what every mobile phone takes for one, with and without a SIM
# (3GPP TS 22.101, section 10.1.1): exchanges that serve mobiles may connect them too.
EMERGENCY = frozenset({"110", "112", "113", "1412"} | {"000", "08", "118", "119", "911", "999"})
# Premium rate in the plan: 820 and 829. Libphonenumber knows other countries' series.
PREMIUM = ("47820", "47829")


def refusal_of(number: Number) -> CallRefusal | None:
    """Why this number is not called for anybody; None when it may be, if the operator can."""
    if number.kind is NumberKind.OTHER:
        return CallRefusal.INVALID_NUMBER
    if number.kind is not NumberKind.E164:
        return CallRefusal.EMERGENCY_NUMBER if number.digits in EMERGENCY else None
    parsed = phonenumbers.parse(f"+{number.digits}", None)
    if _national(parsed) in EMERGENCY:
        return CallRefusal.EMERGENCY_NUMBER
    premium = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE
    return CallRefusal.PREMIUM_NUMBER if premium or number.digits.startswith(PREMIUM) else None


def _national(parsed: phonenumbers.PhoneNumber) -> str:
    """+44 999: a country code in front does not make it another number."""
    return str(phonenumbers.national_significant_number(parsed))
