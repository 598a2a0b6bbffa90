"""A Phonero connection's settings, checked once and read in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import phonenumbers

from calls.model import Connection
from operators.addresses import read_address

REGION = "NO"  # of numbers without country code, unless the connection says otherwise
BASE_URL = "https://bedriftsnett-api.phonero.net"  # seen in programs of others (README.md)
PING_SECONDS = 60.0  # as those programs do

_KNOWN = frozenset({"customer_id", "region", "base_url", "events_url", "ping_seconds", "click_to_call"})
_SECRETS = ("username", "password")
_CUSTOMER = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneroSettings:
    """What a connection says, with defaults."""

    customer_id: str
    region: str
    base_url: str
    events_url: str
    ping_seconds: float  # between two pings; silence beyond one of them is the end of the connection
    click_to_call: bool  # the customer has ordered it
    username: str
    passwords: tuple[str, ...] = field(repr=False)  # newest first


def read_settings(connection: Connection) -> PhoneroSettings:
    """Raises ValueError, naming the setting or secret and what it wants; never its value."""
    given = connection.settings
    if unknown := sorted(set(given) - _KNOWN):
        raise ValueError(f"{unknown[0]}: no such setting; known: {', '.join(sorted(_KNOWN))}")
    if unknown := sorted(set(connection.secrets) - set(_SECRETS)):
        raise ValueError(f"{unknown[0]}: no such secret; known: {', '.join(_SECRETS)}")
    customer_id = str(given.get("customer_id", ""))
    if not _CUSTOMER.fullmatch(customer_id):
        raise ValueError("customer_id: wants the customer's id at Phonero, letters and digits")
    region = str(given.get("region", REGION))
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("region: wants a country code of two capital letters, such as NO")
    ping = given.get("ping_seconds", PING_SECONDS)
    if isinstance(ping, bool) or not isinstance(ping, int | float) or not 0.2 <= ping <= 300:
        raise ValueError("ping_seconds: wants a number of seconds, at most 300")
    click_to_call = given.get("click_to_call", False)
    if not isinstance(click_to_call, bool):
        raise ValueError("click_to_call: wants true or false")  # noqa: TRY004 - one error type for every wrong setting
    base_url = read_address(connection, "base_url", BASE_URL)
    return PhoneroSettings(
        customer_id=customer_id,
        region=region,
        base_url=base_url,
        events_url=read_address(connection, "events_url", f"ws{base_url.removeprefix('http')}/events", scheme="wss"),
        ping_seconds=float(ping),
        click_to_call=click_to_call,
        username=_secret(connection, "username")[0],
        passwords=_secret(connection, "password"),
    )


def _secret(connection: Connection, name: str) -> tuple[str, ...]:
    values = tuple(connection.secrets.get(name, ()))
    if not values or any(not value.strip() or not value.isprintable() for value in values):
        raise ValueError(f"{name}: wants a secret without line breaks")
    return values
