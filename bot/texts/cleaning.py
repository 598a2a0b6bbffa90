"""Makes a text that somebody else wrote (a CRM, a directory, an operator) fit to stand in one line of ours."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"
_JOINERS = frozenset("\u200c\u200d")  # carry meaning in Persian, Hindi and emoji; every other format character goes
_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def clean(text: str | None, limit: int) -> str:
    """One line of at most ``limit`` characters, with an ellipsis when it was longer; empty when nothing is left.

    Control, format (bidirectional overrides, zero-width, tags), private-use and unassigned characters and lone
    surrogates are dropped, every kind of space and line break becomes one space, piles of combining marks are
    levelled.
    """
    if not text:
        return ""
    kept = "".join(_keep(char) for char in unicodedata.normalize("NFC", text[: 4 * limit + 64]))
    line = _MARKS.sub(r"\1", " ".join(kept.split())).strip("\u200c\u200d ")
    if len(line) <= limit:
        return line
    return line[: limit - 1].rstrip(" \u200c\u200d") + ELLIPSIS


def clean_lines(text: str, limit: int) -> str:
    """Several lines, each cleaned, of at most ``limit`` characters together; empty ones at the ends are dropped."""
    lines = [clean(line, limit) for line in text[: 4 * limit].splitlines()]
    return "\n".join(lines)[:limit].strip()


def isolate(text: str) -> str:
    """Keeps a right-to-left name from turning round what stands beside it (Unicode UAX #9, first strong isolate)."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"
    return text


def _keep(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "Z" or char in "\t\n\v\f\r\x85":
        return " "
    if category[0] == "C":
        return char if char in _JOINERS else ""
    return char
