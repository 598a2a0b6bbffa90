"""What the courier is told: where events go, and how badly they travel."""

from __future__ import annotations

import binascii
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from standardwebhooks import Webhook

from simulators.exchange.world import Format
from simulators.world import WorldModel

EVENTS = ("newCall", "answer", "hangup")


class Target(WorldModel):
    """The customer's endpoint."""

    url: str = ""  # empty: events are only logged
    secret: str | None = Field(default=None, repr=False)  # whsec_…; None: unsigned
    format: Format = "form"

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and not (parts.scheme in {"http", "https"} and parts.hostname):
            raise ValueError("an absolute http address, or nothing")
        return url

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, secret: str | None) -> str | None:
        if secret is not None:
            try:
                Webhook(secret)
            except (binascii.Error, RuntimeError, ValueError):
                raise ValueError("whsec_ and base64") from None
        return secret

    def show(self) -> dict[str, object]:
        return {"url": self.url, "format": self.format, "signed": self.secret is not None}


class Travel(WorldModel):
    """What goes wrong on the way."""

    duplicate: bool = False  # every delivery comes twice, with the same webhook-id
    reorder: bool = False  # two events of a call that are close together arrive swapped
    drop_kinds: tuple[Literal["newCall", "answer", "hangup"], ...] = ()  # never sent
    delay: float = Field(default=0.0, ge=0, le=3600)  # seconds before each delivery
