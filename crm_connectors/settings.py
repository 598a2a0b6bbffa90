"""Reading a connection's settings and secrets, with errors that name the setting and what it wants.

``check_settings`` of a connector type calls these before anything is stored, so ``connect`` may rely on them.
"""

from __future__ import annotations

from collections.abc import Iterable

from calls.model import Connection
from crm_connectors.values import is_safe_url


def read_base_url(connection: Connection, default: str | None) -> str:
    """``base_url`` without a slash at its end; https, or http on loopback for a simulator."""
    value = connection.settings.get("base_url", default)
    if not isinstance(value, str) or not is_safe_url(value):
        raise ValueError("base_url: wants an https address (http only on 127.0.0.1 or localhost)")
    if "?" in value or "#" in value:
        raise ValueError("base_url: wants an address without ? and #")
    return value.rstrip("/")


def read_word(connection: Connection, name: str, *, default: str | None = None) -> str:
    """A text setting that may not be empty."""
    value = connection.settings.get(name, default)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name}: wants a text")
    return value.strip()


def read_flag(connection: Connection, name: str, *, default: bool) -> bool:
    """A setting that is true or false."""
    value = connection.settings.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name}: wants true or false")  # noqa: TRY004 - one error type for every wrong setting
    return value


def read_count(connection: Connection, name: str) -> int:
    """A whole number above zero."""
    value = connection.settings.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}: wants a whole number above 0")
    return value


def read_secrets(connection: Connection, name: str) -> tuple[str, ...]:
    """Every valid value of a secret, newest first; empty when it is not set. The values never reach an error."""
    values = tuple(connection.secrets.get(name, ()))
    if any(not value.strip() or not value.isascii() or not value.isprintable() for value in values):
        raise ValueError(f"{name}: wants a secret of printable ASCII without line breaks")
    return values


def require_secrets(connection: Connection, name: str) -> tuple[str, ...]:
    values = read_secrets(connection, name)
    if not values:
        raise ValueError(f"{name}: wants a secret")
    return values


def refuse_unknown(connection: Connection, *, settings: Iterable[str], secrets: Iterable[str]) -> None:
    """A misspelt name must not pass as a default."""
    for kind, given, known in (
        ("setting", connection.settings, frozenset(settings)),
        ("secret", connection.secrets, frozenset(secrets)),
    ):
        unknown = sorted(set(given) - known)
        if unknown:
            raise ValueError(f"{unknown[0]}: is no {kind} of this connector, which knows {', '.join(sorted(known))}")
