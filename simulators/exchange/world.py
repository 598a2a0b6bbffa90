"""What the world file says about the telephone exchange (section ``exchange``)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from simulators.world import WorldModel

Format = Literal["form", "json"]


class Line(WorldModel):
    """An employee's telephone."""

    number: str
    alias: str  # the operator's own id of the user ("w0"), sent as userId
    name: str


class Queue(WorldModel):
    """A number that rings several lines at once."""

    name: str
    number: str
    members: tuple[str, ...]  # line numbers


class Caller(WorldModel):
    """Somebody the demo's page offers as a caller; anybody else may call too."""

    number: str | None = None  # None: withheld
    label: str
    note: str = ""


class ExchangeWorld(WorldModel):
    events_url: str = ""  # where events go; empty: nowhere until somebody says (PUT /simulators/exchange/target)
    format: Format = "form"
    secret: str | None = None  # whsec_…: sign deliveries; None: unsigned
    account: str = "1234567"  # the customer's account at the operator, first part of fullUserId
    country_code: str = "47"  # put before national numbers in events
    lines: tuple[Line, ...] = ()
    queues: tuple[Queue, ...] = ()
    callers: tuple[Caller, ...] = ()

    @model_validator(mode="after")
    def _check_members(self) -> ExchangeWorld:
        known = {line.number for line in self.lines}
        for queue in self.queues:
            if unknown := set(queue.members) - known:
                raise ValueError(f"queue {queue.name}: {', '.join(sorted(unknown))} is no line")
        return self
