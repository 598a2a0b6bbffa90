"""What every source shares: the answer to a request for something it cannot do."""

from __future__ import annotations

from typing import NoReturn

from calls.errors import Refused
from calls.model import Details, JournalEntry, Match, RecordRef
from calls.ports import ConnectorSpec


class Source:
    """Refuses each ability by default; a connector overrides the ones its connector.toml declares.

    Callers read ``spec.abilities`` first, so a refusal means a caller that did not. The conformance battery checks
    that declared and overridden agree.
    """

    spec: ConnectorSpec

    async def details(self, match: Match, *, deadline: float) -> Details:
        """Declared by the ability ``details``."""
        self._refuse("details")

    async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
        """Declared by the ability ``journal``."""
        self._refuse("journal")

    def _refuse(self, ability: str) -> NoReturn:
        raise Refused(f"{self.spec.name}: {ability} is not one of its abilities", code="not_supported")
