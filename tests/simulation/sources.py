"""CRMs and a directory in memory, with a truth of their own: who owns a number follows from the number and the seed."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from calls.errors import Refused, Throttled, Transient, Unknown
from calls.model import (
    Ability,
    Connection,
    Details,
    EvidenceField,
    Found,
    JournalEntry,
    Match,
    MatchKind,
    RecordRef,
    SourceRole,
)
from calls.numbers import Number
from calls.ports import ConnectorSpec

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.world import World

# By the connection's name: what it is, and how many of a hundred numbers it knows.
_KINDS = {
    "HubSpot": (SourceRole.CRM, {Ability.FIND, Ability.DETAILS, Ability.JOURNAL}, 45),
    "Arkiv": (SourceRole.CRM, {Ability.FIND}, 20),
    "1881": (SourceRole.DIRECTORY, {Ability.FIND}, 60),
}


@dataclass(kw_only=True, slots=True)
class Entry:
    """An activity in a CRM."""

    connection_id: UUID
    content: JournalEntry
    writes: int = 1


@dataclass(kw_only=True)
class Crms:
    """What every source knows, was asked and was given to keep."""

    world: World
    entries: dict[str, Entry] = field(default_factory=dict)  # by our key
    asked: defaultdict[str, list[tuple[str, str, bool]]] = field(default_factory=lambda: defaultdict(list))
    journal_requests: int = 0
    given: dict[tuple[UUID, str], set[str]] = field(default_factory=dict)  # record ids, by connection and number

    def records(self, connection_id: UUID, number: Number) -> set[str]:
        """The ids of the records there that own the number."""
        return self.given.get((connection_id, number.key), set())

    def owners(self, connection: Connection, number: Number) -> tuple[Match, ...]:
        """Who this source says owns the number; nobody else's business is in it."""
        found = self._owners(connection, number)
        self.given[connection.connection_id, number.key] = {match.ref.id for match in found}
        return found

    def _owners(self, connection: Connection, number: Number) -> tuple[Match, ...]:
        role, _, share = _KINDS[connection.name]
        chance = random.Random(f"{self.world.seed} {connection.connection_id} {number.key}")
        if chance.random() * 100 >= share:
            return ()
        return tuple(
            Match(
                connection_id=connection.connection_id,
                source=connection.name,
                ref=RecordRef(type="0-1", id=f"{chance.randrange(10**6)}"),
                kind=chance.choice((MatchKind.PERSON, MatchKind.PERSON, MatchKind.COMPANY)),
                name=f"Owner {place} of {number.key}",
                evidence=chance.choice((EvidenceField.MOBILE, EvidenceField.PHONE, EvidenceField.WORK)),
                role=role,
            )
            for place in range(1 if role is SourceRole.DIRECTORY else chance.choice((1, 1, 1, 2, 3)))
        )


class FakeConnector:
    """A connection opened on one node: :class:`calls.ports.Connector`."""

    def __init__(self, node: Node, crms: Crms, connection: Connection) -> None:
        self._node = node
        self._crms = crms
        self._connection = connection
        role, abilities, _ = _KINDS[connection.name]
        self.spec = ConnectorSpec(
            type=connection.type,
            name=connection.name,
            owner="simulation",
            role=role,
            abilities=frozenset(abilities),
            grade="unproven",
            limits="none",
            data=(),
        )

    async def find(self, number: Number, *, deadline: float) -> Found:
        faults = self._crms.world.faults
        said, told = "silence", False
        try:
            await self._node.point("find")
            if faults.happens("source_dead"):
                await self._crms.world.loop.create_future()
            slow = faults.happens("source_slow")
            await asyncio.sleep(faults.chance.uniform(0.8, 7) if slow else faults.chance.uniform(0.02, 0.4))
            if faults.happens("source_fails"):
                said = "failure"
                raise faults.chance.choice((Transient("503"), Throttled(retry_after=1.0)))
            await self._node.gate("found")
            matches = self._crms.owners(self._connection, number)
            said, told = "answer", bool(matches)
            return Found(matches=matches)
        finally:
            self._crms.asked[number.key].append((self._connection.name, said, told))

    async def details(self, match: Match, *, deadline: float) -> Details:
        await self._node.point("details")
        faults = self._crms.world.faults
        await asyncio.sleep(faults.chance.uniform(0.02, 0.4))
        if faults.happens("source_fails"):
            raise Transient("503")
        await self._node.gate("details found")
        return Details(title="Sjef", owner="Kari Hansen")

    async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
        await self._node.point("journal")
        faults, loop = self._crms.world.faults, self._crms.world.loop
        self._crms.journal_requests += 1
        if Ability.JOURNAL not in self.spec.abilities:
            self._crms.world.blame(f"{self.spec.name} was given an entry, and cannot keep one")
        delay = faults.chance.uniform(2, 20) if faults.happens("journal_slow") else faults.chance.uniform(0.05, 0.5)
        answer: asyncio.Future[None] = loop.create_future()
        if faults.happens("journal_fails"):
            await asyncio.sleep(delay)
            await self._node.gate("journal failed")
            raise faults.chance.choice((Transient("503"), Throttled(retry_after=2.0), Refused(code="gone")))
        loop.call_later(delay, self._keep, entry, key, answer)
        await answer
        await self._node.gate("journal kept")
        if faults.happens("journal_loses_answer"):
            raise Unknown("lost on the way back")
        return RecordRef(type="call", id=key)

    async def check(self) -> None:
        await self._node.point("check")

    def _keep(self, entry: JournalEntry, key: str, answer: asyncio.Future[None]) -> None:
        """The CRM's side: whether or not anybody still listens."""
        known = self._crms.entries.get(key)
        if known is None:
            self._crms.entries[key] = Entry(connection_id=self._connection.connection_id, content=entry)
        else:
            known.content, known.writes = entry, known.writes + 1
        if not answer.done():
            answer.set_result(None)


def connector_maker(node: Node, crms: Crms) -> Callable[[Connection], FakeConnector]:
    return lambda connection: FakeConnector(node, crms, connection)
