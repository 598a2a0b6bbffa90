"""What the world file says about the telephone exchange (section ``exchange``)."""

from __future__ import annotations

import binascii
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from simulators.world import WorldModel

Format = Literal["form", "json"]
ToldThrough = Literal["both", "webhook", "stream"]


def _check_address(url: str) -> str:
    parts = urlsplit(url)
    if url and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("an absolute http address, or nothing")
    return url


def _check_secret(secret: str) -> str:
    try:
        Webhook(secret)
    except (binascii.Error, EmptyWebhookSecretError):
        raise ValueError("whsec_ and base64") from None
    return secret


Address = Annotated[str, AfterValidator(_check_address)]
"""Where events go; empty: nowhere."""
Secret = Annotated[str, AfterValidator(_check_secret)]
"""A Standard Webhooks secret (``whsec_…``)."""


class Line(WorldModel):
    """An employee's telephone."""

    number: str
    alias: str  # the operator's own id of the user ("w0"), sent as userId
    name: str
    busy_forward: str | None = None  # the line that a call goes on to while this one is busy


class Group(WorldModel):
    """A number that rings several lines."""

    name: str
    number: str
    members: tuple[str, ...]  # line numbers, in the order they are tried
    strategy: Literal["all", "hunt"] = "all"  # all at once, or one after the other
    ring_seconds: float | None = Field(default=None, gt=0, le=600)  # then the next one or the next round; None: never
    rounds: int = Field(default=1, ge=1, le=100)  # how often it begins anew before it gives up


class Queue(Group):
    """A group whose name the operator tells."""


class SharedNumber(Group):
    """A number that several people share, such as the switchboard's; the operator tells it as any number dialled."""


class Caller(WorldModel):
    """Somebody the demo's page offers as a caller; anybody else may call too."""

    number: str | None = None  # None: withheld
    label: str
    note: str = ""


class Answering(WorldModel):
    """What somebody outside does when the exchange calls them for an employee."""

    number: str
    does: Literal["answer", "busy", "no_answer", "wait"] = "answer"  # wait: until a test or a page says
    after: float = Field(default=1.0, ge=0, le=600)  # seconds


class ClickToDialWorld(WorldModel):
    """The door for calls that employees ask for."""

    token: str = Field(min_length=1, repr=False)  # the bearer token it wants
    echo: Literal["both", "inbound", "outbound"] = "both"  # which of the two phones' calls the customer is told of
    rings_from: str | None = None  # what the employee's phone shows; None: the number that will be called
    people: tuple[Answering, ...] = ()  # anybody else answers after a second


class ExchangeWorld(WorldModel):
    events_url: Address = ""  # empty: nowhere until somebody says where (PUT /simulators/exchange/target)
    format: Format = "form"
    told_through: ToldThrough = "both"  # the interface that tells of calls (telling.py)
    secret: Secret | None = Field(default=None, repr=False)  # sign deliveries with it; None: unsigned
    account: str = "1234567"  # the customer's account at the operator, first part of fullUserId
    country_code: str = "47"  # put before national numbers in events
    lines: tuple[Line, ...] = ()
    queues: tuple[Queue, ...] = ()
    shared: tuple[SharedNumber, ...] = ()
    callers: tuple[Caller, ...] = ()
    click_to_dial: ClickToDialWorld | None = None  # None: this exchange places no calls for anybody

    @model_validator(mode="after")
    def _check_members(self) -> ExchangeWorld:
        known = {line.number for line in self.lines}
        for group in (*self.queues, *self.shared):
            if unknown := set(group.members) - known:
                raise ValueError(f"{group.name}: {', '.join(sorted(unknown))} is no line")
        for line in self.lines:
            if line.busy_forward is not None and line.busy_forward not in known - {line.number}:
                raise ValueError(f"{line.name}: busy_forward {line.busy_forward} is no other line")
        return self
