"""What every operator that is listened to must hold, whatever its wire format (README.md tells how).

As in :mod:`operators.testing`, a check is a function of a kit that knows the protocol and nothing of the format. Here
the kit reads recorded messages: ``initial_*`` are snapshots, ``update_*`` what happens, ``unreadable_*`` is refused.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.errors import Unreadable
from calls.model import Connection, EventKind, Presentation
from calls.ports import Operator, Parsed, Snapshot
from operators.testing import HIDDEN, NOW, SENTINEL, check_settings_without_secrets_are_refused, check_silence
from operators.testing_events import check_event

Message = Snapshot | Parsed


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamKit:
    """An operator that is listened to, with all that the checks need of it."""

    operator: Operator
    connection: Connection
    stranger: Connection  # another tenant's, subscribed to the same
    read: Callable[[str, Connection, datetime], Message]  # one message, purely
    payloads: Path  # recorded messages
    hide_caller: Callable[[str], str]  # a ringing with this word in the caller's place, as an update
    same_call: tuple[tuple[str, str], ...]  # a snapshot and the update that tells the last state of a call in it

    def recorded(self) -> dict[str, str]:
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(self.payloads.glob("*.json"))}

    def usable(self) -> dict[str, str]:
        return {name: text for name, text in self.recorded().items() if not name.startswith("unreadable")}


def check_recorded_messages_are_read_or_refused_as_named(kit: StreamKit) -> None:
    assert kit.usable(), "no recorded messages"
    for name, text in kit.recorded().items():
        if name.startswith("unreadable"):
            with pytest.raises(Unreadable):
                kit.read(text, kit.connection, NOW)
        else:
            message = kit.read(text, kit.connection, NOW)
            assert isinstance(message, Snapshot) == name.startswith("initial"), name
            _check_message(message)


def check_reading_is_pure(kit: StreamKit) -> None:
    """The same text gives the same events, whenever; only ``received_at`` is the moment."""
    for name, text in kit.usable().items():
        before = copy.deepcopy((kit.connection.settings, kit.connection.secrets))
        first = kit.read(text, kit.connection, NOW)
        assert kit.read(text, copy.deepcopy(kit.connection), NOW) == first, name
        later = kit.read(text, kit.connection, NOW + timedelta(hours=2))
        assert tuple(replace(event, received_at=NOW) for event in later.events) == first.events, name
        assert (kit.connection.settings, kit.connection.secrets) == before, name


def check_two_tenants_share_no_event(kit: StreamKit) -> None:
    for name, text in kit.usable().items():
        ours = {event.event_id for event in kit.read(text, kit.connection, NOW).events}
        theirs = {event.event_id for event in kit.read(text, kit.stranger, NOW).events}
        assert not ours & theirs, name


def check_no_two_events_of_a_message_are_one(kit: StreamKit) -> None:
    for name, text in kit.usable().items():
        ids = [event.event_id for event in kit.read(text, kit.connection, NOW).events]
        assert len(ids) == len(set(ids)), name


def check_a_snapshot_repeats_what_is_known(kit: StreamKit) -> None:
    """Whoever heard a call happen learns nothing from a snapshot that holds it, and the other way round."""
    assert kit.same_call
    texts = kit.recorded()
    for snapshot, update in kit.same_call:
        happened = kit.read(texts[update], kit.connection, NOW)
        known = kit.read(texts[snapshot], kit.connection, NOW + timedelta(minutes=5))
        assert isinstance(known, Snapshot)
        assert happened.events
        calls = {event.call_ref for event in happened.events}
        again = {event.event_id for event in known.events if event.call_ref in calls}
        assert {event.event_id for event in happened.events} == again, (snapshot, update)
        assert calls <= known.call_refs


def check_hidden_callers(kit: StreamKit) -> None:
    for word in HIDDEN:
        assert _ringing_caller(kit, word) == (Presentation.WITHHELD, None)
    for word in ("", "unavailable", "unknown"):
        assert _ringing_caller(kit, word) == (Presentation.UNAVAILABLE, None)


def _ringing_caller(kit: StreamKit, word: str) -> tuple[Presentation, object]:
    (event,) = kit.read(kit.hide_caller(word), kit.connection, NOW).events
    assert event.kind is EventKind.RINGING
    assert event.caller is not None
    return event.caller.presentation, event.caller.number


def check_any_message_is_read_or_refused(kit: StreamKit) -> None:
    """Broken recordings and JSON of every shape: ``Unreadable`` or a message, and nothing else, ever."""
    recorded = list(kit.recorded().values())

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.one_of(st.text(max_size=200), _spliced(recorded), _replaced(recorded), st.sampled_from(_DEEP)))
    def check(text: str) -> None:
        try:
            message = kit.read(text, kit.connection, NOW)
        except Unreadable:
            return
        _check_message(message)

    check()


def check_nothing_of_a_message_is_in_an_exception(kit: StreamKit) -> None:
    """Exceptions reach logs. Every recording is broken in many places with a word that must not come out again."""
    for name, text in kit.recorded().items():
        for at in range(0, len(text) + 1, 11):
            for tail in (text[at:], ""):
                for word in (SENTINEL, f'"{SENTINEL}'):
                    check_silence(partial(kit.read, text[:at] + word + tail, kit.connection, NOW), name)


def check_it_is_listened_to(kit: StreamKit) -> None:
    assert kit.operator.stream is not None


STREAM_CHECKS: tuple[Callable[[StreamKit], None], ...] = (
    check_it_is_listened_to,
    check_recorded_messages_are_read_or_refused_as_named,
    check_reading_is_pure,
    check_two_tenants_share_no_event,
    check_no_two_events_of_a_message_are_one,
    check_a_snapshot_repeats_what_is_known,
    check_hidden_callers,
    check_any_message_is_read_or_refused,
    check_nothing_of_a_message_is_in_an_exception,
    check_settings_without_secrets_are_refused,
)


def _check_message(message: Message) -> None:
    for event in message.events:
        check_event(event, NOW)
    assert all(reason.isidentifier() for reason in message.ignored), "a reason code, never contents"


_DEEP = ["[" * 100_000, '{"data":' * 50_000, '{"topic":' + "9" * 5_000 + "}", "NaN", "null", '"\\ud800"', "{}"]


def _spliced(recorded: list[str]) -> st.SearchStrategy[str]:
    """A recording with a piece cut out and another put in."""
    return st.builds(
        lambda text, at, length, other: text[: at % (len(text) + 1)] + other + text[at % (len(text) + 1) + length :],
        st.sampled_from(recorded),
        st.integers(0, 2_000),
        st.integers(0, 40),
        st.one_of(st.text(max_size=20), st.sampled_from(["null", "[]", "{}", '"\\ud800"', "-1", "1e999", "true"])),
    )


def _replaced(recorded: list[str]) -> st.SearchStrategy[str]:
    """A recording in which one value, somewhere, is of another type."""
    bodies = [json.loads(text) for text in recorded if text.startswith("{") and _is_json(text)]
    values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]))
    values = st.one_of(values, st.lists(values, max_size=2), st.dictionaries(st.text(max_size=3), values, max_size=2))
    return st.builds(_with_value, st.sampled_from(bodies), st.integers(0, 500), values).map(json.dumps)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _with_value(body: object, at: int, value: object) -> object:
    """The body with its ``at``-th value, counted in depth first order, replaced."""
    changed = copy.deepcopy(body)
    places: list[tuple[object, object]] = []

    def walk(node: object) -> None:
        keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        for key in keys:
            places.append((node, key))
            walk(node[key])  # type: ignore[index]

    walk(changed)
    if places:
        node, key = places[at % len(places)]
        node[key] = value  # type: ignore[index]
    return changed
