"""How a text that somebody else wrote gets into a card.

Nearly everywhere such a text is a run of a RichTextBlock, which knows no markdown on any client
(https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features). Only the large name is a TextBlock, because
it must be a heading for screen readers and keep its line height when it wraps; there, and in ``fallbackText``, markdown
is escaped.
"""

from __future__ import annotations

import re

from bot.texts import clean
from bot.texts.cleaning import isolate

NAME, ROLE, SHORT = 60, 60, 40  # characters: a person or company, a title or company line, a source or queue

_BRACES = str.maketrans("{}", "()")  # {{DATE(…)}} and {{TIME(…)}} are carried out in text runs too
_MARKDOWN = re.compile(
    r"""
    [\\`*_\[\]<~|]              # emphasis, code, links, HTML, autolinks, struck out, tables
    | ^[#>]                      # headings, quotes
    | ^[+-] (?=[\s-]|$)          # lists, rules
    | & (?=\#|\w+;)              # character references
    | ! (?=\[)                   # images
    | : (?=//) | (?<=www) [.] | @  # addresses that a client may turn into links by itself
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")  # numbered lists


def plain(text: str | None, limit: int = NAME) -> str:
    """For a text run, a button or the toast: one clean line, nothing that a client would carry out."""
    return isolate(clean(text, limit).translate(_BRACES))


def escape_markdown(text: str) -> str:
    """For one line in a TextBlock: what CommonMark would take is escaped, and only where it would be taken.

    Microsoft's native parser on phones undoes few escapes, so "Berg & Sønn (Oslo) A.S." must come out without any; a
    hostile name shows backslashes there, and stays text.
    """
    return _NUMBERED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", text))
