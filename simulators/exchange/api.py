"""The exchange's own API: for the demo's page, the command line and tests. No operator has it in this form."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from simulators.control import beside
from simulators.event_stream import Broadcast
from simulators.exchange.bodies import write_form, write_json
from simulators.exchange.click_to_dial import ClickToDial
from simulators.exchange.courier import Courier, Event
from simulators.exchange.dialling import Dialling
from simulators.exchange.orders import EVENTS, Target, Travel
from simulators.exchange.switch import WHEN_BUSY, Call, RefusedError, Switch
from simulators.exchange.telling import Telling, TellingOrder
from simulators.exchange.world import ExchangeWorld, Group, Line
from simulators.world import WorldModel

PREFIX = "/simulators/exchange"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Order = TypeVar("_Order", bound=WorldModel)


class Api:
    def __init__(self, world: ExchangeWorld) -> None:
        self.broadcast = Broadcast()
        self.courier = Courier(Target(url=world.events_url, secret=world.secret, format=world.format))
        self.switch = Switch(world, self._tell)
        self.telling = Telling(world.told_through, self.switch, lambda: self.courier.travel)
        self._world = world
        self._timer: asyncio.TimerHandle | None = None
        self.dialling = Dialling(world, self.switch, self._post, self._broadcast)

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
        app.router.add_post(call + "/next", _answer(self._move_on))
        app.router.add_post(call + "/return", _answer(self._take_back))
        app.router.add_post(call + "/consult", _answer(self._consult))
        app.router.add_post(call + "/join", _answer(self._join))
        app.router.add_put(PREFIX + "/lines/{line}", _answer(self._set_line))
        app.router.add_get(PREFIX + "/target", beside(_answer(self._show_target)))
        app.router.add_put(PREFIX + "/target", beside(_answer(self._set_target)))
        app.router.add_get(PREFIX + "/telling", beside(_answer(self._show_telling)))
        app.router.add_put(PREFIX + "/telling", beside(_answer(self._set_telling)))
        app.router.add_get(PREFIX + "/delivery", beside(_answer(self._show_travel)))
        app.router.add_put(PREFIX + "/delivery", beside(_answer(self._set_travel)))
        app.router.add_get(PREFIX + "/deliveries", beside(_answer(self._show_log)))
        app.router.add_delete(PREFIX + "/deliveries", beside(_answer(self._clear_log)))
        ClickToDial(self._world, self.dialling).add_routes(app, PREFIX + "/click-to-dial")

    def _tell(self, kind: str, call: Call) -> None:
        """The switch did something: tell the listeners, and the customer when an operator would."""
        told = self.dialling.follow(kind, call)
        self._broadcast(call)
        if kind in EVENTS and told:
            # Written now: by the time it is delivered the call has moved on.
            form, json = (write(kind, call, self._world, call.ringing) for write in (write_form, write_json))
            self._post(Event(call=call.id, kind=kind, form=form, json=json))
        self._wind()

    def _post(self, event: Event) -> None:
        if self.telling.by_webhook:
            self.courier.take(event)

    def _broadcast(self, call: Call) -> None:
        self.broadcast.send("call", self._show_call(call))

    def _show_call(self, call: Call) -> dict[str, Any]:
        return call.show() | {"ordered": self.dialling.show(call)}

    def _reply(self, call: Call, status: int = 200) -> web.Response:
        return web.json_response(self._show_call(call), status=status)

    def _wind(self) -> None:
        """Set the alarm for the ring time that is over next."""
        self.stop_clock()
        due = self.switch.next_due()
        if due is not None:
            seconds = max(0.0, (due - _now()).total_seconds())
            self._timer = asyncio.get_running_loop().call_later(seconds, self._ring_time_is_over)

    def _ring_time_is_over(self) -> None:
        self.switch.advance(_now())
        self._wind()

    def stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _state(self) -> dict[str, Any]:
        world = self._world
        lines = [self._show_line(line) for line in world.lines]
        queues, shared = ([_show_group(each) for each in groups] for groups in (world.queues, world.shared))
        callers = [{"number": c.number, "label": c.label, "note": c.note} for c in world.callers]
        calls = [self._show_call(call) for call in self.switch.calls()]
        return {"lines": lines, "queues": queues, "shared": shared, "callers": callers, "calls": calls}

    def _show_line(self, line: Line) -> dict[str, Any]:
        forward = self.switch.busy_forwards[line.number]
        return {"number": line.number, "alias": line.alias, "name": line.name, "busy_forward": forward}

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response(self._state())

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self.broadcast.serve(request, self._state())

    async def _place(self, request: web.Request) -> web.Response:
        body = await _read_json(request)
        when_busy = _text(body, "when_busy") or "refuse"
        if when_busy not in WHEN_BUSY:
            raise RefusedError(400, f"when_busy: one of {', '.join(WHEN_BUSY)}")
        who, to, queue = (_text(body, name) for name in ("from", "to", "queue"))
        call = self.switch.place(who, to, queue, _now(), when_busy=when_busy)
        return self._reply(call, 201)

    async def _answer_call(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        self.switch.answer(call, _text(body, "by"), _now())
        return self._reply(call)

    async def _reject(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        self.switch.reject(call, _text(body, "by"), _now())
        return self._reply(call)

    async def _hang_up(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        self.switch.hang_up(call, _text(body, "cause"), _now())
        return self._reply(call)

    async def _forward(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        return self._reply(self.switch.forward(call, _text(body, "to") or "", _now()), 201)

    async def _transfer(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        return self._reply(self.switch.transfer(call, _text(body, "to") or "", _now()), 201)

    async def _move_on(self, request: web.Request) -> web.Response:
        call = self._find(request)
        self.switch.move_on(call, _now())
        return self._reply(call)

    async def _take_back(self, request: web.Request) -> web.Response:
        call = self._find(request)
        self.switch.take_back(call, _now())
        return self._reply(call)

    async def _consult(self, request: web.Request) -> web.Response:
        call, body = self._find(request), await _read_json(request)
        return self._reply(self.switch.consult(call, _text(body, "to") or "", _now()), 201)

    async def _join(self, request: web.Request) -> web.Response:
        return self._reply(self.switch.join(self._find(request), _now()), 201)

    async def _set_line(self, request: web.Request) -> web.Response:
        line = self.switch.plan.find_line(request.match_info["line"])
        if line is None:
            raise RefusedError(404, "no such line")
        body = await _read_json(request)
        to = _text(body, "busy_forward")
        forward = self.switch.plan.read_line(to) if to else None
        if set(body) != {"busy_forward"} or forward is line:
            raise RefusedError(400, "busy_forward: another line, or null")
        self.switch.busy_forwards[line.number] = forward.number if forward else None
        self.broadcast.send("line", self._show_line(line))
        return web.json_response(self._show_line(line))

    async def _show_target(self, _: web.Request) -> web.Response:
        return web.json_response(self.courier.target.show())

    async def _set_target(self, request: web.Request) -> web.Response:
        """What the body does not name goes back to its default (unsigned form)."""
        self.courier.target = _read_order(Target, await _read_json(request))
        return web.json_response(self.courier.target.show())

    async def _show_telling(self, _: web.Request) -> web.Response:
        return web.json_response({"through": self.telling.through})

    async def _set_telling(self, request: web.Request) -> web.Response:
        self.telling.change(_read_order(TellingOrder, await _read_json(request)).through)
        return await self._show_telling(request)

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
        return self.switch.find(request.match_info["call"])


def _show_group(group: Group) -> dict[str, Any]:
    return group.model_dump(mode="json")


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
