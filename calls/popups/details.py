"""What is under way with the caller: told of nobody else, and only to whom it may concern."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from calls.model import Match
from calls.reducer import Call

_OURSELVES = timedelta(seconds=2)  # a contact no longer ago is this very call: CRMs cut times off


def details_of_first(matches: tuple[Match, ...], call: Call, *, told: bool) -> tuple[Match, ...]:
    """What is under way is told of the caller alone, and only to who may have to deal with it. This call, once it is in
    the CRM's journal, is not when we last spoke."""

    def trimmed(match: Match, *, first: bool) -> Match:
        last = match.last_contact
        before = first and told and last is not None and last.at < call.started_at - _OURSELVES
        return replace(
            match,
            open_items=match.open_items if first and told else (),
            last_contact=last if before else None,
        )

    return tuple(trimmed(match, first=not place) for place, match in enumerate(matches))
