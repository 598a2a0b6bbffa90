"""Every text that people read, Norwegian first. No other package holds one."""

from __future__ import annotations

from bot.texts.catalogue import DEFAULT_LANGUAGE, Texts, languages, load_texts, texts_for
from bot.texts.cleaning import clean, clean_lines
from bot.texts.journal import journal_body, journal_title
from bot.texts.phrases import format_duration, join_names

__all__ = [
    "DEFAULT_LANGUAGE",
    "Texts",
    "clean",
    "clean_lines",
    "format_duration",
    "join_names",
    "journal_body",
    "journal_title",
    "languages",
    "load_texts",
    "texts_for",
]
