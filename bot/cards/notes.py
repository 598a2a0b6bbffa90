"""The small lines under the caller: what is good to know, never what must be seen."""

from __future__ import annotations

from collections.abc import Iterator

from adaptive_cards.card import RichTextBlock

from bot.cards.elements import GAP, clock, join, quiet
from bot.cards.untrusted import SHORT, plain
from bot.texts import Texts, format_duration, join_names
from bot.texts.phrases import capitalize
from calls.calling.call_requests import UNANSWERED
from calls.model import Direction
from calls.numbers import format_number
from calls.popups.popup import Identity, JournalState, Popup, PopupState

_SAID_ALREADY = (PopupState.ANSWERED_ELSEWHERE, PopupState.FORWARDED)  # the strip names the outcome
_SOURCES, _PEOPLE = 3, 3  # named in one line; more are counted


def notes(popup: Popup, texts: Texts) -> list[RichTextBlock]:
    """The lines that apply, in reading order."""
    lines = [*_about_call(popup, texts), *_about_sources(popup, texts)]
    if popup.journal is not None:
        lines.append(_journal_line(popup, popup.journal, texts))
    return lines


def _about_call(popup: Popup, texts: Texts) -> Iterator[RichTextBlock]:
    others = (person for person in popup.rang if person != popup.answered_by)  # the strip names who answered
    people = [name for name in (plain(person, SHORT) for person in others) if name]
    if people and popup.state is not PopupState.PASSED_ON:  # who rings now and who did before is not told apart
        said = texts.card.ringing_also if popup.state is PopupState.RINGING else texts.card.rang_also
        yield quiet(said.format(names=join_names(people, texts, limit=_PEOPLE)))
    dialled = None if popup.queue else popup.called  # the queue's name says more than its number
    called = [texts.card.called.format(number=format_number(dialled))] if dialled else []
    if facts := [*called, *_times(popup, texts)]:
        yield quiet(capitalize(join(facts)))
    if popup.state is PopupState.STALE:
        yield quiet(texts.card.stale_note)
    if popup.phone is not None:
        state = popup.call_back.state if popup.call_back else None
        said = texts.card.pick_up if state in UNANSWERED else texts.card.own_phone
        yield quiet(said.format(number=format_number(popup.phone)))


def _times(popup: Popup, texts: Texts) -> list[str]:
    """When it was answered and ended, or for how long it rang; and how it ended where that adds something."""
    said = []
    if popup.state in (PopupState.ANSWERED, PopupState.ENDED) and popup.answered_at:
        said.append(texts.card.answered_at.format(time=clock(popup.answered_at)))
    if popup.state is PopupState.ENDED and popup.ended_at:
        said.append(texts.card.ended_at.format(time=clock(popup.ended_at)))
    if popup.state is PopupState.MISSED and popup.ended_at:
        rang = int((popup.ended_at - popup.started_at).total_seconds())
        if rang > 0:
            said.append(texts.card.rang_for.format(duration=format_duration(rang, texts)))
    told = popup.direction is not Direction.OUTBOUND and popup.state not in _SAID_ALREADY
    if told and popup.outcome and (note := texts.outcome_note.get(popup.outcome)):
        said.append(note)
    return said


def _about_sources(popup: Popup, texts: Texts) -> Iterator[RichTextBlock]:
    silent = [name for name in (plain(source, SHORT) for source in popup.silent_sources) if name]
    if silent:
        yield quiet(texts.card.silent.format(sources=join_names(silent, texts, limit=_SOURCES)))
    if popup.searching and popup.identity is not Identity.UNKNOWN:  # there the second line says it already
        yield quiet(texts.card.searching)


def _journal_line(popup: Popup, state: JournalState, texts: Texts) -> RichTextBlock:
    """Where the call is kept."""
    source = plain(popup.journal_in, SHORT) or texts.card.journal_somewhere
    if state is JournalState.PENDING:
        return quiet(texts.card.journal_pending.format(source=source))
    if state is JournalState.PARKED:
        return quiet(f"!{GAP}{texts.card.journal_parked.format(source=source)}")
    return quiet(f"✓{GAP}{texts.card.journal_written.format(source=source)}")
