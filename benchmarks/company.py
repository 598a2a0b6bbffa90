"""The customers of a run: many small ones, so that no limit of Teams or of a CRM binds, and a large one."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid5

from bot.provision.apply import apply_company
from bot.provision.company_file import Company
from calls.popups.chats import ChatAddress, keep_chat
from calls.store.database import Database
from calls.store.vault import Vault

SPACE = UUID("b1e2c3d4-0000-4000-8000-000000000000")
BOT = UUID("b1e2c3d4-0000-4000-8000-0000000000b0")
PROVIDER = uuid5(SPACE, "provider")
URL_TOKEN = "benchmark-url-token-0123456789"
SECRETS = {"TOKEN": URL_TOKEN, "BOT_SECRET": "benchmark-secret", "CRM_KEY": "pat-benchmark"}
QUEUE_MEMBERS = 15
LARGE = 150  # employees of the large one
LARGE_TENANT = -1  # its place


def tenant_id(place: int) -> UUID:
    return uuid5(SPACE, f"tenant {place}")


def events_path(place: int) -> str:
    """Where the operator of a tenant delivers."""
    return f"/api/events/{uuid5(tenant_id(place), 'operator')}/{URL_TOKEN}"


def line(place: int, member: int = 0) -> str:
    return f"+4790{member if place == LARGE_TENANT else LARGE + place:06d}"


def _provider() -> Company:
    return Company.model_validate(
        {
            "tenant": {"id": PROVIDER, "name": "SmartCall"},
            "bots": [{"app_id": BOT, "home_tenant": PROVIDER, "secret": {"env": "BOT_SECRET"}}],
        }
    )


def _customer(place: int, twins: str, members: int) -> Company:
    tenant = tenant_id(place)
    crm = {"base_url": f"{twins}/hubspot"}
    return Company.model_validate(
        {
            "tenant": {"id": tenant, "name": f"Kunde {place}", "bot": BOT},
            "connections": [
                {
                    "id": uuid5(tenant, "operator"),
                    "kind": "operator",
                    "type": "generic",
                    "name": "Sentralbord",
                    "secrets": {"url_token": {"env": "TOKEN"}},
                },
                {
                    "kind": "connector",
                    "type": "hubspot",
                    "name": "HubSpot",
                    "settings": crm,
                    "secrets": {"service_key": {"env": "CRM_KEY"}},
                },
            ],
            "employees": [
                {
                    "entra_object_id": uuid5(tenant, f"person {member}"),
                    "name": f"Ansatt {member}",
                    "email": f"ansatt{member}@kunde{place}.example",
                    "lines": [{"number": line(place, member), "alias": f"w{member}"}],
                }
                for member in range(members)
            ],
        }
    )


async def settle_in(owner_url: str, key: bytes, twins: str, now: object, *, tenants: int) -> None:
    """Bring everybody into the database, with the app installed."""
    database = await Database.open(owner_url, Vault([key]))
    try:
        await apply_company(database, _provider(), SECRETS, Path())
        for place in (LARGE_TENANT, *range(tenants)):
            members = LARGE if place == LARGE_TENANT else 1
            await apply_company(database, _customer(place, twins, members), SECRETS, Path())
            tenant = tenant_id(place)
            async with database.tenant(tenant) as unit:
                for member in range(members):
                    person = uuid5(tenant, f"person {member}")
                    chat = ChatAddress(
                        tenant_id=tenant,
                        bot_app_id=BOT,
                        entra_object_id=person,
                        conversation_id=f"a:{person}",
                        member_id=f"29:{person}",
                        service_url=f"{twins}/connector/",
                    )
                    await keep_chat(unit, chat, now)  # type: ignore[arg-type]
    finally:
        await database.close()
