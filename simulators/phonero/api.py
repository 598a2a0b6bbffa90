"""The integrator's interface over HTTP: log-in, the way to the stream, click-to-dial; and beside it what tests need."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from simulators.control import beside
from simulators.exchange.call import Call, RefusedError
from simulators.exchange.dialling import Dialling as Orders
from simulators.exchange.switch import Switch
from simulators.exchange.telling import Telling
from simulators.phonero.dialling import RESULTS, Dialled, Dialling
from simulators.phonero.ledger import Ledger
from simulators.phonero.status import write_call, write_number
from simulators.phonero.stream import Sockets
from simulators.phonero.world import PhoneroWorld

PREFIX = "/simulators/phonero"
COOKIE = "BNINTEGRATORAPI"
KEPT = 2000
"""Orders remembered, the newest."""

_OWN = re.compile(r"[2-9][0-9]{7}")
_DESTINATION = re.compile(r"[2-9][0-9]{7}|0[2-9][0-9]{3}|00[1-9][0-9]{6,14}")
_ORDER = frozenset({"customerId", "number", "destinationNumber", "callerId"})
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    def __init__(self, world: PhoneroWorld, switch: Switch, telling: Telling, orders: Orders) -> None:
        self._world = world
        self._switch = switch
        self._telling = telling
        self._orders_elsewhere = orders
        self._country_code = switch.world.country_code
        self._ledger = Ledger()
        self._sessions: dict[str, float] = {}  # with the loop's time at which each ends
        self._refused_until = 0.0
        self._orders: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.sockets = Sockets(world.customer_id, world.ping_seconds, self._snapshot)
        self.dialling = Dialling(switch, self._tell, world.target_answers_after)
        switch.listen(self._note)
        orders.listen(self._tell)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post(PREFIX + "/authenticate", self._while_there(self._authenticate))
        app.router.add_get(PREFIX + "/events", self._while_there(self._events))
        app.router.add_post(PREFIX + "/call/clicktodial", self._while_there(self._click_to_dial))
        app.router.add_get(PREFIX + "/_state", self._state)
        app.router.add_put(PREFIX + "/_stream", self._disturb)
        app.router.add_get(PREFIX + "/_orders", self._show_orders)
        app.router.add_delete(PREFIX + "/_orders", self._clear_orders)
        app.router.add_post(PREFIX + "/_orders/{call}/target", self._target)

    # -- the interface ---------------------------------------------------------------------------------------------

    async def _authenticate(self, request: web.Request) -> web.Response:
        body = await _read(request)
        if body is None or set(body) != {"username", "password"} or not all(isinstance(v, str) for v in body.values()):
            return _no(400, "Bad request")
        given = f"{body['username']}\0{body['password']}".encode()
        if not hmac.compare_digest(given, f"{self._world.username}\0{self._world.password}".encode()):
            return _no(401, "Wrong username or password")
        session = secrets.token_hex(24)
        loop = asyncio.get_running_loop()
        self._sessions[session] = loop.time() + self._world.session_seconds
        loop.call_later(self._world.session_seconds, self._end_session, session)
        return web.json_response({"sessionId": session})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            return _no(401, "Not logged in")
        return await self.sockets.serve(request, session)

    async def _click_to_dial(self, request: web.Request) -> web.Response:
        """Every order is in the log, whatever came of it."""
        entry: dict[str, Any] = {"at": datetime.now(UTC).isoformat(), "body": None, "status": 200, "callId": None}
        self._orders.append(entry)
        if self._session(request) is None:
            entry["status"] = 401
            return _no(401, "Not logged in")
        entry["body"] = order = await _read(request)
        status, problem = self._check(order)
        if order is not None and problem is None:
            try:
                dialled = self.dialling.start(
                    order["number"], order["destinationNumber"], order["callerId"], datetime.now(UTC)
                )
            except RefusedError as refusal:
                status, problem = refusal.status, "User is busy"
            else:
                entry["callId"] = dialled.call.id
        entry["status"] = status
        return _no(status, problem) if problem else web.json_response({"errorMessage": None})

    def _check(self, order: dict[str, Any] | None) -> tuple[int, str | None]:
        """The status and the errorMessage for an order; the strictest reading of what has been seen."""
        if order is None or set(order) != _ORDER or not all(isinstance(value, str) for value in order.values()):
            return 400, "Bad request"
        if order["customerId"] != self._world.customer_id:
            return 403, "Access denied"
        if not self._world.click_to_dial:
            return 403, "Click to dial is not ordered"
        if not _OWN.fullmatch(order["number"]) or self._switch.plan.find_line(order["number"]) is None:
            return 400, "Invalid number"
        if not _DESTINATION.fullmatch(order["destinationNumber"]):
            return 400, "Invalid destination"
        if order["number"] == order["destinationNumber"]:
            return 400, "Same number"
        if order["callerId"] not in self._own_numbers():
            return 400, "Illegal callerId"
        return 200, None

    # -- what happens in the exchange ------------------------------------------------------------------------------

    def _note(self, kind: str, call: Call) -> None:
        self._ledger.note(kind, call, datetime.now(UTC))
        self.dialling.note(kind, call)
        self._tell(call)

    def _tell(self, call: Call) -> None:
        if self._telling.by_stream:
            for _ in range(self._telling.times):
                self.sockets.update(self._write(call))

    def _write(self, call: Call) -> dict[str, Any]:
        rung, dialled = self._ledger.of(call), self.dialling.find(call) or self._ordered_elsewhere(call)
        if dialled is not None:
            return self.dialling.write(dialled, rung, self._country_code)
        passed_on = any(other.parent is call and other.answered for other in self._switch.calls())
        return write_call(call, rung, self._country_code, passed_on=passed_on)

    def _ordered_elsewhere(self, call: Call) -> Dialled | None:
        """As by click-to-dial: the exchange tells of a call one way, whichever of its doors it was ordered at."""
        session = self._orders_elsewhere.order_of(call)
        if session is None:
            return None
        answered = session.second.answered if session.second else None
        result = RESULTS.get(session.reason or "") if call.state == "ended" else None
        if result == "Answered" and answered is None:
            result = "Cancelled"  # the employee did not wait
        return Dialled(
            call=call,
            target=write_number(session.callee, self._country_code),
            shown=session.caller,
            answered=answered,
            result=result,
        )

    def _snapshot(self) -> list[dict[str, Any]]:
        if not self._telling.by_stream:
            return []
        return [self._write(call) for call in self._switch.calls() if call.state != "ended"]

    def _own_numbers(self) -> set[str]:
        world = self._switch.world
        known = [line.number for line in world.lines]
        known += [group.number for groups in (world.queues, world.shared) for group in groups]
        return {write_number(number, self._country_code) for number in known}

    # -- for tests and pages ---------------------------------------------------------------------------------------

    @beside
    async def _state(self, _: web.Request) -> web.Response:
        open_sockets = [listener for listener in self.sockets.open if listener.subscribed]
        refused = max(0.0, self._refused_until - asyncio.get_running_loop().time())
        return web.json_response(
            {"sessions": len(self._sessions), "listeners": len(open_sockets), "refused_seconds": round(refused, 1)}
        )

    @beside
    async def _disturb(self, request: web.Request) -> web.Response:
        """``{"refuse_seconds", "silent", "cut", "expire"}``: what is not named is as it should be."""
        order = await _read(request)
        known = {"refuse_seconds": (int, float), "silent": bool, "cut": bool, "expire": bool}
        if order is None or any(name not in known or not isinstance(order[name], known[name]) for name in order):  # type: ignore[arg-type]
            return web.json_response({"error": f"known: {', '.join(known)}"}, status=400)
        self._refused_until = asyncio.get_running_loop().time() + order.get("refuse_seconds", 0)
        self.sockets.silent = order.get("silent", False)
        if order.get("expire"):
            sessions = list(self._sessions)
            self._sessions.clear()
            for session in sessions:
                await self.sockets.end_session(session)
        cut = self.sockets.cut() if order.get("cut") else 0
        return web.json_response({"cut": cut})

    @beside
    async def _show_orders(self, _: web.Request) -> web.Response:
        return web.json_response(list(self._orders))

    @beside
    async def _clear_orders(self, _: web.Request) -> web.Response:
        self._orders.clear()
        return web.Response(status=204)

    @beside
    async def _target(self, request: web.Request) -> web.Response:
        """``{"does": "answer" | "busy" | "hangup"}``: the number that an employee has had called."""
        body = await _read(request) or {}
        try:
            self.dialling.target_does(request.match_info["call"], str(body.get("does")), datetime.now(UTC))
        except RefusedError as refusal:
            return web.json_response({"error": str(refusal)}, status=refusal.status)
        return web.Response(status=204)

    def _while_there(self, handler: _Handler) -> _Handler:
        """While the service is refused, whoever comes finds a closed connection."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if asyncio.get_running_loop().time() < self._refused_until:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=499)
            return await handler(request)

        return handle

    def _session(self, request: web.Request) -> str | None:
        session = request.cookies.get(COOKIE, "")
        return session if self._sessions.get(session, 0.0) > asyncio.get_running_loop().time() else None

    def _end_session(self, session: str) -> None:
        if self._sessions.pop(session, None) is not None:
            task = asyncio.ensure_future(self.sockets.end_session(session))
            self._ending = task  # kept until it is done


async def _read(request: web.Request) -> dict[str, Any] | None:
    """The JSON object of a body; None when it is none."""
    if request.content_type != "application/json":
        return None
    try:
        body = json.loads(await request.read())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _no(status: int, message: str | None) -> web.Response:
    return web.json_response({"errorMessage": message}, status=status)
