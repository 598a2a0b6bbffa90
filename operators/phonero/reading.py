"""Values as Phonero writes them: numbers of eight digits, local times without zone, the year 1 for "not yet".

The queue log has such times and numbers (README.md); that the stream has them too is a guess.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calls.errors import Unreadable
from calls.model import Connection, Party, Presentation
from calls.numbers import is_hidden, is_unavailable, parse_number

LONGEST_REF = 200  # characters
LONGEST_TEXT = 200
_OSLO = ZoneInfo("Europe/Oslo")
_AHEAD = timedelta(minutes=1)  # how far the operator's clock may be before ours


def read_text(body: Mapping[str, Any], name: str) -> str | None:
    """A text or whole number without control characters, not longer than a name is."""
    text = _plain(body.get(name))
    cleaned = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(cleaned.split())[:LONGEST_TEXT].strip() or None


def read_ref(body: Mapping[str, Any], name: str) -> str | None:
    """An id, verbatim."""
    ref = _plain(body.get(name)).strip()
    if len(ref) > LONGEST_REF or not ref.isprintable():
        raise Unreadable(f"{name}: expected at most {LONGEST_REF} printable characters")
    return ref or None


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30 else ""


def read_party(value: object, region: str) -> Party | None:
    """A number, or a word that says that it is hidden; None for a missing one."""
    text = _plain(value)
    if is_hidden(text):
        return Party(presentation=Presentation.WITHHELD)
    number = None if is_unavailable(text) else parse_number(text[:LONGEST_TEXT], region)
    return Party(number=number) if number else None


def read_time(value: object, received_at: datetime) -> datetime | None:
    """A time as UTC; without zone it is Norwegian. None for no time, for the year 1, and for what is no time.

    In the hour that the clocks repeat in autumn a time has two meanings: the later one that is not in the future.
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        told = datetime.fromisoformat(value.strip())
        if told.year <= 1:
            return None
        if told.tzinfo is not None:
            return told.astimezone(UTC)
        first, second = (told.replace(tzinfo=_OSLO, fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError):
        return None
    return second if first < second <= received_at + _AHEAD else first


def digest(
    connection: Connection,
    kind: str,
    call_ref: str,
    phones: tuple[Party | None, ...],
    attempt: str | None,
    cause: str | None,
) -> str:
    """What identifies an event. The outside party's number stays out: a bare hash of so few digits hides nothing."""
    lines = [[each.alias, each.number.key if each.number else None] for each in phones if each]
    told = [str(connection.tenant_id), str(connection.connection_id), kind, call_ref, lines, attempt, cause]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
