"""What the courier is told: where events go, and how badly they travel."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simulators.exchange.world import Address, Format, Secret
from simulators.world import WorldModel

EVENTS = ("newCall", "answer", "hangup")


class Target(WorldModel):
    """The customer's endpoint."""

    url: Address = ""  # empty: events are only logged
    secret: Secret | None = Field(default=None, repr=False)  # None: unsigned
    format: Format = "form"

    def show(self) -> dict[str, object]:
        return {"url": self.url, "format": self.format, "signed": self.secret is not None}


class Travel(WorldModel):
    """What goes wrong on the way."""

    duplicate: bool = False  # every delivery comes twice, with the same webhook-id
    reorder: bool = False  # two events of a call that are close together arrive swapped
    drop_kinds: tuple[Literal["newCall", "answer", "hangup"], ...] = ()  # never sent
    delay: float = Field(default=0.0, ge=0, le=3600)  # seconds before each delivery
