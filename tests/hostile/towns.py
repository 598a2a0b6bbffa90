"""Two customers who look the same from outside, and the provider they share: the texts of their files and worlds.

Everything an attacker, or an accident, could mix up is equal: numbers, names, aliases, Entra object ids, call ids, the
CRM account. Only tenant, bot, connection and secrets differ.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

PROVIDER = UUID("3b6cc1e4-77b1-4f2e-8a3d-1f4c0a7b9e21")
PROVIDED = UUID("7d6f5f0c-2a54-4f0b-9d5e-5a4f1a9c1881")  # the provider's agreement with 1881
PEOPLE = {
    "Kari Hansen": UUID("0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d01"),
    "Ola Berg": UUID("0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d02"),
}
LINES = {"Kari Hansen": "90000001", "Ola Berg": "90000002"}
KARI, OLA = PEOPLE.values()
CUSTOMER = "22334455"  # Nora Lie in HubSpot
LISTED = "90011223"  # Jon Prøve in 1881


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """A customer."""

    name: str
    tenant: UUID
    bot: UUID
    home: UUID  # where the bot's tokens are asked for
    operator: UUID
    url_token: str
    signing_secret: str


def _secret(letter: str) -> str:
    return f"whsec_{base64.b64encode(letter.encode() * 24).decode()}"


FJORDVIK = Town(
    name="Fjordvik AS",
    tenant=UUID("9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"),
    bot=UUID("5f0a3c52-6f0e-4d6b-9a43-0c1f8c1d7a10"),
    home=PROVIDER,
    operator=UUID("2f1a8a60-0b0e-4c8e-9f6a-7a1d3c5e9b01"),
    url_token="url-token-of-fjordvik-0123456789",
    signing_secret=_secret("f"),
)
NABO = Town(
    name="Nabo AS",
    tenant=UUID("5e1d2c3b-0a98-4b76-8c54-3d2e1f0a9b88"),
    bot=UUID("6a1b4d63-7a1f-4e7c-8b54-1d2a9d2e8b21"),
    home=UUID("5e1d2c3b-0a98-4b76-8c54-3d2e1f0a9b88"),
    operator=UUID("44c1d2e3-f405-4a67-8b89-9cadbecfd0e1"),
    url_token="url-token-of-nabo-0123456789-abc",
    signing_secret=_secret("n"),
)
TOWNS = (FJORDVIK, NABO)

SECRETS = {
    "HOSTILE_BOT_SECRET": "bot-secret-of-the-hostile-tests",
    "HOSTILE_HUBSPOT_KEY": "hubspot-key-of-the-hostile-tests",
    "HOSTILE_1881_KEY": "1881-key-of-the-hostile-tests",
    **{f"HOSTILE_TOKEN_{town.name[:4].upper()}": town.url_token for town in TOWNS},
    **{f"HOSTILE_SIGNING_{town.name[:4].upper()}": town.signing_secret for town in TOWNS},
}


def provider_text(twins: str) -> str:
    """The provider: it has the agreement with 1881."""
    return f"""
[tenant]
id = "{PROVIDER}"
name = "SmartCall"
[[connections]]
id = "{PROVIDED}"
kind = "connector"
type = "opplysningen_1881"
name = "1881"
settings = {{ mode = "own_key", base_url = "{twins}/1881" }}
secrets = {{ subscription_key = {{ env = "HOSTILE_1881_KEY" }} }}
"""


def town_text(town: Town, twins: str) -> str:
    """A customer's file; its CRM is the one at ``twins``."""
    short = town.name[:4].upper()
    employees = "\n".join(
        f'[[employees]]\nentra_object_id = "{PEOPLE[name]}"\nname = "{name}"\n'
        f'email = "{name.split()[0].lower()}@fjordvik.example"\nlines = [{{ number = "{number}", alias = "w{place}" }}]'
        for place, (name, number) in enumerate(LINES.items())
    )
    return f"""
[tenant]
id = "{town.tenant}"
name = "{town.name}"
bot = "{town.bot}"
[[bots]]
app_id = "{town.bot}"
home_tenant = "{town.home}"
secret = {{ env = "HOSTILE_BOT_SECRET" }}
[[connections]]
id = "{town.operator}"
kind = "operator"
type = "generic"
name = "Sentralbord"
[connections.secrets]
url_token = {{ env = "HOSTILE_TOKEN_{short}" }}
signing_secret = {{ env = "HOSTILE_SIGNING_{short}" }}
[[connections]]
kind = "connector"
type = "hubspot"
name = "HubSpot"
settings = {{ base_url = "{twins}/hubspot" }}
secrets = {{ service_key = {{ env = "HOSTILE_HUBSPOT_KEY" }} }}
[[connections]]
kind = "connector"
type = "opplysningen_1881"
name = "1881"
provided_by = "{PROVIDED}"
settings = {{ mode = "provider", per_day = 500, base_url = "{twins}/1881" }}
{employees}
"""


def world(town: Town, contacts: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
    """The outside of a customer. Limits are off: what is tried here is not patience."""
    apps = [{"app_id": str(town.bot), "tenant": str(town.home), "secret": SECRETS["HOSTILE_BOT_SECRET"]}]
    users = [
        {"aad_object_id": str(aad), "mri": f"29:{name.split()[0]}", "name": name, "upn": f"{name[:3]}@town.example"}
        for name, aad in PEOPLE.items()
    ]
    nora = {"id": "101", "firstname": "Nora", "lastname": "Lie", "jobtitle": "Innkjøpssjef", "phone": "22 33 44 55"}
    jon = {"id": "100000001S0", "firstName": "Jon", "lastName": "Prøve", "phone": LISTED}
    return {
        "login": {"apps": apps},
        "teams": {"tenant": str(town.tenant), "bot_app_id": str(town.bot), "limits": False, "users": users},
        "hubspot": {
            "portal": 1234567,
            "service_keys": [SECRETS["HOSTILE_HUBSPOT_KEY"]],
            "searches_per_second": 1000,
            "key_requests_per_ten_seconds": 10_000,
            "contacts": [nora, *contacts],
        },
        "directory_1881": {"keys": [SECRETS["HOSTILE_1881_KEY"]], "contacts": [jon]},
    }
