"""Faults and request logs for every simulator: one middleware and the routes under ``/simulators/control``.

The middleware looks at paths under ``/simulators`` only, so it may be added to anybody's application. What a
simulator offers besides its vendor's API (pages for people, helpers for tests) is marked with :func:`beside`, and is
then neither recorded nor disturbed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from simulators.faults import DroppedError, Fault, FaultQueue, commit_fault
from simulators.recorder import Recorder

PREFIX = "/simulators/"
SYSTEMS = ("login", "botframework", "connector", "exchange", "phonero", "hubspot", "1881")
"""The simulated systems, by the first part of their path after ``/simulators/``."""

_Function = TypeVar("_Function", bound=Callable[..., Any])
_BESIDE = "_simulators_beside"


class Control:
    """What the control API holds: a queue of faults and a log for each system."""

    def __init__(self) -> None:
        self.faults = {system: FaultQueue() for system in SYSTEMS}
        self.requests = {system: Recorder() for system in SYSTEMS}


CONTROL = web.AppKey("simulators.control", Control)


def beside(handler: _Function) -> _Function:
    """Mark a handler that is not part of the vendor's API: it is kept out of the log and faults never touch it."""
    setattr(handler, _BESIDE, True)
    return handler


def add_routes(app: web.Application, sections: Sequence[str] = ()) -> None:
    """Add the middleware and the control routes; ``sections`` are the parts of the world shown at ``/simulators``."""

    async def show_index(_: web.Request) -> web.Response:
        return web.json_response({"simulators": list(sections), "control": list(SYSTEMS)})

    app[CONTROL] = Control()
    app.middlewares.append(disturb_and_record)
    app.router.add_get("/simulators", show_index)
    app.router.add_post("/simulators/control/{system}/faults", _order_fault)
    app.router.add_get("/simulators/control/{system}/faults", _show_faults)
    app.router.add_delete("/simulators/control/{system}/faults", _clear_faults)
    app.router.add_get("/simulators/control/{system}/requests", _show_requests)
    app.router.add_delete("/simulators/control/{system}/requests", _clear_requests)


@web.middleware
async def disturb_and_record(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Record a request to a simulated system, and let a waiting fault have its way with it."""
    system, _, rest = request.path.removeprefix(PREFIX).partition("/")
    if not request.path.startswith(PREFIX) or system not in SYSTEMS:
        return await handler(request)
    if getattr(request.match_info.handler, _BESIDE, False):
        return await handler(request)
    control = request.config_dict[CONTROL]
    record = await control.requests[system].write(request)
    fault = control.faults[system].take(request.method, request.path, "/" + rest)
    try:
        if fault is None:
            response = await handler(request)
            record.handled = response.status
        else:
            response, record.handled = await commit_fault(fault, request, handler)
    except DroppedError as dropped:
        record.handled = dropped.args[0]
        return web.Response(status=499)  # never arrives: the connection is closed
    except web.HTTPException as error:
        record.status = record.handled = error.status
        raise
    except Exception:
        record.status = record.handled = 500
        raise
    record.status = response.status
    return response


def _system(request: web.Request) -> str:
    system = request.match_info["system"]
    if system not in SYSTEMS:
        raise web.HTTPNotFound(text=f"no such system; there are {', '.join(SYSTEMS)}")
    return system


async def _order_fault(request: web.Request) -> web.Response:
    queue = request.config_dict[CONTROL].faults[_system(request)]
    try:
        fault = Fault.model_validate_json(await request.read())
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        return web.json_response({"error": f"{key}: {first['msg']}".removeprefix(": ")}, status=400)
    queue.add(fault)
    return web.json_response(queue.show(), status=201)


async def _show_faults(request: web.Request) -> web.Response:
    return web.json_response(request.config_dict[CONTROL].faults[_system(request)].show())


async def _clear_faults(request: web.Request) -> web.Response:
    request.config_dict[CONTROL].faults[_system(request)].clear()
    return web.Response(status=204)


async def _show_requests(request: web.Request) -> web.Response:
    return web.json_response(request.config_dict[CONTROL].requests[_system(request)].show())


async def _clear_requests(request: web.Request) -> web.Response:
    request.config_dict[CONTROL].requests[_system(request)].clear()
    return web.Response(status=204)
