"""An operator that places calls in memory: whatever it is asked is kept, and its answers are what a test tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import aiohttp

from calls.model import Connection, OperatorAbilities
from calls.orders import Accepted, CallOrder
from calls.popups.limits import RowLimiter, RowQuotas
from calls.ports import Operator, Tools
from calls.store.credentials import RowCredentials
from calls.store.database import Database
from operators import OPERATORS
from tests.support.clock import Clock


@dataclass(kw_only=True)
class FakePlacer:
    """:class:`calls.ports.CallPlacer`. Answers come one after another; then everything is accepted."""

    answers: list[Accepted | BaseException] = field(default_factory=list)
    orders: list[CallOrder] = field(default_factory=list)

    async def place_call(self, order: CallOrder, connection: Connection, tools: Tools, *, deadline: float) -> Accepted:
        self.orders.append(order)
        answer = self.answers.pop(0) if self.answers else Accepted()
        if isinstance(answer, BaseException):
            raise answer
        return answer


@dataclass(kw_only=True)
class FakeOperator:
    """The generic operator, with a placer of the test's own."""

    type: str = "generic"
    abilities: OperatorAbilities = field(default_factory=lambda: OperatorAbilities(click_to_call=True))
    call_placer: FakePlacer = field(default_factory=FakePlacer)

    @property
    def webhook(self) -> object:
        return OPERATORS["generic"].webhook

    stream: None = None

    def abilities_of(self, connection: Connection) -> OperatorAbilities:
        return self.abilities

    def can(self, **abilities: bool) -> None:
        self.abilities = replace(self.abilities, **abilities)

    def check_settings(self, connection: Connection) -> None:
        OPERATORS["generic"].check_settings(connection)

    @property
    def as_operators(self) -> Mapping[str, Operator]:
        return {self.type: cast("Operator", self)}


def no_network(database: Database, now: Clock) -> Tools:
    """Tools for a placer that uses none of them."""
    return Tools(
        http=cast("aiohttp.ClientSession", None),
        limiter=RowLimiter(database, now),
        credentials=RowCredentials(database, now),
        quotas=RowQuotas(database, now),
        now=now,
    )
