"""Reading untrusted JSON: each value is checked where it is read, and an unexpected shape counts as absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from yarl import URL

MAX_TEXT: Final = 500  # characters of one value; a card shows far fewer
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def as_mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def iterate_mappings(value: object) -> Iterator[Mapping[str, object]]:
    """The objects of a list, passing over anything else."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def read_text(value: object, *, limit: int = MAX_TEXT) -> str | None:
    """One line of text, or None. Control characters and lone surrogates (which no database can store) are dropped."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    line = " ".join(str(value).split()) if isinstance(value, str) else str(value)
    return "".join(c for c in line if c.isprintable() or c == "\u200d")[:limit].strip() or None


def read_time(value: object) -> datetime | None:
    """An aware UTC time from ISO 8601 text, or None."""
    text = read_text(value)
    try:
        time = datetime.fromisoformat(text) if text else None
        return None if time is None else (time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def read_url(value: object) -> str | None:
    """An address a person may be sent to: https, or http on loopback."""
    text = read_text(value, limit=2_000)
    return text if text is not None and is_safe_url(text) else None


def is_safe_url(text: str) -> bool:
    """True for an absolute https address without credentials in it; http only on loopback."""
    try:
        url = URL(text)
        return bool(
            url.host
            and url.user is None
            and url.password is None
            and (url.scheme == "https" or (url.scheme == "http" and url.host in _LOOPBACK))
        )
    except ValueError:
        return False
