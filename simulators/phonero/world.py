"""What the world file says about Phonero's integrator interface (section ``phonero``)."""

from __future__ import annotations

from pydantic import Field

from simulators.world import WorldModel


class PhoneroWorld(WorldModel):
    customer_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    username: str = Field(min_length=1)
    password: str = Field(min_length=1, repr=False)
    session_seconds: float = Field(default=3600.0, gt=0)  # a session's life from its log-in
    ping_seconds: float = Field(default=60.0, gt=0)  # a client pings this often; half as long again without is too long
    click_to_dial: bool = True  # the customer has ordered it
    target_answers_after: float | None = Field(default=None, ge=0)  # seconds; None: when a test or a page says so
