"""A strict twin of the parts of HubSpot's API that a caller popup and a journal use, and pages to look at.

What is checked, and what is not proven, is told in simulators/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from simulators.hubspot import associations, batches, definitions, helpers, objects, pages, people, pipelines
from simulators.hubspot.account import ACCOUNT, PREFIX, Account
from simulators.hubspot.gate import add_endpoints, answer_unknown_path
from simulators.hubspot.settings import HubSpotSettings
from simulators.world import read_section


def add_routes(app: web.Application, world: Mapping[str, object], *, bot_url: str, base_url: str | None) -> None:
    """Mount the account of ``world["hubspot"]`` under ``/simulators/hubspot``; HubSpot never calls the bot."""
    del bot_url
    app[ACCOUNT] = Account(read_section(world, "hubspot", HubSpotSettings), base_url)
    helpers.add_routes(app)
    pages.add_routes(app)
    # Order matters: a fixed path ("search", "batch/read") comes before the one with an id in its place.
    for module in (batches, objects, associations, definitions, people, pipelines):
        add_endpoints(app, module.ENDPOINTS)
    app.router.add_route("*", PREFIX + "/{tail:.*}", answer_unknown_path)
