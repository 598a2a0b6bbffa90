"""The demo's outside world: its file, its secrets, and where things are."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WORLD_FILE = HERE / "world.toml"
COMPANY_FILES = (HERE / "provider.toml", HERE / "company.toml")

BOT_APP_ID = "5f0a3c52-6f0e-4d6b-9a43-0c1f8c1d7a10"
OPERATOR_CONNECTION = "2f1a8a60-0b0e-4c8e-9f6a-7a1d3c5e9b01"
# Unguessable in production; in the demo it stands in a curl line that everybody may copy.
URL_TOKEN = "demo-url-token-4f7c2a9e"


def read_world() -> dict[str, Any]:
    """world.toml, fresh."""
    return tomllib.loads(WORLD_FILE.read_text(encoding="utf-8"))


def company_environment(simulators_url: str) -> Mapping[str, str]:
    """What the demo's company files ask the environment for."""
    world = read_world()
    return {
        "SMARTCALL_DEMO_SIMULATORS": simulators_url,
        "SMARTCALL_DEMO_BOT_SECRET": world["login"]["apps"][0]["secret"],
        "SMARTCALL_DEMO_URL_TOKEN": URL_TOKEN,
        "SMARTCALL_DEMO_CALL_TOKEN": world["exchange"]["click_to_dial"]["token"],
        "SMARTCALL_DEMO_PHONERO_USER": world["phonero"]["username"],
        "SMARTCALL_DEMO_PHONERO_PASSWORD": world["phonero"]["password"],
        "SMARTCALL_DEMO_HUBSPOT_SECRET": world["hubspot"]["client_secret"],
        "SMARTCALL_DEMO_HUBSPOT_REFRESH": world["hubspot"]["refresh_token"],
        "SMARTCALL_DEMO_1881_KEY": world["directory_1881"]["keys"][0],
    }


def events_url(base: str) -> str:
    """Where the exchange sends its events."""
    return f"{base}/api/events/{OPERATOR_CONNECTION}/{URL_TOKEN}"
