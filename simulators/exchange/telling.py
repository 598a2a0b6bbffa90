"""Through which of its interfaces the operator tells the customer of calls.

One exchange stands behind two of them: events that it sends (``courier.py``), and a stream that the customer opens
(``simulators/phonero``). A customer who has both would hear of every call twice.
"""

from __future__ import annotations

from collections.abc import Callable

from simulators.exchange.call import RefusedError
from simulators.exchange.orders import Travel
from simulators.exchange.switch import Switch
from simulators.exchange.world import ToldThrough
from simulators.world import WorldModel


class TellingOrder(WorldModel):
    """The body of ``PUT /telling``."""

    through: ToldThrough


class Telling:
    def __init__(self, through: ToldThrough, switch: Switch, travel: Callable[[], Travel]) -> None:
        self.through = through
        self._switch = switch
        self._travel = travel  # how badly things travel now

    @property
    def by_webhook(self) -> bool:
        return self.through != "stream"

    @property
    def by_stream(self) -> bool:
        return self.through != "webhook"

    @property
    def times(self) -> int:
        """How often everything is told. Of what can go wrong on the way this is all that a stream can do too: it is one
        connection, which keeps its order and loses nothing but itself."""
        return 2 if self._travel().duplicate else 1

    def change(self, through: ToldThrough) -> None:
        """Raises RefusedError (409) while a call lives: half of it would be told here, and half there."""
        if any(call.state != "ended" for call in self._switch.calls()):
            raise RefusedError(409, "calls are under way")
        self.through = through
