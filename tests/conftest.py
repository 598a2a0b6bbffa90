"""What tests of the whole share: a real PostgreSQL, a fresh database each, a clock, and a company."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from calls.store.database import Database
from calls.store.vault import Vault
from tests.support.clock import Clock
from tests.support.companies import TestCompany, provision
from tests.support.servers import TestServer, running_server


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[TestServer]:
    """The packaged PostgreSQL with a migrated template; stopped at the end, also when this process is killed."""
    async with running_server() as running:
        yield running


@pytest.fixture
async def database_url(server: TestServer) -> AsyncIterator[str]:
    """The owner's URL of a migrated, empty database of the test's own."""
    url = await server.create()
    yield url
    await server.drop(url)


@pytest.fixture
def vault() -> Vault:
    return Vault([bytes(range(32))])


@pytest.fixture
async def database(database_url: str, vault: Vault) -> AsyncIterator[Database]:
    """The test's database in the service's role, as one node sees it."""
    opened = await Database.open(database_url, vault)
    yield opened
    await opened.close()


@pytest.fixture
async def other_node(database_url: str, vault: Vault) -> AsyncIterator[Database]:
    """The same database as a second node sees it."""
    opened = await Database.open(database_url, vault)
    yield opened
    await opened.close()


@pytest.fixture
def now() -> Clock:
    """A clock that stands still until the test moves it."""
    return Clock()


@pytest.fixture
async def company(database: Database) -> TestCompany:
    """A tenant with six employees, an operator, a CRM and a directory."""
    return await provision(database)
