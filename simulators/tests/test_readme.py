"""The world file in the README is one that works, with every key that there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import simulators
from simulators.hubspot.settings import (
    CallSettings,
    CompanySettings,
    ContactSettings,
    DealSettings,
    HubSpotSettings,
    OwnerSettings,
    TicketSettings,
)
from simulators.opplysningen_1881.settings import DirectorySettings, ListingSettings


def test_the_readmes_world_works_and_is_whole() -> None:
    readme = (Path(simulators.__file__).parent / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    world = tomllib.loads(block)
    simulators.create_app(world, bot_url="http://127.0.0.1:1")
    hubspot, directory = world["hubspot"], world["directory_1881"]
    assert hubspot.keys() == HubSpotSettings.model_fields.keys()
    assert hubspot["owners"][0].keys() == OwnerSettings.model_fields.keys()
    assert hubspot["companies"][0].keys() == CompanySettings.model_fields.keys()
    assert hubspot["contacts"][0].keys() == ContactSettings.model_fields.keys()
    assert hubspot["deals"][0].keys() == DealSettings.model_fields.keys()
    assert hubspot["tickets"][0].keys() == TicketSettings.model_fields.keys()
    assert hubspot["calls"][0].keys() == CallSettings.model_fields.keys()
    assert directory.keys() == DirectorySettings.model_fields.keys()
    company_only = {"name", "organizationNumber"}
    assert directory["contacts"][0].keys() == ListingSettings.model_fields.keys() - company_only
