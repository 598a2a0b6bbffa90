from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import pytest

import simulators
from calls.model import Connection, JournalEntry
from crm_connectors import CONNECTORS
from crm_connectors.testing.adding import AddingConformance, AddingSubject
from crm_connectors.testing.conformance import JournalConformance, JournalSubject, Subject

KNOWN = {
    "22334455": "Nora Lie",
    "+4791234567": "Nora Lie",
    "004722000000": "Ola Nordbø",
    "93456789": "Åse Dahl",
    "+4794567890": "Pål Vik",
    "+46701234567": "Eva Svensson",
    "+4522334456": "Jens Møller",
    "22334400": "Havnelageret AS",
    "02800": "Nordlys Hotell",
}
# The same last digits behind another country code, a digit more or less, and nobody at all.
STRANGERS = ("+4522334455", "+46022334455", "22334456", "+47701234567", "+4791234568", "22999999", "07575")
READS = r"/search$|/batch/read$|/oauth/[^/]*/token$"


class TestWithOAuth(JournalConformance, AddingConformance):
    @pytest.fixture
    def adding(self) -> AddingSubject:
        return AddingSubject(name="Åse Dahl", numbers=("95001122", "+46701112233"), full="Nora Lie")

    @pytest.fixture
    def subject(
        self,
        world: dict[str, object],
        oauth_connection: Callable[[str], Connection],
        entry: JournalEntry,
        read_calls: Callable[[str], Awaitable[list[Mapping[str, object]]]],
    ) -> Subject:
        async def count(base_url: str) -> int:
            return len(await read_calls(base_url))

        return Subject(
            type=CONNECTORS["hubspot"],
            application=lambda: simulators.create_app(world, bot_url="http://127.0.0.1:1"),
            prefix="/simulators/hubspot",
            connection=oauth_connection,
            known=KNOWN,
            strangers=STRANGERS,
            unasked=("201", "112", "1881"),
            reads=READS,
            secrets=("test-client-secret", "test-refresh-token"),
            journal=JournalSubject(entry=entry, count=count),
        )
