"""What every source shares: the answer to a request for something it cannot do."""

from __future__ import annotations

from typing import NoReturn

from calls.errors import Refused
from calls.model import Details, Draft, Found, JournalEntry, Match, RecordRef
from calls.numbers import Number
from calls.ports import ConnectorSpec


class Source:
    """Refuses each ability by default; a connector overrides the ones its connector.toml declares.

    Callers read ``spec.abilities`` first, so a refusal means a caller that did not. The conformance battery checks
    that declared and overridden agree.
    """

    spec: ConnectorSpec

    async def find(self, number: Number, *, deadline: float) -> Found:
        """Declared by the ability ``find``."""
        self._refuse("find")

    async def details(self, match: Match, *, deadline: float) -> Details:
        """Declared by the ability ``details``."""
        self._refuse("details")

    async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
        """Declared by the ability ``journal``."""
        self._refuse("journal")

    async def create(self, draft: Draft, *, key: str) -> Match:
        """Declared by the ability ``create``."""
        self._refuse("create")

    async def add_number(self, match: Match, number: Number) -> Match:
        """Declared by the ability ``add_number``."""
        self._refuse("add_number")

    async def search_people(self, text: str, *, deadline: float) -> Found:
        """Declared by the ability ``add_number``."""
        self._refuse("add_number")

    def number_page(self, number: Number) -> str | None:
        """Declared by the ability ``number_page``."""
        return None

    def _refuse(self, ability: str) -> NoReturn:
        raise Refused(f"{self.spec.name}: {ability} is not one of its abilities", code="not_supported")
