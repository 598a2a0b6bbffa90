"""What every event must hold, from whichever operator and by whichever way it came."""

from __future__ import annotations

from datetime import datetime

from calls.model import Event, EventKind, Presentation


def check_event(event: Event, received_at: datetime) -> None:
    """One that can be stored and drawn."""
    parties = (event.caller, event.called, event.answered_by, event.diverted_from, *event.agents)
    numbers = [party.number for party in parties if party and party.number]
    texts = [text for party in parties if party for text in (party.alias, party.name)]
    texts += [event.event_id, event.call_ref, event.parent_ref, event.attempt_ref, event.cause_raw]
    texts += [event.queue.ref, event.queue.name] if event.queue else []
    for text in texts:
        assert text is None or (text != "" and "\0" not in text and text.encode()), "not fit for the database"
    assert len(event.cause_raw or "") <= 40
    assert event.received_at == received_at
    assert all(number.digits.removeprefix("+").isdigit() for number in numbers)
    assert (event.outcome is not None) == (event.kind in {EventKind.ENDED, EventKind.LEG_ENDED})
    assert event.answered_by is None or event.kind is EventKind.ANSWERED
    assert event.parent_ref != event.call_ref
    assert event.queue is None or any((event.queue.ref, event.queue.name, event.queue.number))
    assert all(party.employee_id is None for party in parties if party)
    assert all(party.number is None or party.presentation is Presentation.ALLOWED for party in parties if party)
