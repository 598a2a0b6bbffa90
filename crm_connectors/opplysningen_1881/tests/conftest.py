"""The world of 1881's tests."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from calls.model import Connection

KEY = "11112222333344445555666677778888"


@pytest.fixture
def world() -> dict[str, object]:
    return {
        "directory_1881": {
            "keys": [KEY],
            "contacts": [
                {"id": "100000001S0", "type": "Person", "firstName": "Kari", "lastName": "Prøve"}
                | {"phone": "90011223", "address": "Prøvegata 1, 0001 Oslo"},
                {"id": "100000002S0", "type": "Company", "name": "Eksempel Rør AS"}
                | {"phone": "22000000", "address": "Rørgata 2, 5003 Bergen"},
            ],
        }
    }


@pytest.fixture
def own_key() -> Callable[[str], Connection]:
    return lambda base_url: Connection(
        tenant_id=UUID(int=1),
        connection_id=UUID(int=2),
        type="opplysningen_1881",
        name="1881",
        settings={"mode": "own_key", "base_url": base_url},
        secrets={"subscription_key": (KEY,)},
    )
