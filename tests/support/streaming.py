"""An operator that is listened to, in a test's hands, and a company that has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from calls.model import Connection
from calls.ports import Parsed, Snapshot, Tools
from tests.support.companies import company_text

STREAM = UUID("0be0a70c-0000-4000-8000-00000000beef")
SECRETS = {"TEST_PHONERO_USER": "integrator", "TEST_PHONERO_PASSWORD": "password of the stream"}
_CONNECTION = f"""
[[connections]]
id = "{STREAM}"
kind = "operator"
type = "phonero"
name = "Bedriftsnett"
settings = {{ customer_id = "4711" }}
secrets = {{ username = {{ env = "TEST_PHONERO_USER" }}, password = {{ env = "TEST_PHONERO_PASSWORD" }} }}
"""


def with_stream(text: str | None = None, *, customer_id: str = "4711") -> str:
    """A company file with an operator that is listened to, beside the one of :func:`company_text`."""
    added = _CONNECTION.replace('"4711"', f'"{customer_id}"')
    head, mark, rest = (text or company_text()).partition("[[employees]]")
    return head + added + mark + rest


@dataclass
class Line:
    """One connection, as the operator sees it."""

    connection: Connection
    coming: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    open: bool = True

    def send(self, message: Snapshot | Parsed | Exception) -> None:
        self.coming.put_nowait(message)


class ScriptedStream:
    """:class:`calls.ports.Stream`: what is sent on its lines is what is heard; an exception ends one."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.refusals: list[Exception] = []  # for the next connections, one each

    async def listen(self, connection: Connection, tools: Tools) -> AsyncGenerator[Snapshot | Parsed, None]:
        line = Line(connection=connection)
        self.lines.append(line)
        try:
            if self.refusals:
                raise self.refusals.pop(0)
            while True:
                message = await line.coming.get()
                if isinstance(message, Exception):
                    raise message
                yield message
        finally:
            line.open = False

    @property
    def open(self) -> list[Line]:
        return [line for line in self.lines if line.open]
