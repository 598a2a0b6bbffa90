"""The fields of one event, as an :class:`Event`. Every name of the wire is in this module.

Sources: https://developer.sipgate.io/push-api/api-reference/, the fuller text of https://github.com/sipgate/sipgate.io
before it was moved there (README.md at bd2d1e4), its issue 134 (a recorded forward), and
https://docs.zammad.org/en/latest/api/generic-cti/.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from calls.errors import Unreadable
from calls.model import Connection, Direction, Event, EventKind, Outcome, Party, Presentation, Queue
from calls.numbers import Number, NumberKind, is_hidden, is_unavailable, parse_number
from calls.ports import Parsed, RawRequest
from operators.bodies import Fields

REGION = "NO"  # of numbers without country code, unless the connection says otherwise
LONGEST_REF = 500  # characters; sipgate asks for room for 200 and may grow (its issue 120)
LONGEST_TEXT = 200  # characters of a name
LONGEST_CAUSE = 40
ROUND = 10  # seconds: a hunt that comes back to the same phones has rung others for longer than that

_INTERNATIONAL = re.compile(r"(?!58)[1-9][0-9]{9,14}")  # 58 begins Norway's 12-digit machine numbers

KINDS: Mapping[str, EventKind] = MappingProxyType(
    {"newCall": EventKind.RINGING, "answer": EventKind.ANSWERED, "hangup": EventKind.ENDED}
)
DIRECTIONS: Mapping[str, Direction] = MappingProxyType({"in": Direction.INBOUND, "out": Direction.OUTBOUND})
OUTCOMES: Mapping[str, Outcome] = MappingProxyType(
    {
        "normalClearing": Outcome.COMPLETED,
        "busy": Outcome.BUSY,
        "cancel": Outcome.CALLER_CANCELLED,
        "noAnswer": Outcome.REJECTED,  # defined as "the called party rejected the call"; nobody answering is no cause
        "congestion": Outcome.UNREACHABLE,
        "notFound": Outcome.UNREACHABLE,
        "forwarded": Outcome.FORWARDED,
    }
)


def read_event(fields: Fields, request: RawRequest, connection: Connection, received_at: datetime) -> Parsed:
    """One body is one event, or nothing that we use. Raises ``Unreadable`` without ``event`` or ``callId``."""
    name = _one(fields, "event")
    if not name:
        raise Unreadable("event: missing; expected newCall, answer or hangup")
    if name not in KINDS:
        return Parsed(ignored=("dtmf" if name == "dtmf" else "unknown_event",))
    call_ref = _ref(fields, "callId")
    if not call_ref:
        raise Unreadable("callId: missing; without it nothing tells which call is meant")
    direction = DIRECTIONS.get(_one(fields, "direction") or "in")
    if direction is None:
        return Parsed(ignored=("unknown_direction",))
    kind, region = KINDS[name], str(connection.settings.get("region", REGION))
    outbound = direction is Direction.OUTBOUND
    caller = _outside(fields, "from", region, ringing=kind is EventKind.RINGING)
    called = _outside(fields, "to", region, ringing=False)
    users = _users(fields, region)
    agents: tuple[Party, ...] = ()
    if kind is EventKind.RINGING:
        agents = _callers(caller, users) if outbound else _ringing(called, users)
        if outbound and agents:
            caller = agents[0]
    queue = _queue(fields, region)
    hunts = kind is EventKind.RINGING and bool(users) and not outbound
    origin, cause = _ref(fields, "origCallId"), _one(fields, "cause")
    answered_by = _answerer(fields, users, region) if kind is EventKind.ANSWERED and not outbound else None
    return Parsed(
        events=(
            Event(
                event_id=_event_id(
                    request,
                    connection,
                    [name, call_ref, cause, int(received_at.timestamp()) // ROUND if hunts and queue else None],
                    (*agents, answered_by),
                ),
                kind=kind,
                call_ref=call_ref,
                received_at=received_at,
                parent_ref=origin if origin and origin != call_ref else None,
                direction=direction,
                caller=caller,
                called=called,
                agents=agents,
                only_these=hunts,
                answered_by=answered_by,
                diverted_from=_outside(fields, "diversion", region, ringing=False),
                queue=queue,
                outcome=OUTCOMES.get(cause or "", Outcome.UNKNOWN) if kind is EventKind.ENDED else None,
                cause_raw=cause[:LONGEST_CAUSE] if cause and kind is EventKind.ENDED else None,
            ),
        )
    )


def _event_id(
    request: RawRequest, connection: Connection, news: list[str | int | None], phones: tuple[Party | None, ...]
) -> str:
    """The delivery's id when it was signed, else a digest of call, kind, phones and cause.

    There is no time in a body: a callId is used once, so the same kind about the same phones is the same news told
    twice. Only of a ringing that names its phones the time of receipt, coarsely, is part of ``news``: a queue may come
    round to them again. The outside party's number stays out: a bare hash of so few digits hides nothing.
    """
    if request.url_token is None and (delivery_id := request.headers.get("webhook-id")):
        return delivery_id
    lines = [[each.alias, each.name, each.number.key if each.number else None] for each in phones if each]
    told = [str(connection.tenant_id), str(connection.connection_id), *news, lines]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _outside(fields: Fields, name: str, region: str, *, ringing: bool) -> Party | None:
    """A number field as a party. Missing from a first event it is unavailable; follow-ups may leave it out."""
    text = _one(fields, name)
    if is_hidden(text):
        return Party(presentation=Presentation.WITHHELD)
    number = None if is_unavailable(text) else read_number(text or "", region)
    if number is not None:
        return Party(number=number)
    return Party(presentation=Presentation.UNAVAILABLE) if ringing or text is not None else None


def read_number(text: str, region: str) -> Number | None:
    """sipgate writes international numbers without plus ("4915791234567"); national ones stay what they are."""
    number = parse_number(text, region)
    if number is not None and number.kind is NumberKind.OTHER and _INTERNATIONAL.fullmatch(text):
        international = parse_number(f"+{text}", region)
        if international is not None and international.kind is NumberKind.E164:
            return international
    return number


def _bare_number(text: str | None, region: str) -> Number | None:
    """A field that may hold a name, a login or a number: only what has no letters is a number."""
    return None if text is None or any(map(str.isalpha, text)) else read_number(text, region)


def _users(fields: Fields, region: str) -> tuple[Party, ...]:
    """The employees named: by id when there are ids (``w0``; the full id names the same), else by name.

    A name stands beside its id in sipgate's parallel lists; lists of unequal length are not paired.
    """
    names: tuple[str | None, ...] = _texts(fields, "user")
    ids = _texts(fields, "userId") or _texts(fields, "fullUserId")
    if len(names) != len(ids) and ids:
        names = (None,) * len(ids)
    pairs = zip(ids or names, names, strict=True)
    return tuple(Party(alias=alias, name=name, number=_bare_number(alias, region)) for alias, name in pairs)


def _is_voicemail(users: tuple[Party, ...]) -> bool:
    """sipgate's answering machine: a call of its own to a user of that name, without an id (its issue 134)."""
    return [(each.alias or "").lower() for each in users] == ["voicemail"]


