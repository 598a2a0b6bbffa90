"""The doctor's checks of one operator: does it send, can it be listened to, and who does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from bot.findings import Finding, try_out
from calls.calling.call_requests import CallRoute
from calls.errors import Transient
from calls.model import Connection
from calls.ports import Snapshot, Stream, Tools
from calls.store.database import Database
from calls.store.tenants import Tenant, find_connection
from operators import OPERATORS

_TROUBLES: Mapping[str, str] = {
    "sign_in": "the log-in is refused",
    "refused": "the operator says no: check the product that was ordered, and the settings",
    "throttled": "the operator is asked too often",
    "lost": "the connection breaks: check the firewall, and the operator's status page",
    "ended": "the operator ends the connection",
    "database": "the database was away",
    "bug": "a mistake of ours: look at the log",
}


async def check_operator(database: Database, tools: Tools, what: str, row: Mapping[str, Any]) -> AsyncIterator[Finding]:
    """``row`` is one of ``operators_heard``."""
    operator = OPERATORS.get(row["type"])
    if operator is None:
        yield Finding(well=False, what=what, advice=f"there is no operator type {row['type']}")
    elif operator.stream is not None:
        connection = await find_connection(database, row["connection_id"])
        if connection is not None:
            yield await try_out(f"{what}, log-in and snapshot", lambda: _listen(operator.stream, connection, tools))
        yield _listener(what, row, tools)
    elif row["heard_at"] is None:
        advice = f"no event has come yet: let the operator send to /api/events/{row['connection_id']}"
        yield Finding(well=False, what=what, advice=advice)
    else:
        yield Finding(well=True, what=f"{what}, last heard {row['heard_at']:%Y-%m-%d %H:%M} UTC")


def tell_calling(tenant: Tenant, connections: Sequence[Connection], ways: Mapping[str, int]) -> Finding:
    """Whether employees can call from a card, ``ways`` being how many employees and lines of the company file call
    otherwise than the tenant, by the way. No fault that it is not set up; but one when somebody is told to call so."""
    what, through = f"{tenant.name}: calling from a card", tenant.settings.call_through
    others = f" ({', '.join(f'{count} through {way}' for way, count in sorted(ways.items()))})" if ways else ""
    if through is CallRoute.TEAMS and CallRoute.OPERATOR not in ways:
        return Finding(well=True, what=f"{what} opens a call in Teams")
    able = [
        each.name
        for each in connections
        if (operator := OPERATORS.get(each.type)) and operator.call_placer and operator.abilities_of(each).click_to_call
    ]
    if not able and CallRoute.OPERATOR in ways:
        advice = f"{ways[CallRoute.OPERATOR]} employees or lines call through an operator, and none has what it needs"
        return Finding(well=False, what=what, advice=advice)
    if through is CallRoute.TEAMS:
        return Finding(well=True, what=f"{what} opens a call in Teams{others}")
    if not able:
        return Finding(well=True, what=f"{what} is not set up: no operator has what it needs (see its README)")
    return Finding(well=True, what=f"{what} goes through {able[0]}{others}; not tried, because a phone would ring")


async def _listen(stream: Stream | None, connection: Connection, tools: Tools) -> None:
    """Up to the snapshot, beside whoever listens; nothing of it is kept."""
    assert stream is not None
    async with aclosing(stream.listen(connection, tools)) as messages:
        async for message in messages:
            if isinstance(message, Snapshot):
                return
    raise Transient("no snapshot")


def _listener(what: str, row: Mapping[str, Any], tools: Tools) -> Finding:
    if row["lease_until"] is None or row["lease_until"] <= tools.now():
        return Finding(well=False, what=what, advice="nobody listens: is a node running?")
    who = f"listened to by {row['owner']}"
    if row["connected_at"] is None:
        why = _TROUBLES.get(row["trouble"] or "", "it has just begun: look again in a moment")
        return Finding(well=False, what=f"{what}, {who}", advice=f"not connected; {why}")
    since = f"since {row['connected_at']:%Y-%m-%d %H:%M} UTC"
    return Finding(well=True, what=f"{what}, {who} {since}, last heard {row['last_heard_at']:%Y-%m-%d %H:%M} UTC")
