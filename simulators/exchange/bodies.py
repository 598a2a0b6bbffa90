"""Event bodies: sipgate's form fields and Zammad's generic CTI JSON.

sipgate: https://developer.sipgate.io/push-api/api-reference/ (names of fields, singular ``user`` in ``answer``).
Zammad: https://github.com/zammad/zammad-documentation, api/generic-cti. Only Zammad names a queue; the field is sent
in the form too, because a queue cannot be told from its number alone.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

from simulators.exchange.numbers import HIDDEN, to_digits
from simulators.exchange.switch import Call
from simulators.exchange.world import ExchangeWorld, Line

FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"


def write_form(kind: str, call: Call, world: ExchangeWorld, rung: list[Line]) -> str:
    """``rung`` are the lines that rang when the event happened (named in newCall only)."""
    fields = [("event", kind), *_parties(call, world), ("callId", call.id)]
    fields += [("origCallId", call.original_id), ("xcid", call.xcid)]
    if kind == "newCall":
        fields += [("user[]", line.name) for line in rung]
        fields += [("userId[]", line.alias) for line in rung]
        fields += [("fullUserId[]", world.account + line.alias) for line in rung]
    if kind == "answer" and call.answered_by:
        who = call.answered_by
        fields += [("user", who.name), ("userId", who.alias), ("fullUserId", world.account + who.alias)]
    if kind == "hangup":
        fields.append(("cause", call.cause or ""))
    if kind != "newCall" and call.answered_by:
        fields.append(("answeringNumber", to_digits(call.answered_by.number, world.country_code)))
    if call.diversion:
        fields.append(("diversion", to_digits(call.diversion, world.country_code)))
    if call.queue:
        fields.append(("queue", call.queue))
    return urlencode(fields)


def write_json(kind: str, call: Call, world: ExchangeWorld, rung: list[Line]) -> str:
    body: dict[str, object] = {"event": kind, **dict(_parties(call, world)), "callId": call.id}
    if kind == "newCall":
        body["user"] = [line.name for line in rung]
    if kind == "answer" and call.answered_by:
        body["user"] = [call.answered_by.name]
    if kind == "hangup":
        body["cause"] = call.cause
    if kind != "newCall" and call.answered_by:
        body["answeringNumber"] = to_digits(call.answered_by.number, world.country_code)
    if call.queue:
        body["queue"] = call.queue
    return json.dumps(body, ensure_ascii=False)


def write_outgoing_form(kind: str, call: Call, world: ExchangeWorld, line: Line) -> str:
    """A call that an employee makes: ``from`` and ``user`` are theirs (sipgate's reference, ``direction=out``)."""
    parties = [*_parties(call, world)[:2], ("direction", "out")]
    fields = [("event", kind), *parties, ("callId", call.id), ("origCallId", call.original_id), ("xcid", call.xcid)]
    if kind == "newCall":
        fields += [("user[]", line.name), ("userId[]", line.alias), ("fullUserId[]", world.account + line.alias)]
    if kind == "hangup":
        fields.append(("cause", call.cause or ""))
    return urlencode(fields)


def write_outgoing_json(kind: str, call: Call, world: ExchangeWorld, line: Line) -> str:
    body: dict[str, object] = {"event": kind, **dict(_parties(call, world)), "direction": "out", "callId": call.id}
    if kind == "newCall":
        body["user"] = [line.name]
    if kind == "hangup":
        body["cause"] = call.cause
    return json.dumps(body, ensure_ascii=False)


def _parties(call: Call, world: ExchangeWorld) -> list[tuple[str, str]]:
    caller = HIDDEN if call.caller is None else to_digits(call.caller, world.country_code)
    return [("from", caller), ("to", to_digits(call.to, world.country_code)), ("direction", "in")]