def _ringing(called: Party | None, users: tuple[Party, ...]) -> tuple[Party, ...]:
    """The phones that ring: the users named, else the number dialled. The answering machine is nobody's phone.

    A single user known by name only is helped by the number dialled: often that is the line.
    """
    if _is_voicemail(users):
        return ()
    number = called.number if called else None
    if not users:
        return (Party(number=number),) if number else ()
    if len(users) == 1 and users[0].alias == users[0].name and users[0].number is None:
        return (replace(users[0], number=number),)
    return users


def _callers(caller: Party | None, users: tuple[Party, ...]) -> tuple[Party, ...]:
    """The employee's side of an outbound call: ``from`` is their number, ``user`` is who calls."""
    shown = caller or Party(presentation=Presentation.UNAVAILABLE)
    if not users:
        return (shown,) if shown.number else ()
    if len(users) > 1:
        return users
    presentation = Presentation.ALLOWED if shown.number else shown.presentation
    return (replace(users[0], number=users[0].number or shown.number, presentation=presentation),)


def _answerer(fields: Fields, users: tuple[Party, ...], region: str) -> Party | None:
    """Who answered an inbound call; None when the operator does not say.

    Several names are those who were called, not who answered. ``answeringNumber`` is a number, a login or an address
    (Zammad); at sipgate it is in a transferred call the phone that passed the call on, which answered nothing.
    """
    text = _one(fields, "answeringNumber")
    number = _bare_number(text, region)
    diverted = _outside(fields, "diversion", region, ringing=False)
    if number and diverted and diverted.number and diverted.number.key == number.key:
        text = number = None
    if _is_voicemail(users):
        return Party(name=users[0].name)
    if len(users) == 1:
        return replace(users[0], number=number or users[0].number)
    if text is None or is_hidden(text) or is_unavailable(text):
        return None
    dialled = number is not None and number.kind in {NumberKind.E164, NumberKind.SHORT}
    return Party(alias=None if dialled else text, number=number)


def _queue(fields: Fields, region: str) -> Queue | None:
    name = _one(fields, "queue")
    return Queue(name=name, number=_bare_number(name, region)) if name else None


def _ref(fields: Fields, name: str) -> str | None:
    """An id of a call, verbatim."""
    ref = next(iter(fields.get(name, ())), "").strip()
    if len(ref) > LONGEST_REF or not ref.isprintable():
        raise Unreadable(f"{name}: expected at most {LONGEST_REF} printable characters")
    return ref or None


def _one(fields: Fields, name: str) -> str | None:
    return next(iter(_texts(fields, name)[:1]), None)


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    """The texts of a field that hold something, without control characters and not longer than a name is."""
    cleaned = ("".join(sign if sign.isprintable() else " " for sign in text) for text in fields.get(name, ()))
    return tuple(short for text in cleaned if (short := " ".join(text.split())[:LONGEST_TEXT].strip()))
