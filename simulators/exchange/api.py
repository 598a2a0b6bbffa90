"""The exchange's own API: for the demo's page, the command line and tests. No operator has it in this form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from simulators.control import beside
from simulators.event_stream import Broadcast
from simulators.exchange.bodies import write_form, write_json
from simulators.exchange.courier import Courier, Event
from simulators.exchange.orders import EVENTS, Target, Travel
from simulators.exchange.switch import Call, RefusedError, Switch
from simulators.exchange.world import ExchangeWorld
from simulators.world import WorldModel

PREFIX = "/simulators/exchange"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Order = TypeVar("_Order", bound=WorldModel)


class Api:
    def __init__(self, world: ExchangeWorld) -> None:
        self.broadcast = Broadcast()
        self.courier = Courier(Target(url=world.events_url, secret=world.secret, format=world.format))
        self._world = world
        self._switch = Switch(world, self._tell)

    def add_routes(self, app: web.Application) -> None:
        call = PREFIX + "/calls/{call}"
        app.router.add_get(PREFIX + "/state", beside(_answer(self._show)))
        app.router.add_get(PREFIX + "/stream", beside(_answer(self._stream)))
        app.router.add_post(PREFIX + "/calls", _answer(self._place))
        app.router.add_post(call + "/answer", _answer(self._answer_call))
        app.router.add_post(call + "/reject", _answer(self._reject))
        app.router.add_post(call + "/hangup", _answer(self._hang_up))
        app.router.add_post(call + "/forward", _answer(self._forward))
        app.router.add_post(call + "/transfer", _answer(self._transfer))
        app.router.add_get(PREFIX + "/target", beside(_answer(self._show_target)))
        app.router.add_put(PREFIX + "/target", beside(_answer(self._set_target)))
        app.router.add_get(PREFIX + "/delivery", beside(_answer(self._show_travel)))
        app.router.add_put(PREFIX + "/delivery", beside(_answer(self._set_travel)))
        app.router.add_get(PREFIX + "/deliveries", beside(_answer(self._show_log)))
        app.router.add_delete(PREFIX + "/deliveries", beside(_answer(self._clear_log)))

    def _tell(self, kind: str, call: Call) -> None:
        """The switch did something: tell the listeners, and the customer when an operator would."""
        self.broadcast.send("call", call.show())
        if kind in EVENTS:
            # Written now: by the time it is delivered the call has moved on.
            form, json = (write(kind, call, self._world, call.ringing) for write in (write_form, write_json))
            self.courier.take(Event(call=call.id, kind=kind, form=form, json=json))

    def _state(self) -> dict[str, Any]:
        world = self._world
        lines = [{"number": line.number, "alias": line.alias, "name": line.name} for line in world.lines]
        queues = [{"name": q.name, "number": q.number, "members": list(q.members)} for q in world.queues]
        callers = [{"number": c.number, "label": c.label, "note": c.note} for c in world.callers]
        return {"lines": lines, "queues": queues, "callers": callers, "calls": self._switch.show()}

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response(self._state())

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self.broadcast.serve(request, self._state())

    async def _place(self, request: web.Request) -> web.Response:
        body = await _read_json(request)
        call = self._switch.place(_text(body, "from"), _text(body, "to"), _text(body, "queue"), _now())
        return web.json_response(call.show(), status=201)

    async def _answer_call(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        self._switch.answer(call, _text(body, "by"), _now())
        return web.json_response(call.show())

    async def _reject(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        self._switch.reject(call, _text(body, "by"), _now())
        return web.json_response(call.show())

    async def _hang_up(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        self._switch.hang_up(call, _text(body, "cause"), _now())
        return web.json_response(call.show())

    async def _forward(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        return web.json_response(self._switch.forward(call, _text(body, "to") or "", _now()).show(), status=201)

    async def _transfer(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        return web.json_response(self._switch.transfer(call, _text(body, "to") or "", _now()).show(), status=201)

    async def _show_target(self, _: web.Request) -> web.Response:
        return web.json_response(self.courier.target.show())

    async def _set_target(self, request: web.Request) -> web.Response:
        """What the body does not name goes back to its default (unsigned form)."""
        self.courier.target = _read_order(Target, await _read_json(request))
        return web.json_response(self.courier.target.show())

    async def _show_travel(self, _: web.Request) -> web.Response:
        return web.json_response(self.courier.travel.model_dump(mode="json"))

    async def _set_travel(self, request: web.Request) -> web.Response:
        """What the body does not name goes back to its default (nothing goes wrong)."""
        self.courier.travel = _read_order(Travel, await _read_json(request))
        return web.json_response(self.courier.travel.model_dump(mode="json"))

    async def _show_log(self, _: web.Request) -> web.Response:
        return web.json_response(list(self.courier.log))

    async def _clear_log(self, _: web.Request) -> web.Response:
        self.courier.log.clear()
        return web.Response(status=204)

    def _find(self, request: web.Request) -> Call:
        return self._switch.find(request.match_info["call"])


def _now() -> datetime:
    return datetime.now(UTC)


def _answer(handler: _Handler) -> _Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusedError as error:
            return web.json_response({"error": str(error)}, status=error.status)

    return answer


async def _read_json(request: web.Request) -> dict[str, Any]:
    """An object; an empty body is an empty one."""
    try:
        body = await request.json() if await request.read() else {}
    except ValueError:
        raise RefusedError(400, "the body must be JSON") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "the body must be a JSON object")
    return body


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise RefusedError(400, f"{name}: needs a text or nothing")
    return value or None


def _read_order(model: type[_Order], body: dict[str, Any]) -> _Order:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RefusedError(400, f"{key}: {first['msg']}".removeprefix(": ")) from None
