"""The encryption key is changed, twice in a row: `smartcall apply` seals anew, and the old key can be taken away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.identities import RowIdentities
from calls.ports import Token
from calls.store.credentials import RowCredentials
from calls.store.database import Database
from calls.store.tenants import read_connection
from calls.store.vault import Unsealable, Vault, read_key
from tests.support.clock import Clock
from tests.support.companies import NUMBERS, SECRETS, TestCompany, company_text, provision
from tests.support.programs import CRM, KEY, LAST_KEY, NEXT_KEY, applied, ask, run_smartcall, write


def keys(*texts: str) -> Vault:
    return Vault([read_key(text) for text in texts])


async def token_of(database: Database, company: TestCompany, now: Clock) -> str:
    """The stored token; a new one is asked for only where there is none, and is called new."""

    async def refresh(_: str | None) -> Token:
        return Token(access="new", expires_at=now() + timedelta(hours=1), refresh="refresh")

    async with database.tenant(company.tenant_id) as unit:
        connection = await read_connection(unit, company.crm_id)
    assert connection is not None
    return await RowCredentials(database, now).token(connection, refresh)


async def test_two_changes_of_key_in_a_row(database_url: str, now: Clock, tmp_path: Path) -> None:
    text = company_text()
    first = await Database.open(database_url, keys(KEY))
    company = await provision(first, text)
    async with first.tenant(company.tenant_id) as unit:
        await unit.sql.execute(
            "UPDATE smartcall.connection SET token_sealed = $2 WHERE connection_id = $1",
            company.crm_id,
            unit.vault.seal(
                unit.tenant_id, "token", b'{"access": "kept", "expires_at": "2026-03-02T09:00:00Z", "refresh": "r"}'
            ),
        )
    await first.close()

    for key, previous in ((NEXT_KEY, KEY), (LAST_KEY, NEXT_KEY)):
        path = write(tmp_path, text)
        both = {"SMARTCALL_ENCRYPTION_KEY_PREVIOUS": previous}
        looked = await run_smartcall("apply", "--dry-run", path, database=database_url, key=key, **both)
        done = await run_smartcall("apply", path, database=database_url, key=key, **both)
        assert (done.code, done.out) == (0, looked.out), done.err
        lines = done.out.splitlines()
        assert lines[0] == "Fjordvik AS: 10 to change", "a bot, three connections, six employees"
        assert all(line.startswith("  ~ ") and line.endswith("(sealed anew)") for line in lines[1:])

        alone = await run_smartcall("apply", path, database=database_url, key=key)
        assert (alone.code, alone.out) == (0, "Fjordvik AS: no change\n"), alone.err
        database = await Database.open(database_url, keys(key))
        assert await token_of(database, company, now) == "kept"
        assert (await RowIdentities(database, now).every())[0].secret == SECRETS["TEST_BOT_SECRET"]
        rows = await ask(database, company.tenant_id, "SELECT number_hash, alias_hash FROM smartcall.line")
        async with database.tenant(company.tenant_id) as unit:
            wanted = {
                (unit.hash("line", f"+47{number}"), unit.hash("alias", f"w{place}"))
                for place, number in enumerate(NUMBERS)
            }
        assert set(rows) == wanted, "found by the new key alone"
        await database.close()

    old = await Database.open(database_url, keys(KEY))
    with pytest.raises(Unsealable):
        await applied(old, text, tmp_path)
    await old.close()


async def test_a_changed_secret_forgets_the_token_and_a_new_name_does_not(
    company: TestCompany, database: Database, now: Clock, tmp_path: Path
) -> None:
    assert await token_of(database, company, now) == "new"
    sealed = "SELECT token_sealed IS NOT NULL FROM smartcall.connection WHERE connection_id = $1"
    named = company_text().replace(CRM, f'id = "{company.crm_id}"\n{CRM}')
    await applied(database, named.replace('name = "HubSpot"', 'name = "CRM"'), tmp_path)
    assert await ask(database, company.tenant_id, sealed, company.crm_id) == [(True,)]
    await applied(database, named.replace("TEST_HUBSPOT_KEY", "TEST_1881_KEY"), tmp_path)
    assert await ask(database, company.tenant_id, sealed, company.crm_id) == [(False,)]
