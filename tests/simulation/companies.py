"""The companies of the simulation, brought in as customers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from calls.popups.chats import ChatAddress, keep_chat
from calls.store.database import Database
from tests.simulation.operator import tenant_id
from tests.simulation.trunk import PLACE
from tests.support.clock import BEGINNING
from tests.support.companies import NUMBER_OF_EMPLOYEES, TestCompany, company_text, object_id, provision
from tests.support.companies import SECRETS as COMPANY_SECRETS
from tests.support.streaming import SECRETS, with_stream

if TYPE_CHECKING:
    from tests.simulation.world import World

WITHOUT_APP = NUMBER_OF_EMPLOYEES - 1  # the place of the one employee who never installs it
SETTINGS: Sequence[Mapping[str, object]] = (
    {},
    {"journal_missed": "never", "popup_internal": True},
    {"journal_answered": "never"},
)
_ARKIV = """
[[connections]]
kind = "connector"
type = "hubspot"
name = "Arkiv"
secrets = { service_key = { env = "TEST_HUBSPOT_KEY" } }
"""


async def found_companies(world: World) -> None:
    """Tenants as customers get them; everybody but one has the app."""
    database = await Database.open(world.postgres.url, world.vault, size=2)
    for place, settings in enumerate(SETTINGS):
        tenant = tenant_id(place)
        text = company_text(
            tenant,
            bot=UUID(f"{place + 1:08x}-7b07-4b07-8b07-b07b07b07b07"),
            operator=UUID(f"{place + 1:08x}-0000-4000-8000-000000000001"),
            settings=", ".join(f"{name} = {_toml(value)}" for name, value in settings.items()),
        )
        company = await provision(
            database,
            with_stream(text + _ARKIV) if place == PLACE else text + _ARKIV,
            environment=COMPANY_SECRETS | SECRETS,
        )
        world.companies.append(company)
        world.connections.append(await company.operator())
        for employee in range(NUMBER_OF_EMPLOYEES):
            world.teams.installed[tenant, object_id(employee)] = employee != WITHOUT_APP
            if employee != WITHOUT_APP:
                await _keep_chat(world, database, company, employee)
    await database.close()


async def _keep_chat(world: World, database: Database, company: TestCompany, employee: int) -> None:
    chat = ChatAddress(
        tenant_id=company.tenant_id,
        bot_app_id=company.bot_app_id,
        entra_object_id=object_id(employee),
        conversation_id=world.teams.chat_id(company.tenant_id, object_id(employee)),
        member_id=f"29:member-{employee}",
        service_url="https://smba.example/emea/",
    )
    async with database.tenant(company.tenant_id) as unit:
        await keep_chat(unit, chat, BEGINNING)


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
