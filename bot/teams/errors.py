"""What the Bot Connector's answers mean, as a table.

Source: learn.microsoft.com, "Send and receive messages", section "Status codes from bot conversational APIs", and its
retry guidance. The subclasses exist where the difference changes what we remember about a chat.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown

_LONGEST_PAUSE = 3600.0  # seconds that a Retry-After may ask for


class NotInstalled(Refused):
    """The app is not installed for this person: mark the chat, wait for an install."""


class BlockedByUser(Refused):
    """The person blocked, muted or removed the bot: stop until they write or press something."""


class DisabledByAdmin(Refused):
    """The customer's administrator blocked the app: stop for the whole tenant until somebody interacts again."""


class WrongHost(Refused):
    """A government tenant was addressed at the public host: the stored service URL is wrong."""


class TooLarge(Refused):
    """The message is over the limit: send a smaller card."""


class ChatGone(Gone):
    """The conversation does not exist any more: drop its row, create it again once."""


class CardGone(Gone):
    """The message was deleted: forget its id and send nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the table."""

    status: int | None  # None: the code says enough, Teams uses it with more than one status
    code: str | None  # compared without case and spaces; None: any other code of this status
    error: type[OutsideError]
    repeatable: type[OutsideError] | None = None  # instead of ``error`` when repeating the request is harmless


TABLE: tuple[Row, ...] = (
    Row(status=None, code="BotDisabledByAdmin", error=DisabledByAdmin),
    Row(status=None, code="BotNotInConversationRoster", error=NotInstalled),
    Row(status=None, code="ForbiddenOperationException", error=NotInstalled),
    Row(status=None, code="ConversationBlockedByUser", error=BlockedByUser),
    Row(status=None, code="MessageWritesBlocked", error=BlockedByUser),
    Row(status=None, code="InvalidBotApiHost", error=WrongHost),
    Row(status=None, code="ActivityNotFoundInConversation", error=CardGone),
    Row(status=None, code="ConversationNotFound", error=ChatGone),
    Row(status=None, code="MessageSizeTooBig", error=TooLarge),
    Row(status=None, code="BotNotRegistered", error=NeedsSignIn),
    Row(status=400, code=None, error=Refused),  # "Bad Argument": a mistake of ours
    Row(status=401, code=None, error=NeedsSignIn),
    Row(status=403, code=None, error=Refused),
    Row(status=404, code=None, error=Gone),
    Row(status=408, code=None, error=Transient),  # the request never arrived whole
    Row(status=412, code=None, error=Transient),
    Row(status=413, code=None, error=TooLarge),
    Row(status=429, code=None, error=Throttled),
    Row(status=500, code=None, error=Unknown, repeatable=Transient),  # "no retry": it may have happened
    Row(status=502, code=None, error=Transient),
    Row(status=503, code=None, error=Transient),
    Row(status=504, code=None, error=Transient),
)
_BY_CODE = {row.code.casefold(): row for row in TABLE if row.code}
_BY_STATUS = {row.status: row for row in TABLE if row.code is None}
_NUMBERS = {209: "MessageWritesBlocked"}  # an older answer: {"errorCode": 209, "message": "{\"subCode\": …}"}


def translate(status: int, headers: Mapping[str, str], body: bytes, *, repeatable: bool, now: datetime) -> OutsideError:
    """The error for an answer that is not 2xx. ``repeatable``: doing the request twice is harmless (PUT, DELETE, and
    creating a chat). The message names status and Teams' own code, nothing that was sent or said."""
    codes = [_word(code) for code in _codes(body)]
    row = next((_BY_CODE[code.casefold()] for code in codes if code.casefold() in _BY_CODE), None)
    if row is None:
        row = _BY_STATUS.get(status) or Row(status=status, code=None, error=Transient if status > 500 else Refused)
    code = row.code or next(iter(codes), "") or f"http {status}"
    kind = row.repeatable if repeatable and row.repeatable else row.error
    message = f"Teams answered {status} {code}"
    if issubclass(kind, Throttled):
        return kind(message, retry_after=_retry_after(headers, now), scope="teams")
    if issubclass(kind, Refused | Gone):
        return kind(message, code=code)
    return kind(message)


def _word(code: str) -> str:
    """A code as it may be logged and compared: letters, digits and little else, cut short."""
    return "".join(letter for letter in code[:60] if letter.isascii() and (letter.isalnum() or letter in "._-"))


def _codes(body: bytes) -> list[str]:
    """Every error code in the body, outermost first. Teams nests the telling one: ``error.code``,
    ``error.innerHttpError.body.error.code``, ``error.innerError.subCode``, or JSON inside ``message``."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return list(_walk(found, depth=6))


def _walk(value: Any, *, depth: int) -> Iterator[str]:
    if not isinstance(value, dict) or depth == 0:
        return
    for name in ("code", "subCode"):
        if isinstance(value.get(name), str):
            yield value[name]
    number = value.get("errorCode")
    if isinstance(number, int) and number in _NUMBERS:
        yield _NUMBERS[number]
    for name in ("error", "innerError", "innerHttpError", "body", "message"):
        inner = value.get(name)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            try:
                inner = json.loads(inner)
            except (ValueError, RecursionError):
                continue
        yield from _walk(inner, depth=depth - 1)


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from a Retry-After header, which is a number or a date; None when there is none that can be read. What
    asks for more than an hour is asked again then: the end of the calendar is no moment for a card."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST_PAUSE)
