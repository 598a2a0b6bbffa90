"""Logging in: one session for all nodes, kept sealed with the connection, renewed when it is refused.

``POST /authenticate`` answers a ``sessionId`` that travels as cookie ``BNINTEGRATORAPI`` (seen in programs of others,
README.md). How long a session lives is not public: it is used until it is refused, and for twelve hours at most.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta

from calls.errors import NeedsSignIn, Throttled, Transient, Unknown
from calls.model import Connection
from calls.ports import Token, Tools
from operators.phonero.settings import read_settings
from operators.posting import post_json

_LIFE = timedelta(hours=12)
_SECONDS = 10.0  # for one log-in
_SESSION = re.compile(r"[!#-+\--:<-\[\]-~]{1,4000}")  # what a cookie may hold (RFC 6265, 4.1.1)
_REFUSED = frozenset({400, 401, 403})


async def read_session(connection: Connection, tools: Tools) -> str:
    """The session in force, logged in anew where there is none. Raises the errors of :mod:`calls.errors`."""

    async def log_in(_: str | None) -> Token:
        return await _log_in(connection, tools)

    return await tools.credentials.token(connection, log_in)


def cookie(session: str) -> Mapping[str, str]:
    return {"Cookie": f"BNINTEGRATORAPI={session}"}


async def _log_in(connection: Connection, tools: Tools) -> Token:
    settings = read_settings(connection)
    for password in settings.passwords:
        try:
            answer = await post_json(
                tools.http,
                f"{settings.base_url}/authenticate",
                {"username": settings.username, "password": password},
                purpose="Phonero log-in",
                deadline=asyncio.get_running_loop().time() + _SECONDS,
            )
        except Unknown as problem:  # nothing is lost by logging in again
            raise Transient(str(problem)) from None
        session = answer.body.get("sessionId") if answer.body else None
        if answer.status == 429:
            raise Throttled("Phonero log-in: 429", retry_after=answer.retry_after, scope="phonero:login")
        if answer.status in _REFUSED:
            continue
        if answer.status >= 300:
            raise Transient(f"Phonero log-in: {answer.status}")
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            raise Transient("Phonero log-in: no usable sessionId in the answer")
        return Token(access=session, expires_at=tools.now() + _LIFE)
    raise NeedsSignIn("Phonero log-in: username or password refused")
