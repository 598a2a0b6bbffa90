"""The exchange's door for orders to call, as CAMARA Click to Dial 0.1.0 documents it.

https://github.com/camaraproject/ClickToDial, code/API_definitions/click-to-dial.yaml: paths, fields, the pattern of a
number, ``x-correlator``, and errors of ``status``, ``code`` and ``message``. Strict where the document is: unknown
properties and anything but E.164 are refused. A ``sink`` is refused too: no CloudEvents are delivered.
"""

from __future__ import annotations

import hmac
import json
import re
from collections import deque
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from simulators.control import beside
from simulators.exchange.dialling import Dialling, Session
from simulators.exchange.switch import RefusedError
from simulators.exchange.world import ExchangeWorld

KEPT = 2000
"""Orders remembered, the newest."""

_NUMBER = re.compile(r"\+[1-9]\d{1,14}")
_CORRELATOR = re.compile(r"[a-zA-Z0-9\-_:;./<>{}]{0,256}")
_KNOWN = frozenset({"caller", "callee", "recordingEnabled"})


class _Problem(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class ClickToDial:
    def __init__(self, world: ExchangeWorld, dialling: Dialling) -> None:
        self._rules = world.click_to_dial
        self._dialling = dialling
        self._log: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def add_routes(self, app: web.Application, prefix: str) -> None:
        """The API at ``prefix``/calls; the log of orders and what the other side does beside it."""
        app.router.add_get(prefix, beside(_plain(self._show_log)))
        app.router.add_delete(prefix, beside(_plain(self._clear_log)))
        app.router.add_post(prefix + "/calls/{call}/other-side", beside(_plain(self._other_side)))
        app.router.add_post(prefix + "/calls", self._create)
        app.router.add_get(prefix + "/calls/{call}", self._read)
        app.router.add_delete(prefix + "/calls/{call}", self._terminate)

    async def _create(self, request: web.Request) -> web.Response:
        """Every order is in the log, whatever came of it."""
        entry: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(),
            "correlator": request.headers.get("x-correlator"),
            "caller": None,
            "callee": None,
        }
        self._log.append(entry)
        try:
            self._check_caller(request)
            session = self._start(await _read_order(request), entry)
        except _Problem as problem:
            entry |= {"status": problem.status, "code": problem.code, "callId": None}
            return _refuse(request, problem)
        entry |= {"status": 201, "code": None, "callId": session.id}
        return _echo(request, web.json_response(_show(session), status=201))

    def _start(self, order: dict[str, Any], entry: dict[str, Any]) -> Session:
        caller, callee = (_read_number(order, name) for name in ("caller", "callee"))
        entry |= {"caller": caller, "callee": callee}
        if "recordingEnabled" in order:
            if not isinstance(order["recordingEnabled"], bool):
                raise _Problem(400, "INVALID_ARGUMENT", "recordingEnabled: a boolean")
            if order["recordingEnabled"]:
                raise _Problem(422, "RECORDING_NOT_SUPPORTED", "Recording is not supported.")
        if caller == callee:
            raise _Problem(422, "SAME_CALLER_CALLEE", "Caller and callee are the same.")
        line = self._dialling.line(caller)
        if line is None:
            raise _Problem(403, "PERMISSION_DENIED", "The caller is no line of this account.")
        if self._dialling.is_calling(line, callee):
            raise _Problem(409, "ALREADY_EXISTS", "These two are being connected already.")
        try:
            return self._dialling.start(line, caller, callee)
        except RefusedError:
            raise _Problem(422, "CALLER_NOT_AVAILABLE", "The caller is busy.") from None

    async def _read(self, request: web.Request) -> web.Response:
        try:
            self._check_caller(request)
            return _echo(request, web.json_response(_show(self._find(request))))
        except _Problem as problem:
            return _refuse(request, problem)

    async def _terminate(self, request: web.Request) -> web.Response:
        try:
            self._check_caller(request)
            session = self._find(request)
        except _Problem as problem:
            return _refuse(request, problem)
        if session.state in {"disconnected", "failed"}:
            return _refuse(request, _Problem(409, "CONFLICT", "The call is over."))
        self._dialling.stop(session)
        return _echo(request, web.Response(status=204))

    async def _other_side(self, request: web.Request) -> web.Response:
        """For tests and pages: ``{"does": "answer" | "busy" | "no_answer" | "hangup"}``."""
        session = self._dialling.find(request.match_info["call"])
        if session is None:
            return web.json_response({"error": "no such call"}, status=404)
        body = await request.json()
        try:
            self._dialling.other_does(session, str(body.get("does")))
        except RefusedError as error:
            return web.json_response({"error": str(error)}, status=error.status)
        return web.json_response(_show(session))

    async def _show_log(self, _: web.Request) -> web.Response:
        return web.json_response(list(self._log))

    async def _clear_log(self, _: web.Request) -> web.Response:
        self._log.clear()
        return web.Response(status=204)

    def _check_caller(self, request: web.Request) -> None:
        if self._rules is None:
            raise _Problem(404, "NOT_FOUND", "This exchange places no calls.")
        if not _CORRELATOR.fullmatch(request.headers.get("x-correlator", "")):
            raise _Problem(400, "INVALID_ARGUMENT", "x-correlator: does not fit its pattern")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), self._rules.token.encode()):
            raise _Problem(
                401, "UNAUTHENTICATED", "Request not authenticated due to missing, invalid, or expired credentials."
            )

    def _find(self, request: web.Request) -> Session:
        session = self._dialling.find(request.match_info["call"])
        if session is None:
            raise _Problem(404, "NOT_FOUND", "The specified resource is not found.")
        return session


def _plain(handler: Handler) -> Handler:
    """A function for a method: it can be marked."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    return handle


async def _read_order(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise _Problem(415, "UNSUPPORTED_MEDIA_TYPE", "application/json is wanted.")
    try:
        order = json.loads(await request.read())
    except ValueError:
        raise _Problem(400, "INVALID_ARGUMENT", "The body is not JSON.") from None
    if not isinstance(order, dict) or set(order) - _KNOWN:
        raise _Problem(400, "INVALID_ARGUMENT", "Client specified an invalid argument, request body or query param.")
    return order


def _read_number(order: dict[str, Any], name: str) -> str:
    party = order.get(name)
    if not isinstance(party, dict) or set(party) != {"number"} or not isinstance(party["number"], str):
        raise _Problem(400, "INVALID_ARGUMENT", f"{name}: an object with a number")
    number: str = party["number"]
    if not _NUMBER.fullmatch(number):
        raise _Problem(422, "INVALID_PHONE_NUMBER", f"{name}: not a number in E.164")
    return number


def _show(session: Session) -> dict[str, Any]:
    return {
        "callId": session.id,
        "caller": {"number": session.caller},
        "callee": {"number": session.callee},
        "status": session.state,
        "createdAt": session.created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "recordingEnabled": False,
    }


def _refuse(request: web.Request, problem: _Problem) -> web.Response:
    body = {"status": problem.status, "code": problem.code, "message": str(problem)}
    return _echo(request, web.json_response(body, status=problem.status))


def _echo(request: web.Request, response: web.Response) -> web.Response:
    correlator = request.headers.get("x-correlator", "")
    if correlator and _CORRELATOR.fullmatch(correlator):
        response.headers["x-correlator"] = correlator
    return response
