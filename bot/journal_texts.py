"""The words of a journal entry, from the text catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from bot.texts import journal_body, journal_title, texts_for
from calls.model import Outcome, Party
from calls.numbers import Number
from calls.reducer import Call


class CatalogueTexts:
    """:class:`calls.journal.journaling.JournalTexts` on bot/texts."""

    def write(self, call: Call, *, employee: str | None, rang: Sequence[str], language: str) -> tuple[str, str]:
        texts = texts_for(language)
        queue = (call.queue.name or call.queue.ref) if call.queue else None
        title = journal_title(
            texts,
            direction=call.direction,
            outcome=call.came_to or Outcome.UNKNOWN,
            employee=employee,
            queue=queue,
        )
        body = journal_body(
            texts,
            caller=_number(call.caller),
            called=_number(call.called),
            queue=queue,
            rang=rang,
            talk_seconds=call.talk_seconds,
        )
        return title, body

    def result(self, result: str, *, language: str) -> str:
        return texts_for(language).results.get(result, result)


def _number(party: Party | None) -> Number | None:
    return party.number if party else None
