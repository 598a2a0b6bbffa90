"""docs/provisioning.md names every key of a company file, and its examples are company files."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.provision.company_file import BotPart, Company, ConnectionPart, EmployeePart, LinePart, SecretRef, TenantPart
from calls.store.tenants import TenantSettings
from crm_connectors import CONNECTORS
from operators import OPERATORS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "provisioning.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TABLES: dict[str, type[BaseModel]] = {
    "[tenant]": TenantPart,
    "[[bots]]": BotPart,
    "[[connections]]": ConnectionPart,
    "[[employees]]": EmployeePart,
}


def section(heading: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^#+ `?{re.escape(heading)}`?\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading}"
    return found[1]


def keys(table: str) -> set[str]:
    """The keys told in the table whose first column has this heading."""
    found = re.search(r"^\| key \|.*\n\| --- .*\n((?:\|.*\n)+)", table, re.MULTILINE)
    assert found
    return set(re.findall(r"^\| `(\w+)` \|", found[1], re.MULTILINE))


def test_every_part_of_the_file_has_its_section() -> None:
    assert set(Company.model_fields) == {name.strip("[]") for name in TABLES}


@pytest.mark.parametrize(("heading", "part"), TABLES.items())
def test_each_key_is_told_and_no_other(heading: str, part: type[BaseModel]) -> None:
    assert keys(section(heading)) == set(part.model_fields)


def test_each_setting_of_a_tenant_is_told_and_no_other() -> None:
    told = section("[tenant.settings]")
    assert keys(told) == {field.name for field in dataclasses.fields(TenantSettings)}
    for field in dataclasses.fields(TenantSettings):
        shown = str(field.default).lower() if isinstance(field.default, bool) else field.default
        shown = re.escape("[]" if shown == () else str(shown))
        assert re.search(rf"^\| `{field.name}` \| `\"?{shown}\"?` \|", told, re.MULTILINE), f"{field.name}'s default"


def test_lines_and_secrets_are_told() -> None:
    lines = re.search(r"^\| key of a line \|.*\n\| --- .*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert lines
    assert set(re.findall(r"^\| `(\w+)` \|", lines[1], re.MULTILINE)) == set(LinePart.model_fields)
    assert set(re.findall(r"^\| `\{ (\w+) = ", section("Secrets"), re.MULTILINE)) == set(SecretRef.model_fields)


def test_each_type_of_connection_is_told() -> None:
    told = re.search(r"^\| `type` \|.*$", section("[[connections]]"), re.MULTILINE)
    assert told
    assert {*OPERATORS, *CONNECTORS} <= set(re.findall(r"`(\w+)`", told[0]))


def test_the_examples_can_be_applied() -> None:
    provider, customer = (Company.model_validate(tomllib.loads(example)) for example in EXAMPLES)
    assert customer.tenant.bot in {bot.app_id for bot in provider.bots}
    lent = {part.id for part in provider.connections}
    assert {part.provided_by for part in customer.connections if part.provided_by} <= lent


def test_the_customers_example_shows_every_key() -> None:
    """Keys that a customer with a bot of the provider's does not need are shown in the provider's file."""
    shown = "\n".join(EXAMPLES)
    for part in (*TABLES.values(), LinePart, SecretRef):
        missing = [key for key in part.model_fields if not re.search(rf"\b{key}\b", shown)]
        assert not missing, part.__name__
