"""The doctor's checks: each part by itself, with what to do about what fails. Nothing is changed anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from bot.findings import SECONDS, Finding, try_out
from bot.identities import RowIdentities
from bot.operator_checkup import check_operator, tell_calling
from bot.outgoing import open_connector
from bot.settings import Settings
from bot.teams.gateway import ChatGateway
from bot.teams.keys import SigningKeys
from bot.teams.tokens import TokenSource
from calls.callers.sources import Sources
from calls.jobs.replay import CARDS_OF
from calls.popups.chats import ChatAddress
from calls.popups.limits import RowLimiter, RowQuotas
from calls.ports import Tools
from calls.store.credentials import RowCredentials
from calls.store.database import Database
from calls.store.schema import is_current
from calls.store.sql_blocks import read_blocks
from calls.store.tenants import Tenant, read_operators, read_tenant
from calls.store.vault import Unsealable
from crm_connectors import CONNECTORS

_SQL = read_blocks(Path(__file__).parent / "sql" / "bot.sql")
_SEALED = (
    "SMARTCALL_ENCRYPTION_KEY does not open all that is stored: set the key before it as "
    "SMARTCALL_ENCRYPTION_KEY_PREVIOUS, and apply the file"
)


async def check_up(settings: Settings, database: Database, now: Callable[[], datetime]) -> AsyncIterator[Finding]:
    """Look at every part in turn: database, Teams' keys and tokens, then each tenant's connections and one chat."""
    async with database.pool.acquire() as connection:
        current = await is_current(connection)
    yield Finding(well=current, what="database", advice="run `smartcall migrate`")
    if not current:
        return
    connector = open_connector(allow_loopback=settings.allow_loopback)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        limiter = RowLimiter(database, now)
        tools = Tools(
            http=http,
            limiter=limiter,
            credentials=RowCredentials(database, now),
            quotas=RowQuotas(database, now),
            now=now,
        )
        identities, tokens = RowIdentities(database, now), TokenSource(login_url=settings.login_url)
        gateway = ChatGateway(
            http=http,
            tokens=tokens,
            identities=identities,
            limiter=limiter,
            allow_loopback=settings.allow_loopback,
            now=now,
        )
        try:
            yield await _keys(settings, http)
            bots = await identities.every()
            if not bots:
                yield Finding(well=False, what="bot identity", advice="none is there: run `smartcall apply` with one")
            for bot in bots:
                yield await try_out(f"token for bot {bot.app_id}", partial(tokens.token, bot))
            sources = Sources(database, lambda known: CONNECTORS[known.type].connect(known, tools))
            for tenant_id in await database.tenant_ids():
                try:
                    async for finding in _tenant(database, tools, sources, gateway, identities, tenant_id, now()):
                        yield finding
                except Unsealable:
                    yield Finding(well=False, what=f"tenant {tenant_id}", advice=_SEALED)
        finally:
            await tokens.stop()


async def _keys(settings: Settings, http: aiohttp.ClientSession) -> Finding:
    keys = SigningKeys(http, metadata_url=settings.openid_metadata_url)
    await keys.refresh()
    advice = "SMARTCALL_OPENID_METADATA_URL cannot be read: check the firewall"
    return Finding(well=keys.ready, what="signing keys of Teams", advice=advice)


async def _tenant(
    database: Database,
    tools: Tools,
    sources: Sources,
    gateway: ChatGateway,
    identities: RowIdentities,
    tenant_id: UUID,
    now: datetime,
) -> AsyncIterator[Finding]:
    async with database.tenant(tenant_id) as unit:
        tenant = await read_tenant(unit)
        operators = await unit.sql.fetch(_SQL["operators_heard"])
        connections = await read_operators(unit)
        ways = {row["way"]: row["count"] for row in await unit.sql.fetch(_SQL["ways_to_call"])}
        chat = await unit.sql.fetchrow(_SQL["one_chat"])
        parked = await unit.sql.fetch(_SQL["parked"], now - CARDS_OF)
    if tenant is None:
        return
    for row in operators:
        async for finding in check_operator(database, tools, f"{tenant.name}: operator {row['name']}", row):
            yield finding
    others = {way: count for way, count in ways.items() if way != tenant.settings.call_through}
    yield tell_calling(tenant, connections, others)
    yield _given_up(tenant, parked)
    for source in await sources.every(tenant_id):
        yield await try_out(f"{tenant.name}: {source.connection.name}", source.connector.check)
    if tenant.bot_app_id is not None:
        yield await _round_trip(tenant, ChatAddress(**dict(chat)) if chat else None, gateway, identities)


def _given_up(tenant: Tenant, parked: Sequence[Any]) -> Finding:
    reasons = ", ".join(f"{row['many']} × {row['reason']}" for row in parked)
    advice = f"{reasons}: mend what is wrong, then run `smartcall replay`"
    what = "work was given up" if parked else "no work was given up"
    return Finding(well=not parked, what=f"{tenant.name}: {what}", advice=advice)


async def _round_trip(
    tenant: Tenant, chat: ChatAddress | None, gateway: ChatGateway, identities: RowIdentities
) -> Finding:
    """Ask Teams for the id of a chat we have: it is made once and only found again afterwards, so nobody notices."""
    what = f"{tenant.name}: Teams"
    bot = await identities.find(str(tenant.bot_app_id))
    if chat is None or bot is None:
        return Finding(well=False, what=what, advice="nobody has the app yet: install it from the Teams admin center")
    deadline = asyncio.get_running_loop().time() + SECONDS
    find = partial(gateway.create_chat, bot, chat.service_url, str(chat.tenant_id), chat.member_id)
    return await try_out(what, partial(find, deadline=deadline, tenant_id=chat.tenant_id))
