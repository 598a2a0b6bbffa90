"""Addresses of operators in settings: encrypted, or on this machine for a simulator.

Where a name leads is judged anew by the service's connector each time a connection is opened (bot/outgoing.py).
"""

from __future__ import annotations

from yarl import URL

from calls.model import Connection

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def read_address(connection: Connection, name: str, default: str, *, scheme: str = "https") -> str:
    """The setting without a slash at its end. ``scheme`` is ``https`` or ``wss``; its plain form passes on loopback."""
    plain = scheme.removesuffix("s")
    value = connection.settings.get(name, default)
    if not isinstance(value, str) or not _is_safe(value, scheme, plain):
        raise ValueError(f"{name}: wants an address that begins with {scheme}:// ({plain}:// only on 127.0.0.1)")
    if "?" in value or "#" in value:
        raise ValueError(f"{name}: wants an address without ? and #")
    return value.rstrip("/")


def _is_safe(text: str, scheme: str, plain: str) -> bool:
    if not text.isascii() or any(sign <= " " or sign in '"<>\\' for sign in text):
        return False
    try:
        url = URL(text)
        host, open_to_all = url.host, url.user is None and url.password is None
    except ValueError:
        return False
    return bool(host) and open_to_all and (url.scheme == scheme or (url.scheme == plain and host in _LOOPBACK))
