"""A tenant from a few lines of TOML, brought in the way customers are: through provisioning."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from bot.provision.apply import apply_company
from bot.provision.company_file import Company
from calls.model import Connection
from calls.popups.chats import ChatAddress, keep_chat
from calls.store.database import Database
from calls.store.tenants import read_connection
from tests.support.clock import Clock

TENANT = UUID("11111111-2222-4333-8444-555555555555")
BOT = UUID("b07b07b0-7b07-4b07-8b07-b07b07b07b07")
OPERATOR = UUID("0be0a70c-0000-4000-8000-000000000001")
NUMBER_OF_EMPLOYEES = 6
SECRETS = {
    "TEST_URL_TOKEN": "url-token-of-the-test-0123456789",
    "TEST_HUBSPOT_KEY": "pat-eu1-test-service-key",
    "TEST_BOT_SECRET": "bot-secret-of-the-test",
    "TEST_1881_KEY": "1881-key-of-the-test",
}
NAMES = ("Kari Hansen", "Ola Berg", "Amina Ali", "Per Sæther", "Liv Ørn", "Åse Dahl")
NUMBERS = tuple(f"9000000{place}" for place in range(1, 1 + NUMBER_OF_EMPLOYEES))


def object_id(place: int) -> UUID:
    """The Entra object id of the employee at this place (0, 1, …)."""
    return UUID(f"0d1c7d0e-5b11-4c39-8a7e-0000000000{place + 1:02d}")


def company_text(tenant_id: UUID = TENANT, *, bot: UUID = BOT, operator: UUID = OPERATOR, settings: str = "") -> str:
    """Six employees with a line each, one generic operator, HubSpot and 1881."""
    employees = "\n".join(
        f'[[employees]]\nentra_object_id = "{object_id(place)}"\nname = "{name}"\n'
        f'email = "employee{place}@fjordvik.example"\nlines = [{{ number = "{number}", alias = "w{place}" }}]\n'
        for place, (name, number) in enumerate(zip(NAMES, NUMBERS, strict=True))
    )
    return f"""
[tenant]
id = "{tenant_id}"
name = "Fjordvik AS"
bot = "{bot}"
{settings and f"settings = {{ {settings} }}"}
[[bots]]
app_id = "{bot}"
home_tenant = "3b6cc1e4-77b1-4f2e-8a3d-1f4c0a7b9e21"
secret = {{ env = "TEST_BOT_SECRET" }}
[[connections]]
id = "{operator}"
kind = "operator"
type = "generic"
name = "Sentralbord"
secrets = {{ url_token = {{ env = "TEST_URL_TOKEN" }} }}
[[connections]]
kind = "connector"
type = "hubspot"
name = "HubSpot"
secrets = {{ service_key = {{ env = "TEST_HUBSPOT_KEY" }} }}
[[connections]]
kind = "connector"
type = "opplysningen_1881"
name = "1881"
settings = {{ mode = "own_key" }}
secrets = {{ subscription_key = {{ env = "TEST_1881_KEY" }} }}
{employees}"""


@dataclass(frozen=True, kw_only=True, slots=True)
class TestCompany:
    """A provisioned tenant."""

    __test__ = False

    tenant_id: UUID
    bot_app_id: UUID
    operator_id: UUID
    crm_id: UUID
    directory_id: UUID
    employee_ids: tuple[UUID, ...]
    database: Database

    async def operator(self) -> Connection:
        """The operator's connection, opened."""
        async with self.database.tenant(self.tenant_id) as unit:
            connection = await read_connection(unit, self.operator_id)
        assert connection is not None
        return connection

    async def install(self, place: int, clock: Clock) -> ChatAddress:
        """Give the employee at this place a chat with the bot."""
        chat = ChatAddress(
            tenant_id=self.tenant_id,
            bot_app_id=self.bot_app_id,
            entra_object_id=object_id(place),
            conversation_id=f"a:chat-{place}",
            member_id=f"29:member-{place}",
            service_url="https://smba.example/emea/",
        )
        async with self.database.tenant(self.tenant_id) as unit:
            await keep_chat(unit, chat, clock())
        return chat

    async def install_all(self, clock: Clock) -> None:
        for place in range(NUMBER_OF_EMPLOYEES):
            await self.install(place, clock)


async def provision(
    database: Database,
    text: str | None = None,
    *,
    environment: Mapping[str, str] = SECRETS,
) -> TestCompany:
    """Apply a company file's text and return what tests need to know of it."""
    raw: dict[str, Any] = tomllib.loads(text or company_text())
    company = Company.model_validate(raw)
    await apply_company(database, company, environment, Path())
    tenant_id = company.tenant.id
    ids = {part.name: part.connection_id(tenant_id) for part in company.connections}
    return TestCompany(
        tenant_id=tenant_id,
        bot_app_id=company.tenant.bot or BOT,
        operator_id=ids["Sentralbord"],
        crm_id=ids["HubSpot"],
        directory_id=ids["1881"],
        employee_ids=tuple(uuid5(tenant_id, f"employee {part.entra_object_id}") for part in company.employees),
        database=database,
    )
