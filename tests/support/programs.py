"""The program ``smartcall`` on a database of a test's: run to its end, with what it said; and a file applied here."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from uuid import UUID

from bot.provision.apply import apply_company
from bot.provision.company_file import read_company
from calls.store.database import Database
from tests.support.companies import SECRETS
from tests.support.live.processes import Done, clean_environment, run_program, smartcall

KEY, NEXT_KEY, LAST_KEY = (base64.b64encode(bytes(range(begin, begin + 32))).decode() for begin in (0, 100, 200))

# How two of the connections of a company's text begin.
CRM = 'kind = "connector"\ntype = "hubspot"'
DIRECTORY = 'kind = "connector"\ntype = "opplysningen_1881"'


async def run_smartcall(*arguments: str, database: str, key: str = KEY, **settings: str) -> Done:
    """The test company's secrets are in its environment; :data:`KEY` is the key of the fixture ``vault``."""
    given = {"SMARTCALL_DATABASE_URL": database, "SMARTCALL_ENCRYPTION_KEY": key, **SECRETS, **settings}
    return await run_program(smartcall(*arguments), clean_environment(**given))


def write(folder: Path, text: str, name: str = "company.toml") -> str:
    """A company file's path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


async def applied(database: Database, text: str, folder: Path) -> list[str]:
    """The changes, as they are printed."""
    company = read_company(Path(write(folder, text)), SECRETS)
    return [str(change) for change in await apply_company(database, company, SECRETS, folder)]


async def ask(database: Database, tenant_id: UUID, question: str, *arguments: object) -> list[Any]:
    async with database.tenant(tenant_id) as unit:
        return [tuple(row) for row in await unit.sql.fetch(question, *arguments)]
