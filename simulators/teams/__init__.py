"""Teams as a bot meets it: sign-in, Bot Framework's keys, the Bot Connector, and a local Teams client.

README.md says what is checked, from which source, and what is unproven.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from simulators.teams.chats import Chats
from simulators.teams.client import Client
from simulators.teams.connector import Connector
from simulators.teams.login import Login
from simulators.teams.messenger import Messenger
from simulators.teams.openid import OpenId
from simulators.teams.origin import find_origin
from simulators.teams.world import LoginWorld, TeamsWorld
from simulators.world import read_section


def add_routes(app: web.Application, world: Mapping[str, object], *, bot_url: str, base_url: str | None) -> None:
    """Mount login, botframework, connector and teams under ``/simulators``.

    Raises :class:`simulators.world.WorldError` when the sections ``teams`` and ``login`` (may be missing: nobody gets
    a token then) are not understood.
    """
    teams = read_section(world, "teams", TeamsWorld)
    origin = find_origin(base_url)
    login = Login(read_section(world, "login", LoginWorld) if "login" in world else LoginWorld(), origin)
    openid = OpenId(teams.bot_app_id, origin)
    messenger = Messenger(bot_url, openid, anonymous=teams.anonymous)
    chats = Chats(teams)
    connector = Connector(chats, login)
    client = Client(chats, connector, openid, messenger, origin=origin)

    for part in (login, openid, connector, client):
        part.add_routes(app)

    async def keep_session(_: web.Application) -> AsyncIterator[None]:
        await messenger.open()
        yield
        await messenger.close()

    app.cleanup_ctx.append(keep_session)
    app.on_shutdown.append(chats.broadcast.close)
