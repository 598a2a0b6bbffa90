"""Phonero's interface for integrators: log-in, event stream and click-to-dial, over the telephones of the exchange.

README.md says what of it has been seen somewhere, and what is invented.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from simulators.exchange import ORDERS, SWITCH, TELLING
from simulators.phonero.api import Api
from simulators.phonero.world import PhoneroWorld
from simulators.world import WorldError, read_section


def add_routes(app: web.Application, world: Mapping[str, object], *, bot_url: str, base_url: str | None) -> None:
    """Mount the interface under ``/simulators/phonero``. Nobody is called by it: both addresses are ignored.

    Raises :class:`simulators.world.WorldError` when the section ``phonero`` is not understood, or there is no exchange.
    """
    if SWITCH not in app:
        raise WorldError("phonero: wants a section exchange, whose telephones it is about")
    api = Api(read_section(world, "phonero", PhoneroWorld), app[SWITCH], app[TELLING], app[ORDERS])
    api.add_routes(app)

    async def stop_dialling(_: web.Application) -> AsyncIterator[None]:
        yield
        api.dialling.close()

    app.cleanup_ctx.append(stop_dialling)
    app.on_shutdown.append(api.sockets.close)
