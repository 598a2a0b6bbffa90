"""Faults ordered through the control API: what a simulator should do wrong, and how often."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Annotated, Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _check_regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


class Fault(BaseModel):
    """One order. With neither ``status`` nor ``drop`` the right answer is given, only late."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Annotated[str, AfterValidator(_check_regex)] = ""  # searched in the path, with or without its prefix
    method: str | None = None  # None: any
    times: int | None = Field(default=None, ge=1)  # None: until cleared
    delay: float = Field(default=0.0, ge=0, le=600)  # seconds before the answer
    status: int | None = Field(default=None, ge=200, le=599)
    headers: dict[str, str] = Field(default_factory=dict)  # of the false answer
    body: str | dict[str, Any] | list[Any] | None = None  # of the false answer; an object is sent as JSON
    after: bool = False  # carry the request out first: it happened, but the caller is not told so
    drop: bool = False  # close the connection without an answer

    @model_validator(mode="after")
    def _check_meaning(self) -> Fault:
        if self.status is not None and self.drop:
            raise ValueError("give a status or drop, not both")
        if self.status is None and (self.headers or self.body is not None):
            raise ValueError("headers and body need a status")
        if self.status is None and not self.drop and not self.delay:
            raise ValueError("give a status, drop or a delay")
        return self

    def matches(self, method: str, *paths: str) -> bool:
        if self.method is not None and self.method.upper() != method:
            return False
        return any(re.search(self.path, path) for path in paths)

    def answer(self) -> web.Response:
        """The false answer. Its type is guessed from its text, unless the order names one."""
        text = self.body if isinstance(self.body, str) else "" if self.body is None else json.dumps(self.body)
        response = web.Response(status=self.status or 500, text=text, content_type=_guess_type(text))
        response.headers.update(self.headers)
        return response


def _guess_type(text: str) -> str:
    if text.startswith("<"):
        return "text/html"
    try:
        json.loads(text)
    except ValueError:
        return "text/plain"
    return "application/json"


class FaultQueue:
    """The orders for one simulated system. The first that fits a request is used; ``times`` counts down."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, method: str, *paths: str) -> Fault | None:
        """The fault for this request, counted as used."""
        for index, (fault, left) in enumerate(self._waiting):
            if not fault.matches(method, *paths):
                continue
            if left is None:
                return fault
            if left == 1:
                del self._waiting[index]
            else:
                self._waiting[index] = (fault, left - 1)
            return fault
        return None

    def show(self) -> list[dict[str, Any]]:
        """Every order that is still open, with the ``times`` it has left."""
        return [{**fault.model_dump(), "times": left} for fault, left in self._waiting]


class DroppedError(Exception):
    """The connection was closed on purpose; there is nobody left to answer."""


async def commit_fault(fault: Fault, request: web.Request, handler: Handler) -> tuple[web.StreamResponse, int | None]:
    """Do what the order says. Returns the answer, and the status of the real one where the request was carried out.

    Raises :class:`DroppedError` (its argument is that status) after closing the connection.
    """
    carried_out: web.StreamResponse | None = None
    if fault.after:
        carried_out = await handler(request)
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if carried_out is None and fault.status is None and not fault.drop:
        carried_out = await handler(request)
    handled = carried_out.status if carried_out is not None else None
    if fault.drop:
        if request.transport is not None:
            request.transport.close()
        raise DroppedError(handled)
    if fault.status is not None:
        return fault.answer(), handled
    assert carried_out is not None
    return carried_out, handled
