"""Title and body of a call in the CRM, ready for :class:`calls.model.JournalEntry`.

Plain text in the tenant's language; a connector whose CRM takes HTML escapes it. No clock times: the CRM shows the
entry's own time in the reader's time zone.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.texts.catalogue import Texts
from bot.texts.cleaning import clean
from bot.texts.phrases import format_duration, join_names
from calls.model import Direction, Outcome
from calls.numbers import Number, format_number

_NAME, _QUEUE = 60, 40  # characters
_TALKED = frozenset({Outcome.COMPLETED, Outcome.ANSWERED_ELSEWHERE, Outcome.TRANSFERRED, Outcome.FORWARDED})


def journal_title(
    texts: Texts,
    *,
    direction: Direction,
    outcome: Outcome,
    employee: str | None = None,
    queue: str | None = None,
) -> str:
    """What happened, in one line: "Innkommende samtale, kø Salg, besvart av Kari Hansen".

    ``employee`` is who answered (inbound) or who called (outbound), by name; None: the operator does not say.
    """
    journal = texts.journal
    outbound = direction is Direction.OUTBOUND
    pieces = [(journal.outbound if outbound else journal.inbound)[outcome]]
    if cleaned := clean(queue, _QUEUE):
        pieces.append(journal.parts.queue.format(queue=cleaned))
    if (outbound or outcome in _TALKED) and (name := clean(employee, _NAME)):
        pieces.append((journal.parts.called_by if outbound else journal.parts.answered_by).format(name=name))
    return ", ".join(pieces)


def journal_body(
    texts: Texts,
    *,
    caller: Number | None,
    called: Number | None,
    queue: str | None = None,
    rang: Sequence[str] = (),
    talk_seconds: int | None = None,
) -> str:
    """One fact a line; what is not known is not said. ``rang`` are all whose phones rang, by name."""
    parts = texts.journal.parts
    names = [name for name in (clean(person, _NAME) for person in rang) if name]
    lines = []
    if caller:
        lines.append(parts.caller.format(number=format_number(caller)))
    if called:
        lines.append(parts.called.format(number=format_number(called)))
    if cleaned := clean(queue, _QUEUE):
        lines.append(parts.queue_line.format(queue=cleaned))
    if names:
        lines.append(parts.rang.format(names=join_names(names, texts, limit=10)))
    if talk_seconds is not None:
        lines.append(parts.talk.format(duration=format_duration(talk_seconds, texts)))
    return "\n".join(lines)
