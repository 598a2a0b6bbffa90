"""A simulated HubSpot account, the line to it, and our side's tools."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from calls.model import Connection
from calls.numbers import Number, parse_number
from calls.ports import Connector, Tools
from crm_connectors import CONNECTORS
from crm_connectors.testing.bad_line import BadLine

HUBSPOT = CONNECTORS["hubspot"]
PREFIX = "/simulators/hubspot"
Connect = Callable[[str], Connection]
ReadCalls = Callable[[str], Awaitable[list[Mapping[str, object]]]]


class Account:
    """The simulated account, the line to it and our side's tools."""

    def __init__(self, line: BadLine, tools: Tools, target: str) -> None:
        self.line = line
        self.tools = tools
        self.target = f"{target}{PREFIX}"
        self.now = datetime(2026, 7, 1, 12, tzinfo=UTC)

    def open(self, connect: Connect, *, tools: Tools | None = None, **settings: object) -> Connector:
        connection = connect(f"{self.line.url}{PREFIX}")
        connection = replace(connection, settings={**connection.settings, **settings})
        HUBSPOT.check_settings(connection)
        return HUBSPOT.connect(connection, tools or self.tools)

    def count(self, path: str) -> int:
        return sum(path in str(ask) for ask in self.line.asked)


def number(dialled: str) -> Number:
    parsed = parse_number(dialled)
    assert parsed is not None
    return parsed


def later(seconds: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + seconds
