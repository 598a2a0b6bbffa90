"""A small telephone exchange: an operator of the generic (sipgate and Zammad) kind, with people at its telephones.

README.md says what it sends, from which source, and what is unproven.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from simulators.exchange.api import Api
from simulators.exchange.dialling import Dialling
from simulators.exchange.switch import Switch
from simulators.exchange.telling import Telling
from simulators.exchange.world import ExchangeWorld
from simulators.world import read_section

SWITCH = web.AppKey("exchange_switch", Switch)
"""The application's exchange, for simulators that listen to it. They come after it in ``WORLD_SECTIONS``."""
TELLING = web.AppKey("exchange_telling", Telling)
"""Whether what such a simulator hears is to be told to the customer."""
ORDERS = web.AppKey("exchange_orders", Dialling)
"""Calls that the exchange sets up for employees, whoever tells of them."""


def add_routes(app: web.Application, world: Mapping[str, object], *, bot_url: str, base_url: str | None) -> None:
    """Mount the exchange under ``/simulators/exchange``. It hands out no addresses and knows no bot: both are ignored.

    Raises :class:`simulators.world.WorldError` when the section ``exchange`` is not understood.
    """
    api = Api(read_section(world, "exchange", ExchangeWorld))
    api.add_routes(app)
    app[SWITCH] = api.switch
    app[TELLING] = api.telling
    app[ORDERS] = api.dialling

    async def keep_courier(_: web.Application) -> AsyncIterator[None]:
        await api.courier.open()
        yield
        api.stop_clock()
        await api.dialling.close()
        await api.courier.close()

    app.cleanup_ctx.append(keep_courier)
    app.on_shutdown.append(api.broadcast.close)
