"""Which addresses may receive our bot token.

Whoever could make us store another service URL would be sent the token with the next card, so an address is checked
when an activity brings it and again before every send. Hosts: learn.microsoft.com, "Bot Framework REST API reference"
(public cloud) and "Send and receive messages", status codes, InvalidBotApiHost (GCC).
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

PUBLIC_HOST = "smba.trafficmanager.net"
DEFAULT_SERVICE_URL = f"https://{PUBLIC_HOST}/teams/"  # for a first contact, when no activity has named one
ALLOWED_HOSTS = frozenset({PUBLIC_HOST, "smba.infra.gcc.teams.microsoft.com", "smba.infra.gov.teams.microsoft.us"})


def is_loopback(host: str | None) -> bool:
    """Whether ``host`` (a name or an address, without port) is this machine."""
    if not host:
        return False
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


class ServiceUrls:
    """The allow-list. ``allow_loopback`` is for the demo, tests and the playground only."""

    def __init__(self, *, allow_loopback: bool = False) -> None:
        self.allow_loopback = allow_loopback
        self.base = lru_cache(maxsize=256)(self._base)

    def allows(self, service_url: object) -> bool:
        """Whether our token may go there."""
        try:
            self.base(service_url if isinstance(service_url, str) else "")  # only texts can be remembered
        except ValueError:
            return False
        return True

    def _base(self, service_url: object) -> str:
        """The address without its trailing slash; ValueError when it is not allowed."""
        if not isinstance(service_url, str):
            raise ValueError("service URL is missing")  # noqa: TRY004 - one error for every unusable address
        parts = urlsplit(service_url)
        odd = parts.query or parts.fragment or "@" in parts.netloc or "\\" in service_url
        if odd or any(map(str.isspace, service_url)):
            raise ValueError("service URL is not a plain address")
        if parts.scheme == "https" and parts.hostname in ALLOWED_HOSTS and parts.port in {None, 443}:
            return service_url.rstrip("/")
        if self.allow_loopback and parts.scheme in {"http", "https"} and is_loopback(parts.hostname):
            return service_url.rstrip("/")
        raise ValueError("service URL is not on the allow-list")
