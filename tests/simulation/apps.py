"""Employees who remove the app and install it again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.conversation import Conversation
from bot.teams.ports import InstalledChat, TeamsUser
from bot.teams_events import ProductEvents
from calls.calling.asking import Calling
from calls.jobs.queue import Bell
from tests.simulation.companies import WITHOUT_APP
from tests.support.companies import TestCompany, object_id

if TYPE_CHECKING:
    from tests.simulation.world import World


async def reinstall(world: World, place: int) -> None:
    """An employee removes the app and thinks better of it."""
    employee = world.chance.randrange(WITHOUT_APP)
    company = world.companies[place]
    key = (company.tenant_id, object_id(employee))
    if not world.teams.installed[key]:
        return
    world.teams.installed[key] = False
    world.teams.ever_away.add(key)
    if world.chance.random() < 0.7:
        await _tell_bot(world, company, employee, installed=False)
    await asyncio.sleep(world.chance.uniform(5, 300))
    world.teams.installed[key] = True
    await _tell_bot(world, company, employee, installed=True)


async def _tell_bot(world: World, company: TestCompany, employee: int, *, installed: bool) -> None:
    chat = InstalledChat(
        app_id=str(company.bot_app_id),
        entra_tenant=str(company.tenant_id),
        conversation_id=world.teams.chat_id(company.tenant_id, object_id(employee)),
        service_url="https://smba.example/emea/",
        user=TeamsUser(mri=f"29:member-{employee}", aad_object_id=str(object_id(employee))),
        seen_at=world.now(),
    )
    for _ in range(100):
        node = world.any_node()
        if node is not None:
            calling = Calling(node.database, Bell(), {}, node.now)
            conversation = Conversation(node.database, calling, {})
            events = ProductEvents(node.database, Bell(), {}, conversation, node.now)

            async def tell(events: ProductEvents = events) -> bool:
                await (events.installed(chat) if installed else events.uninstalled(chat))
                return True

            if await world.on(node, tell()):
                return
        await asyncio.sleep(1.0)
