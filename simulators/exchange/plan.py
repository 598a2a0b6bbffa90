"""The number plan: which line, queue or shared number is meant, however it was written."""

from __future__ import annotations

from simulators.exchange.call import RefusedError
from simulators.exchange.numbers import HIDDEN, to_digits
from simulators.exchange.world import ExchangeWorld, Group, Line


class NumberPlan:
    def __init__(self, world: ExchangeWorld) -> None:
        self._world = world

    def read_caller(self, caller: str | None) -> str | None:
        """Who calls; None: withheld."""
        if caller is None or caller == HIDDEN:
            return None
        try:
            to_digits(caller, self._world.country_code)
        except ValueError:
            raise RefusedError(400, "from: not a telephone number") from None
        return caller

    def read_line(self, number: str) -> Line:
        line = self.find_line(number)
        if line is None:
            raise RefusedError(400, "to: no such line")
        return line

    def find_line(self, number: str | None) -> Line | None:
        return next((line for line in self._world.lines if number and self.same(number, line.number)), None)

    def find_group(self, name: str) -> Group | None:
        """By name or number."""
        groups = (*self._world.queues, *self._world.shared)
        return next((g for g in groups if g.name.casefold() == name.casefold() or self.same(name, g.number)), None)

    def members(self, group: Group | None) -> list[Line]:
        """In the order the group names them."""
        return [line for number in (group.members if group else ()) if (line := self.find_line(number)) is not None]

    def same(self, number: str, other: str) -> bool:
        code = self._world.country_code
        try:
            return to_digits(number, code) == to_digits(other, code)
        except ValueError:
            return False
