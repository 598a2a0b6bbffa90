"""Which addresses of others may become a button."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

LONGEST = 2000  # characters; browsers and Teams take this much, and the card stays small


def safe_url(url: str | None) -> str | None:
    """The address when a person may be sent there: https, or http on this machine only; else None.

    Refused too: credentials in the address (they disguise the host), spaces and control characters, and anything
    overlong.
    """
    if not url or len(url) > LONGEST or not url.isascii() or any(char <= " " or char in '"<>\\^`{|}' for char in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises ValueError when it is not a number
    except ValueError:
        return None
    if not host or parts.username is not None or parts.password is not None:
        return None
    return url if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)) else None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
