"""Messages of the ``callStatus`` stream, as events. Every name of the wire is in this module.

UNPROVEN: no public source shows the body of these messages. What stands here is an invented, plausible shape (README.md
shows it whole); the real one replaces the names and tables below and nothing else. A message tells the whole state of
one call each time, so a snapshot and the messages before it give the same events with the same ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from calls.errors import Unreadable
from calls.model import Connection, Direction, Event, EventKind, Outcome, Party, Presentation, Queue
from calls.ports import Parsed, Snapshot
from operators.phonero.reading import digest, read_party, read_ref, read_text, read_time

MOST_PHONES = 500  # of one call: no queue rings more
LONGEST_CAUSE = 40

RINGING, ANSWERED, ENDED = "RINGING", "ANSWERED", "ENDED"
CONNECTED = "CONNECTED"  # of a phone
STATES = frozenset({RINGING, ANSWERED, ENDED})
DIRECTIONS: Mapping[str, Direction] = MappingProxyType(
    {"IN": Direction.INBOUND, "OUT": Direction.OUTBOUND, "INTERNAL": Direction.INTERNAL}
)
RESULTS: Mapping[str, Outcome] = MappingProxyType(
    {
        "Answered": Outcome.COMPLETED,
        "NoAnswer": Outcome.MISSED,
        "Rejected": Outcome.REJECTED,
        "Busy": Outcome.BUSY,
        "Cancelled": Outcome.CALLER_CANCELLED,
        "AnsweredElsewhere": Outcome.ANSWERED_ELSEWHERE,
        "Forwarded": Outcome.FORWARDED,
        "Transferred": Outcome.TRANSFERRED,
        "Unreachable": Outcome.UNREACHABLE,
        "Failed": Outcome.FAILED,
    }
)


def write_subscription(customer_id: str) -> str:
    """Seen in programs of others: ``initial`` asks for what is under way first."""
    return json.dumps({"action": "subscribe", "topic": f"callStatus.{customer_id}", "param": "initial"})


def write_ping() -> str:
    return json.dumps({"action": "ping"})


def read_message(text: str, connection: Connection, received_at: datetime) -> Snapshot | Parsed:
    """One message. Raises ``Unreadable`` for what is no message of this stream."""
    message = _load(text)
    if "topic" not in message:  # an answer to what we sent: nothing but a sign of life, or a refusal
        return Parsed(ignored=("refused",)) if message.get("errorMessage") else Parsed()
    if message["topic"] != f"callStatus.{connection.settings.get('customer_id')}":
        return Parsed(ignored=("other_topic",))
    data, kind = message.get("data"), message.get("type")
    if kind == "initial" and isinstance(data, list):
        events, ignored = _read_calls(data, connection, received_at)
        return Snapshot(events=events, ignored=ignored)
    if kind == "update" and isinstance(data, Mapping):
        events, ignored = _read_call(data, connection, received_at)
        return Parsed(events=events, ignored=ignored)
    if kind in ("initial", "update"):  # of any type: not hashed
        raise Unreadable("data: expected a list of calls in initial, one call in update")
    return Parsed(ignored=("unknown_type",))


def _load(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("message: expected one JSON object") from None
    if not isinstance(found, dict):
        raise Unreadable("message: expected one JSON object")
    return found


def _read_calls(
    data: Sequence[object], connection: Connection, received_at: datetime
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """One call that cannot be read does not hide the others, but is told of: a snapshot with a gap ends nothing."""
    events: list[Event] = []
    ignored: list[str] = []
    for body in data:
        try:
            read, passed = _read_call(body, connection, received_at)
        except Unreadable:
            read, passed = (), ("unreadable_call",)
        events += read
        ignored += passed
    return tuple(events), tuple(ignored)


def _read_call(
    body: object, connection: Connection, received_at: datetime
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    if not isinstance(body, Mapping):
        raise Unreadable("data: expected a call")
    call_ref, state = read_ref(body, "callId"), body.get("status")
    if call_ref is None:
        raise Unreadable("callId: missing; without it nothing tells which call is meant")
    if not isinstance(state, str) or state not in STATES:
        return (), ("unknown_status",)
    direction = DIRECTIONS.get(str(body.get("direction", "IN")))
    if direction is None:
        return (), ("unknown_direction",)
    return _Call(body, call_ref, state, direction, connection, received_at).events(), ()


class _Call:
    """The state of one call, told as what must have happened to it."""

    def __init__(
        self,
        body: Mapping[str, Any],
        call_ref: str,
        state: str,
        direction: Direction,
        connection: Connection,
        received_at: datetime,
    ) -> None:
        self._body, self._call_ref, self._state, self._direction = body, call_ref, state, direction
        self._connection, self._received_at = connection, received_at
        self._region = str(connection.settings.get("region", "NO"))
        listed = body.get("phones")
        phones = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
        if len(phones) > MOST_PHONES:
            raise Unreadable(f"phones: expected at most {MOST_PHONES}")
        self._phones = [(each, self._phone(each)) for each in phones]

    def events(self) -> tuple[Event, ...]:
        told = [event for each, phone in self._phones if phone for event in self._of_phone(each, phone)]
        answered_at = self._time("answerDate")
        if self._state == ANSWERED or (self._state == ENDED and answered_at is not None):
            by = self._answerer()
            told.append(self._event(EventKind.ANSWERED, (by,), occurred_at=answered_at, answered_by=by))
        if self._state == ENDED:
            told.append(self._event(EventKind.ENDED, (), occurred_at=self._time("endDate"), **self._result(self._body)))
        return tuple(told)

    def _of_phone(self, body: Mapping[str, Any], phone: Party) -> list[Event]:
        """A phone that is listed has rung; one that ended has stopped, and its result says why."""
        attempt = read_ref(body, "attempt")
        rang_at = self._time("ringDate", body) or self._time("startDate")
        own = self._direction is Direction.OUTBOUND and not self._has_picked_up(body)
        told = [
            self._event(EventKind.RINGING, (phone,), attempt, occurred_at=rang_at, agents=(phone,), rings_caller=own)
        ]
        # When the whole call is over, a phone without a result of its own has that of the call.
        if body.get("status") == ENDED and (self._state != ENDED or read_text(body, "callResult")):
            ended_at = self._time("endDate", body)
            more = self._result(body)
            told.append(
                self._event(EventKind.LEG_ENDED, (phone,), attempt, occurred_at=ended_at, agents=(phone,), **more)
            )
        return told

    def _has_picked_up(self, body: Mapping[str, Any]) -> bool:
        """Of a call outwards: the employee. Before that it is an ordered one, and their own phone rings."""
        connected = body.get("status") == CONNECTED or RESULTS.get(read_text(body, "callResult") or "")
        return connected in (True, Outcome.COMPLETED) or self._state == ANSWERED or self._time("answerDate") is not None

    def _event(
        self, kind: EventKind, phones: tuple[Party | None, ...], attempt: str | None = None, **more: Any
    ) -> Event:
        parent = read_ref(self._body, "linkedCallId")
        said = f"{kind} own" if more.get("rings_caller") else kind  # two ringings, of two phones
        return Event(
            event_id=digest(self._connection, said, self._call_ref, phones, attempt, more.get("cause_raw")),
            kind=kind,
            call_ref=self._call_ref,
            received_at=self._received_at,
            parent_ref=parent if parent != self._call_ref else None,
            attempt_ref=attempt,
            direction=self._direction,
            caller=self._caller(),
            called=read_party(self._body.get("calledParty"), self._region),
            diverted_from=read_party(self._body.get("divertedBy"), self._region)
            or read_party(self._body.get("transferredBy"), self._region),
            queue=self._queue(),
            **more,
        )

    def _caller(self) -> Party:
        """Hidden by its owner, or not delivered: two things, told apart by a switch of their own."""
        if self._direction is Direction.OUTBOUND and self._phones and self._phones[0][1]:
            return self._phones[0][1]
        if self._body.get("callingPartyHidden") is True:
            return Party(presentation=Presentation.WITHHELD)
        shown = read_party(self._body.get("callingParty"), self._region)
        return shown or Party(presentation=Presentation.UNAVAILABLE)

    def _answerer(self) -> Party | None:
        """Who answered a call to us; None when it is not told. An outbound call is answered by the other side."""
        if self._direction is Direction.OUTBOUND:
            return None
        by = self._body.get("answeredBy")
        return self._phone(by) if isinstance(by, Mapping) else None

    def _phone(self, body: Mapping[str, Any]) -> Party | None:
        party = read_party(body.get("number"), self._region)
        number, alias = party.number if party else None, read_text(body, "user")
        if number is None and alias is None:
            return None
        return Party(number=number, alias=alias, name=read_text(body, "name"))

    def _queue(self) -> Queue | None:
        ref, name = read_text(self._body, "queueId"), read_text(self._body, "queueName")
        party = read_party(self._body.get("queueNumber"), self._region)
        number = party.number if party else None
        return Queue(ref=ref, name=name, number=number) if ref or name or number else None

    def _time(self, name: str, body: Mapping[str, Any] | None = None) -> datetime | None:
        return read_time((self._body if body is None else body).get(name), self._received_at)

    def _result(self, body: Mapping[str, Any]) -> dict[str, Any]:
        cause = read_text(body, "callResult")
        outcome = RESULTS.get(cause or "", Outcome.UNKNOWN)
        return {"outcome": outcome, "cause_raw": cause[:LONGEST_CAUSE].strip() if cause else None}
