"""How the record page says things, in Norwegian: times, durations, numbers, outcomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from html.parser import HTMLParser
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

_MONTHS = (
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
)
STATUSES = {
    "COMPLETED": ("good", "✓ Besvart"),
    "NO_ANSWER": ("bad", "✕ Ikke svar"),
    "MISSED": ("bad", "✕ Tapt anrop"),
    "BUSY": ("bad", "✕ Opptatt"),
    "CANCELED": ("bad", "✕ Avbrutt"),
    "FAILED": ("bad", "✕ Mislyktes"),
    "IN_PROGRESS": ("wait", "… Pågår"),
    "RINGING": ("wait", "… Ringer"),
    "QUEUED": ("wait", "… I kø"),
    "CONNECTING": ("wait", "… Kobler opp"),
    "CALLING_CRM_USER": ("wait", "… Ringer opp kollega"),
}
DIRECTIONS = {"INBOUND": "Innkommende", "OUTBOUND": "Utgående"}
DISPOSITIONS = {
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Fikk kontakt",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "Fikk ikke svar",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Opptatt",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "La igjen talepost",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "La igjen beskjed",
    "17b47fee-58de-441e-a44c-c6300d46f273": "Feil nummer",
}


def _find_zone() -> tzinfo:
    try:
        return ZoneInfo("Europe/Oslo")
    except ZoneInfoNotFoundError:  # a machine without time zone data
        return UTC


ZONE = _find_zone()


def say_time(moment: datetime, now: datetime) -> str:
    """ "i dag kl. 14.05", "3. november 2026 kl. 14.05"."""
    local, today = moment.astimezone(ZONE), now.astimezone(ZONE).date()
    clock = f"kl. {local:%H.%M}"
    if local.date() == today:
        return f"i dag {clock}"
    if local.date() == today - timedelta(days=1):
        return f"i går {clock}"
    return f"{local.day}. {_MONTHS[local.month - 1]} {local.year} {clock}"


def say_duration(milliseconds: str) -> str:
    seconds = round(float(milliseconds) / 1000)
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} t"] if hours else []
    parts += [f"{minutes} min"] if minutes or hours else []
    return " ".join([*parts, f"{rest} s"])


def say_number(text: str) -> str:
    """An international number with spaces, Norwegian mobiles 3-2-3; anything else as it is."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return text
    digits = str(number.national_number)
    if number.country_code == 47 and len(digits) == 8 and digits[0] in "49":
        return f"+47 {digits[:3]} {digits[3:5]} {digits[5:]}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


_BREAKS = frozenset({"br", "p", "div", "li", "tr"})


class _TextOnly(HTMLParser):
    """The text of a note that may hold HTML: paragraphs and line breaks become line breaks, the rest is dropped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def say_note(html: str) -> str:
    """The words of a note, with its line breaks. The caller still escapes them."""
    parser = _TextOnly()
    parser.feed(html)
    parser.close()
    lines = [line.strip() for line in "".join(parser.pieces).splitlines()]
    return "\n".join(line for line in lines if line)
