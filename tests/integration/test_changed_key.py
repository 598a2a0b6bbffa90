"""The encryption key is changed, and the time passes after which the old one may go: retention takes away what only it
opens, and nothing that is still needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import asyncpg

from calls.jobs.queue import Bell
from calls.jobs.sweep import Sweep
from calls.store.database import Database
from calls.store.tenants import TenantSettings
from calls.store.vault import Vault
from tests.integration.test_data_at_rest import after_a_call, owner
from tests.support.clock import Clock
from tests.support.companies import TestCompany, provision

__all__ = ["after_a_call", "owner"]  # fixtures
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
# Found by a hash under the old key, so nobody comes upon it any more; deleted when it was not used for long.
FORGOTTEN = {"choice.record_sealed"}


async def not_opened_by(vault: Vault, owner: asyncpg.Connection) -> set[str]:
    """The columns in which something is sealed with another key."""
    columns = await owner.fetch(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'smartcall' AND column_name LIKE '%\\_sealed' OR column_name = 'secrets_sealed'"
    )
    found = set()
    for table, column in columns:
        rows = await owner.fetch(f"SELECT {column} FROM smartcall.{table} WHERE {column} IS NOT NULL")
        if any(not vault.knows(row[0]) for row in rows):
            found.add(f"{table}.{column}")
    return found


async def test_the_old_key_may_go_when_the_calls_have_gone(
    after_a_call: TestCompany, database_url: str, owner: asyncpg.Connection, now: Clock
) -> None:
    new = Vault([NEW])
    assert {"event.body_sealed", "line.number_sealed"} <= await not_opened_by(new, owner)
    both = await Database.open(database_url, Vault([NEW, OLD]))
    await provision(both)  # the file is applied with both keys
    left = await not_opened_by(new, owner)
    assert "event.body_sealed" in left
    assert not {each for each in left if each.partition(".")[0] in ("employee", "line", "connection", "bot_identity")}
    keep = timedelta(days=TenantSettings().keep_calls_days)
    now.move(keep.total_seconds() - 60)
    await Sweep(both, Bell(), now).delete_old()
    assert "event.body_sealed" in await not_opened_by(new, owner), "a call is kept for as long as it was said"
    now.move(120)
    await Sweep(both, Bell(), now).delete_old()
    assert await not_opened_by(new, owner) <= FORGOTTEN
    await both.close()
    alone = await Database.open(database_url, new)
    operator = await replace(after_a_call, database=alone).operator()
    assert operator.secrets["url_token"], "events come in with the new key alone"
    await alone.close()
