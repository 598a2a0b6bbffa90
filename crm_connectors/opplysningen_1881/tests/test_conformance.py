from __future__ import annotations

from collections.abc import Callable

import pytest

import simulators
from calls.model import Connection
from crm_connectors import CONNECTORS
from crm_connectors.testing.conformance import Conformance, Subject


class TestWithOwnKey(Conformance):
    @pytest.fixture
    def subject(self, world: dict[str, object], own_key: Callable[[str], Connection]) -> Subject:
        return Subject(
            type=CONNECTORS["opplysningen_1881"],
            application=lambda: simulators.create_app(world, bot_url="http://127.0.0.1:1"),
            prefix="/simulators/1881",
            connection=own_key,
            known={"90011223": "Kari Prøve", "+47 22 00 00 00": "Eksempel Rør AS", "004790011223": "Kari Prøve"},
            strangers=("90011224", "22000001"),
            unasked=("+4590011223", "+46701234567", "02800", "116117", "112", "201", "581234567890"),
            reads=r"^$",
            secrets=("11112222333344445555666677778888",),
            harmless=frozenset({"404"}),
        )
