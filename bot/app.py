"""Where the product's parts are wired together, and the only place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from bot.after_call import after_call_handlers
from bot.buttons import lookup_buttons
from bot.calling_buttons import calling_buttons
from bot.card_channel import TeamsCards
from bot.conversation import Conversation
from bot.events_door import EventsDoor
from bot.form_buttons import form_buttons
from bot.health import Health
from bot.identities import RowIdentities
from bot.journal_texts import CatalogueTexts
from bot.listener import Listener
from bot.outgoing import PER_HOST, open_connector
from bot.preferences import preference_handlers
from bot.seen import RowSeen
from bot.settings import Settings
from bot.teams.gateway import ChatGateway
from bot.teams.inbound import InboundMessages
from bot.teams.keys import SigningKeys
from bot.teams.tokens import TokenSource
from bot.teams_events import ProductEvents
from calls.callers.creating import CreationJob, in_turn
from calls.callers.identify import CardsJob
from calls.callers.sources import Sources
from calls.calling.asking import Calling
from calls.calling.placing import PlacingJob
from calls.intake.streams import Streams
from calls.jobs.queue import Bell, Workers
from calls.jobs.sweep import Sweep
from calls.journal.journaling import JournalJob
from calls.model import Connection
from calls.popups.after_call import AfterCallWishes
from calls.popups.cards import Cards
from calls.popups.form_wishes import FormWishes
from calls.popups.limits import RowLimiter, RowQuotas
from calls.popups.wishes import Wishes
from calls.ports import Connector, Tools
from calls.store.credentials import RowCredentials
from calls.store.database import Database
from crm_connectors import CONNECTORS
from operators import OPERATORS

log = logging.getLogger(__name__)

_WARM = 4  # connections to the database that are open before the first call


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Whom the bot's door lets in besides Teams."""

    anonymous_app_id: str | None = None  # the demo's bot: activities without a token, from this machine, are for it


class Service:
    """One node: the doors, the workers and the sweep. ``wire``, ``listen``, ``work``, and in the end ``stop``."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        trust: Trust | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings = settings
        self.database = database
        self.app = web.Application()
        self._trust = trust or Trust()
        self._now = now
        self._background: list[asyncio.Task[None]] = []
        self._listener = Listener(self.app)
        self._wired = False

    async def wire(self) -> None:
        """Make the parts, and their routes on :attr:`app`. More routes may be added before :meth:`listen`."""
        settings, database, now = self.settings, self.database, self._now
        self._http = self._session()
        self._listening = self._session(per_host=0)  # each customer's stays open: they would use up one for requests
        bell = Bell()
        limiter = RowLimiter(database, now)
        tools = Tools(
            http=self._http,
            limiter=limiter,
            credentials=RowCredentials(database, now),
            quotas=RowQuotas(database, now),
            now=now,
        )
        identities = RowIdentities(database, now)
        self._tokens = TokenSource(login_url=settings.login_url)
        self._keys = SigningKeys(self._http, metadata_url=settings.openid_metadata_url)
        gateway = ChatGateway(
            http=self._http,
            tokens=self._tokens,
            identities=identities,
            limiter=limiter,
            allow_loopback=settings.allow_loopback,
            now=now,
        )
        sources = Sources(database, _connector_maker(tools))
        cards = Cards(database, TeamsCards(gateway, identities), now, OPERATORS)
        self._workers = Workers(
            database,
            cards=CardsJob(database, sources, cards, now),
            journal=in_turn(
                CreationJob(database, bell, sources, now),
                JournalJob(database, bell, sources, CatalogueTexts(), now),
            ),
            calling=PlacingJob(database, bell, OPERATORS, tools, now),
        )
        calling = Calling(database, bell, OPERATORS, now)
        handlers = {  # one line for each part of the product that has buttons
            **lookup_buttons(Wishes(database, bell, now, OPERATORS)),
            **form_buttons(FormWishes(database, bell, sources, now, OPERATORS)),
            **calling_buttons(calling, database, OPERATORS),
            **preference_handlers(database),
            **after_call_handlers(AfterCallWishes(database, bell, now, OPERATORS)),
        }
        conversation = Conversation(database, calling, OPERATORS)
        events = ProductEvents(database, bell, handlers, conversation, now)
        self._health = Health(database)
        self._health.add_routes(self.app)
        EventsDoor(database, bell, OPERATORS, now, public_url=settings.public_url).add_routes(self.app)
        InboundMessages(
            identities=identities,
            keys=self._keys,
            events=events,
            seen=RowSeen(database, now),
            outbox=gateway,
            allow_loopback=settings.allow_loopback,
            anonymous_from_loopback=self._trust.anonymous_app_id is not None,
            anonymous_app_id=self._trust.anonymous_app_id,
        ).add_routes(self.app)
        listened_to = {name: stream for name, operator in OPERATORS.items() if (stream := operator.stream) is not None}
        self._streams = Streams(database, bell, listened_to, replace(tools, http=self._listening), now)
        self._identities = identities
        self._sweep = Sweep(database, bell, now)
        self._wired = True

    async def work(self) -> None:
        """Begin to work what is in the queue; keys and tokens are fetched and kept warm from here on. When it returns,
        what takes its time once has taken it: the first call is served like any other."""
        await asyncio.gather(self._keys.start(), self._tokens.start(*await self._identities.every()))
        await self.database.pool.open(_WARM)
        await self._workers.start()
        self._background = [
            asyncio.create_task(self._sweep.run(), name="sweep"),
            asyncio.create_task(self._streams.run(), name="streams"),
        ]
        self._health.warm = True

    async def listen(self) -> str:
        """Open the port; returns the base address."""
        host, port = await self._listener.open(self.settings.host, self.settings.port)
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - only to show it

    async def stop(self) -> None:
        """Take nothing new, finish what is running, and leave nothing behind; at most ten seconds. From any state."""
        await self._listener.close()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self._wired:
            await asyncio.gather(self._streams.stop(), self._workers.stop())
            await self._tokens.stop()
            await self._keys.stop()
            await self._http.close()
            await self._listening.close()
        await self.database.close()

    def _session(self, *, per_host: int = PER_HOST) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=open_connector(allow_loopback=self.settings.allow_loopback, per_host=per_host),
            cookie_jar=aiohttp.DummyCookieJar(),  # no outside system is told what another call was about
            headers={"User-Agent": "SmartCall"},
        )

    async def bots(self) -> Sequence[str]:
        """The app ids of the bot identities there are."""
        return [identity.app_id for identity in await self._identities.every()]


def _connector_maker(tools: Tools) -> Callable[[Connection], Connector]:
    def make(connection: Connection) -> Connector:
        return CONNECTORS[connection.type].connect(connection, tools)

    return make
