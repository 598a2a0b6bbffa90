"""What was asked of each simulated system, for tests and for people who wonder what the service really sent."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

KEPT = 2000
"""How many requests are kept per system, the newest."""

_KEY_HEADERS = frozenset({"ocp-apim-subscription-key", "cookie", "x-functions-key"})


@dataclass(kw_only=True, slots=True)
class Record:
    """One request. ``status`` and ``handled`` are filled in when it is over."""

    at: datetime
    method: str
    path: str  # whole, with the simulator's prefix
    query: dict[str, Any]
    headers: dict[str, str]  # names in lower case, secrets replaced
    body: Any = field(repr=False)  # parsed JSON or form; None for anything else
    status: int | None = None  # what the caller saw; None: no answer (yet)
    handled: int | None = None  # what the simulator itself answered; None: a fault kept the request from it

    def show(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": self.body,
            "status": self.status,
            "handled": self.handled,
        }


class Recorder:
    """The log of one system, in the order the requests came."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT)

    async def write(self, request: web.Request) -> Record:
        """Note a request before it is handled. Reads its body, which stays readable for the handler."""
        record = Record(
            at=datetime.now(UTC),
            method=request.method,
            path=request.path,
            query=_collect(request.query.items()),
            headers=_redact(request.headers),
            body=None,
        )
        self._records.append(record)
        record.body = _parse_body(request.content_type, await request.read())
        return record

    def clear(self) -> None:
        self._records.clear()

    def show(self) -> list[dict[str, Any]]:
        return [record.show() for record in self._records]


def _redact(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers without secrets: of an Authorization only the scheme is kept."""
    shown: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        if key == "authorization":
            shown[key] = value.split(" ", 1)[0] if " " in value else "***"
        else:
            shown[key] = "***" if key in _KEY_HEADERS else value
    return shown


def _parse_body(content_type: str, body: bytes) -> Any:
    if not body:
        return None
    try:
        text = body.decode("utf-8")
        if content_type == "application/x-www-form-urlencoded":
            return _collect(parse_qsl(text, keep_blank_values=True))
        return json.loads(text)
    except ValueError:
        return None


def _collect(pairs: Any) -> dict[str, Any]:
    """Name and value pairs as an object; a repeated name gets a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found
