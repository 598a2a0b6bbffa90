"""Whose connection an events address names, found out for strangers without letting them keep the database busy.

An id is no proof, so everybody may make us look. Ids that were found before wait only behind their own kind; all others
together have the room of one, and one that is not there is not looked for again at once.

A connection is remembered as it was. Whoever stores anything in its name has the database compare its version first
(:func:`calls.intake.ingest.take_in`), and whoever refuses anything looks anew before.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from bot.gates import Gates
from calls.model import Connection
from calls.store.database import Database
from calls.store.tenants import find_connection

_T = TypeVar("_T")
ROOM = 4  # look-ups at a time for one connection, and for all strangers together; the node's pool has room for 12
PATIENCE = 30.0  # seconds in line before the sender is asked to come again; longer than any operator waits for us
UNKNOWN_FOR = 5.0  # seconds; so long a new connection may go unnoticed by this node
KEPT = 10_000  # ids of each kind


class Acquaintances:
    """The connections of the events door."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._gates = Gates(room=ROOM, patience=PATIENCE)
        self._known: OrderedDict[UUID, Connection] = OrderedDict()
        self._unknown: OrderedDict[UUID, float] = OrderedDict()  # until when

    async def find(self, connection_id: UUID, *, anew: bool = False) -> tuple[Connection | None, bool]:
        """The enabled connection, and whether it is a remembered one; ``anew``: fresh from the database. TimeoutError:
        too many are in line."""
        if self._unknown.get(connection_id, 0.0) > self._clock():
            return None, False
        known = self._known.get(connection_id)
        if known is not None and not anew:
            self._known.move_to_end(connection_id)
            return known, True
        async with self._gates.through(connection_id if known else None):
            found = await find_connection(self._database, connection_id)
        if found is not None:
            _keep(self._known, connection_id, found)
        elif known:  # taken out or switched off, perhaps for a moment
            self._known.pop(connection_id, None)
        else:
            _keep(self._unknown, connection_id, self._clock() + UNKNOWN_FOR)
        return found, False


def _keep(kept: OrderedDict[UUID, _T], key: UUID, value: _T) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > KEPT:
        kept.popitem(last=False)
