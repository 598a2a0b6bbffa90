"""Strict local twins of every outside system, in one aiohttp application (simulators/README.md has the details).

Each twin lives in a folder of its own and is written from its vendor's documentation, never from our clients, so that
a test against it says something about the real system. All state hangs on the application: two applications in one
process know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from aiohttp import web

from simulators import control

WORLD_SECTIONS: tuple[tuple[str, str], ...] = (
    ("teams", "simulators.teams"),  # login, botframework, connector and the local Teams
    ("exchange", "simulators.exchange"),
    ("phonero", "simulators.phonero"),  # listens to the exchange
    ("hubspot", "simulators.hubspot"),
    ("directory_1881", "simulators.opplysningen_1881"),
)
"""Which section of the world wakes which folder; a new simulator is one line here."""


class _Simulator(Protocol):
    def add_routes(
        self, app: web.Application, world: Mapping[str, object], *, bot_url: str, base_url: str | None
    ) -> None:
        """Mount this simulator under its own prefix."""


def create_app(world: Mapping[str, object], *, bot_url: str, base_url: str | None = None) -> web.Application:
    """A ready application with every simulator that ``world`` has a section for.

    ``bot_url`` is the bot's own address (scheme, host, port), where activities are sent. ``base_url`` is what
    simulators put into absolute addresses they hand out; None: the address the request came to.
    Raises :class:`simulators.world.WorldError` for a world that no simulator can be made of.
    """
    app = web.Application()
    add_routes(app, world, bot_url=bot_url, base_url=base_url)
    return app


def add_routes(app: web.Application, world: Mapping[str, object], *, bot_url: str, base_url: str | None = None) -> None:
    """Add the simulators to ``app``, which may be somebody else's: everything stays under ``/simulators``."""
    present = [(section, module) for section, module in WORLD_SECTIONS if section in world]
    control.add_routes(app, tuple(section for section, _ in present))
    for _, module in present:
        # Imported only now: a world without Teams needs none of what the Teams twin needs.
        simulator = cast("_Simulator", import_module(module))
        simulator.add_routes(app, world, bot_url=bot_url, base_url=base_url)
