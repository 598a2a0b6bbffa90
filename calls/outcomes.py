"""How a call ended, from all that is told of its ends: it does not matter which was told first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from calls.model import Event, Outcome

# Of several outcomes the one that says most, so that it does not matter which was told first.
_TELLING = (
    Outcome.COMPLETED,
    Outcome.TRANSFERRED,
    Outcome.FORWARDED,
    Outcome.REJECTED,
    Outcome.BUSY,
    Outcome.CALLER_CANCELLED,
    Outcome.UNREACHABLE,
    Outcome.FAILED,
    Outcome.MISSED,
    Outcome.ANSWERED_ELSEWHERE,
    Outcome.UNKNOWN,
)


def most_telling(events: Iterable[Event]) -> Outcome | None:
    """The outcome of several ends of one thing."""
    return min((event.outcome for event in events if event.outcome), key=_TELLING.index, default=None)


def outcome_of(ends: Sequence[Event], legs: Iterable[Outcome | None], *, answered: bool) -> Outcome:
    """Of a whole call: what its end says, else what its legs came to."""
    if answered:
        return Outcome.COMPLETED
    told = most_telling(ends)
    if told is None or told is Outcome.UNKNOWN:
        told = min((outcome for outcome in legs if outcome), key=_TELLING.index, default=None)
    return told or Outcome.UNKNOWN
