"""A call as the exchange keeps it, and what listeners are told about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators.exchange.world import Group, Line

CAUSES = ("normalClearing", "busy", "cancel", "noAnswer", "congestion", "notFound", "forwarded")


class RefusedError(Exception):
    """The exchange cannot do that; ``status`` is the HTTP status that says it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(kw_only=True, slots=True, eq=False)
class Call:
    """One call. Numbers are as the world writes them; events carry sipgate's form."""

    id: str
    xcid: str  # the operator's second id of the same call
    caller: str | None  # None: withheld
    to: str  # the number that was dialled: a line's, a queue's, or a shared one
    queue: str | None = None
    state: str = "ringing"  # then "answered", then "ended"
    ringing: list[Line]
    answered_by: Line | None = None
    cause: str | None = None
    started: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    parent: Call | None = field(default=None, repr=False)  # the call this one was transferred or forwarded from
    diversion: str | None = None  # the number that passed it on
    dialled_by: Line | None = None  # a colleague's telephone that makes the call; None: from outside
    consults: Call | None = field(default=None, repr=False)  # the caller of this one holds that one meanwhile
    group: Group | None = field(default=None, repr=False)  # the queue or shared number that rings
    rang: list[Line] = field(default_factory=list)  # every telephone that has rung, in the order of their first ring
    tried: list[Line] = field(default_factory=list)  # those of this round
    round: int = 1  # of the group, counted from 1
    rings_until: datetime | None = None  # when the group goes on to the next telephone or round; None: never

    @property
    def original_id(self) -> str:
        return self.parent.original_id if self.parent else self.id

    def lines(self) -> list[Line]:
        """Lines that are not free because of this call."""
        if self.state == "ended":
            return []
        ends = (self.answered_by, self.dialled_by)
        return [*self.ringing, *(line for line in ends if line is not None)]

    def show(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "from": self.caller,
            "to": self.to,
            "queue": self.queue,
            "state": self.state,
            "ringing": [line.number for line in self.ringing],
            "answered_by": self.answered_by.number if self.answered_by else None,
            "cause": self.cause,
            "started": self.started.isoformat(),
            "answered": self.answered.isoformat() if self.answered else None,
            "ended": self.ended.isoformat() if self.ended else None,
            "parent": self.parent.id if self.parent else None,
            "diversion": self.diversion,
            "dialled_by": self.dialled_by.number if self.dialled_by else None,
            "consults": self.consults.id if self.consults else None,
            "rang": [line.number for line in self.rang],
            "round": self.round,
            "rings_until": self.rings_until.isoformat() if self.rings_until else None,
        }


Listener = Callable[[str, Call], None]
"""Told what happens to a call, in the order it happens:

- ``newCall``: telephones ring. Again for the same call when a group goes on: ``call.ringing`` are those that ring now.
- ``reject``: one has declined and the call goes on. ``noReply``: a group's ring time is over, and the call goes on.
- ``answer``, ``hangup``.
"""
