"""Small pieces of language that more than one text needs."""

from __future__ import annotations

from collections.abc import Sequence

from bot.texts.catalogue import Texts


def format_duration(seconds: int, texts: Texts) -> str:
    """A duration in at most two units: "45 s", "4 min 12 s", "1 t 5 min"."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    words = texts.words
    parts = (
        [(words.hours, hours), (words.minutes, minutes)] if hours else [(words.minutes, minutes), (words.seconds, rest)]
    )
    said = [word.format(hours=count, minutes=count, seconds=count) for word, count in parts if count]
    return " ".join(said) or words.seconds.format(seconds=0)


def join_names(names: Sequence[str], texts: Texts, *, limit: int = 3) -> str:
    """ "Per", "Per og Ola", "Per, Ola og Eva", "Per, Ola, Eva og 4 til"."""
    shown = list(names[:limit])
    if len(names) > limit:
        shown.append(texts.words.more.format(count=len(names) - limit))
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {texts.words.and_} {shown[-1]}"


def capitalize(text: str) -> str:
    """The first letter large, the rest as it is (``str.capitalize`` would make "HubSpot" small)."""
    return text[:1].upper() + text[1:]
