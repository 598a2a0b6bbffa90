"""Access tokens: one renewal at a time over all nodes, and a rotated refresh token never lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from calls.errors import NeedsSignIn, Transient
from calls.model import Connection
from calls.ports import Token
from calls.store.credentials import RowCredentials
from calls.store.database import Database
from calls.store.tenants import read_connection
from tests.support.clock import Clock
from tests.support.companies import TestCompany


@dataclass
class Endpoint:
    """A token endpoint that rotates: each refresh token works once."""

    clock: Clock
    valid: str | None = None  # None: whatever the first caller brings
    renewals: int = 0
    under_way: int = 0
    most_at_once: int = 0
    asked_with: list[str | None] = field(default_factory=list)
    problem: Exception | None = None
    rotates: bool = True
    seconds: float = 0.05

    async def __call__(self, refresh: str | None) -> Token:
        self.asked_with.append(refresh)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        await asyncio.sleep(self.seconds)
        self.under_way -= 1
        if self.problem:
            raise self.problem
        if self.valid is not None and refresh != self.valid:
            raise NeedsSignIn("this refresh token was used before")
        self.renewals += 1
        self.valid = f"refresh-{self.renewals}" if self.rotates else None
        expires_at = self.clock() + timedelta(minutes=30)
        return Token(access=f"access-{self.renewals}", expires_at=expires_at, refresh=self.valid)


@pytest.fixture
def endpoint(now: Clock) -> Endpoint:
    return Endpoint(clock=now)


@pytest.fixture
async def connection(company: TestCompany) -> Connection:
    async with company.database.tenant(company.tenant_id) as unit:
        found = await read_connection(unit, company.crm_id)
    assert found is not None
    return found


async def test_many_askers_on_two_nodes_renew_once(
    database: Database, other_node: Database, now: Clock, connection: Connection, endpoint: Endpoint
) -> None:
    nodes = [RowCredentials(database, now), RowCredentials(other_node, now)]
    asked = (nodes[place % 2].token(connection, endpoint) for place in range(12))
    assert set(await asyncio.gather(*asked)) == {"access-1"}
    assert (endpoint.renewals, endpoint.most_at_once) == (1, 1)
    now.move(31 * 60)
    asked = (nodes[place % 2].token(connection, endpoint) for place in range(12))
    assert set(await asyncio.gather(*asked)) == {"access-2"}
    assert endpoint.asked_with == [None, "refresh-1"]


async def test_a_token_is_renewed_before_it_expires(
    database: Database, now: Clock, connection: Connection, endpoint: Endpoint
) -> None:
    credentials = RowCredentials(database, now)
    assert await credentials.token(connection, endpoint) == "access-1"
    now.move(28 * 60)
    assert await credentials.token(connection, endpoint) == "access-1"
    now.move(70)
    assert await credentials.token(connection, endpoint) == "access-2"


async def test_a_rotated_refresh_token_is_stored_before_the_access_token_is_used(
    database: Database, other_node: Database, now: Clock, connection: Connection, endpoint: Endpoint
) -> None:
    token = await RowCredentials(database, now).token(connection, endpoint)
    now.move(40 * 60)
    assert token == "access-1"
    assert await RowCredentials(other_node, now).token(connection, endpoint) == "access-2"
    assert endpoint.asked_with[-1] == "refresh-1"


async def test_a_refresh_token_that_does_not_rotate_is_kept(
    database: Database, now: Clock, connection: Connection, endpoint: Endpoint
) -> None:
    credentials = RowCredentials(database, now)
    await credentials.token(connection, endpoint)
    endpoint.rotates = False
    for _ in range(2):
        now.move(40 * 60)
        endpoint.valid = "refresh-1"
        await credentials.token(connection, endpoint)
    assert endpoint.asked_with == [None, "refresh-1", "refresh-1"]


async def test_who_gives_up_waiting_does_not_lose_the_renewal(
    database: Database, now: Clock, connection: Connection, endpoint: Endpoint
) -> None:
    credentials = RowCredentials(database, now)
    endpoint.seconds = 0.2
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(credentials.token(connection, endpoint), 0.05)
    assert await credentials.token(connection, endpoint) == "access-1"
    assert endpoint.renewals == 1


async def test_a_refused_token_is_forgotten_everywhere_and_a_newer_one_is_not(
    database: Database, other_node: Database, now: Clock, connection: Connection, endpoint: Endpoint
) -> None:
    here, there = RowCredentials(database, now), RowCredentials(other_node, now)
    await here.token(connection, endpoint)
    await here.reject(connection, "access-1")
    assert await here.token(connection, endpoint) == "access-2"
    await there.reject(connection, "access-1")
    assert await there.token(connection, endpoint) == "access-2"
    assert endpoint.asked_with == [None, "refresh-1"]


@pytest.mark.parametrize("problem", [NeedsSignIn(), Transient()])
async def test_a_renewal_that_fails_says_why_and_frees_the_way(
    database: Database, now: Clock, connection: Connection, endpoint: Endpoint, problem: Exception
) -> None:
    credentials = RowCredentials(database, now)
    endpoint.problem = problem
    with pytest.raises(type(problem)):
        await credentials.token(connection, endpoint)
    endpoint.problem = None
    assert await credentials.token(connection, endpoint) == "access-1"


async def test_a_node_that_died_while_renewing_is_not_waited_for_for_ever(
    database: Database, now: Clock, connection: Connection, endpoint: Endpoint, database_url: str
) -> None:
    owner = await asyncpg.connect(database_url)
    dead = "UPDATE smartcall.connection SET token_lease = $1, token_lease_until = $2"
    await owner.execute(dead, UUID(int=7), now() + timedelta(seconds=15))
    await owner.close()
    asking = asyncio.create_task(RowCredentials(database, now).token(connection, endpoint))
    done, _ = await asyncio.wait({asking}, timeout=0.2)
    assert not done
    now.move(16)
    assert await asking == "access-1"
