"""Connectors that live in memory, one per connection of a company, and do what a test tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from calls.errors import Unknown
from calls.model import (
    Ability,
    Connection,
    Details,
    Draft,
    EvidenceField,
    Found,
    JournalEntry,
    Match,
    MatchKind,
    RecordRef,
    SourceRole,
)
from calls.numbers import Number
from calls.ports import Connector, ConnectorSpec
from calls.reducer import Call


class Texts:
    """:class:`calls.journal.journaling.JournalTexts` without any language."""

    def write(self, call: Call, *, employee: str | None, rang: Sequence[str], language: str) -> tuple[str, str]:
        return f"{call.outcome} {employee}", f"{', '.join(rang)} ({language})"

    def result(self, result: str, *, language: str) -> str:
        return f"{result} ({language})"


@dataclass(kw_only=True)
class FakeConnector:
    """:class:`calls.ports.Connector`. As a CRM it keeps its journal by key, as the contract wants it."""

    spec: ConnectorSpec
    connection_id: UUID
    knows: str | None = None  # the caller's name
    more: tuple[Match, ...] = ()  # others who own the number too
    after: float = 0.0  # seconds an answer takes
    problem: Exception | None = None
    asked: int = 0
    details_given: Details = field(default_factory=Details)
    lose_answers: int = 0  # journal entries written without our hearing of it
    journal_problem: Exception | None = None
    writes: int = 0
    entries: dict[str, JournalEntry] = field(default_factory=dict)
    made: dict[str, Draft] = field(default_factory=dict)  # by key, as the contract wants it
    create_problem: Exception | None = None
    lose_creations: int = 0  # records made, or numbers added, without our hearing of it
    there: tuple[str, ...] = ()  # people in it, by name
    added: dict[str, list[str]] = field(default_factory=dict)  # numbers, by record id
    searched: list[str] = field(default_factory=list)
    search_problem: Exception | None = None

    async def find(self, number: Number, *, deadline: float) -> Found:
        self.asked += 1
        await asyncio.sleep(self.after)
        if self.problem:
            raise self.problem
        return Found(matches=(self.match(), *self.more) if self.knows else ())

    def match(self) -> Match:
        return Match(
            connection_id=self.connection_id,
            source=self.spec.name,
            ref=RecordRef(type="0-1", id="101"),
            kind=MatchKind.PERSON,
            name=self.knows or "",
            evidence=EvidenceField.MOBILE,
            role=self.spec.role,
        )

    async def details(self, match: Match, *, deadline: float) -> Details:
        return self.details_given

    async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
        self.writes += 1
        if self.journal_problem:
            raise self.journal_problem
        self.entries[key] = entry
        if self.lose_answers:
            self.lose_answers -= 1
            raise Unknown("written, but nobody was told")
        return RecordRef(type="call", id=f"entry of {key}")

    async def create(self, draft: Draft, *, key: str) -> Match:
        if self.create_problem:
            raise self.create_problem
        draft = self.made.setdefault(key, draft)
        if self.lose_creations:
            self.lose_creations -= 1
            raise Unknown("made, but nobody was told")
        name, ref = f"{draft.first_name} {draft.last_name}".strip(), RecordRef(type="0-1", id=f"made {key[:4]}")
        return replace(self.match(), ref=ref, name=name, company=draft.company or None)

    def person(self, place: int) -> Match:
        return replace(self.match(), ref=RecordRef(type="0-1", id=f"there {place}"), name=self.there[place])

    async def search_people(self, text: str, *, deadline: float) -> Found:
        self.searched.append(text)
        if self.search_problem:
            raise self.search_problem
        people = (self.person(place) for place, name in enumerate(self.there) if text in name.lower())
        return Found(matches=tuple(people))

    async def add_number(self, match: Match, number: Number) -> Match:
        if self.create_problem:
            raise self.create_problem
        numbers = self.added.setdefault(match.ref.id, [])
        if number.e164 and number.e164 not in numbers:
            numbers.append(number.e164)
        if self.lose_creations:
            self.lose_creations -= 1
            raise Unknown("added, but nobody was told")
        return match

    async def check(self) -> None:
        return None


class FakeSources:
    """One CRM and one directory, opened by connection as :class:`calls.callers.sources.Sources` asks for them."""

    def __init__(self, crm_id: UUID, directory_id: UUID) -> None:
        crm = frozenset(
            {Ability.FIND, Ability.DETAILS, Ability.OPEN, Ability.JOURNAL, Ability.CREATE, Ability.ADD_NUMBER}
        )
        self.crm = FakeConnector(spec=_spec("HubSpot", SourceRole.CRM, crm), connection_id=crm_id)
        directory = _spec("1881", SourceRole.DIRECTORY, frozenset({Ability.FIND}))
        self.directory = FakeConnector(spec=directory, connection_id=directory_id)
        self.broken: set[UUID] = set()

    def connect(self, connection: Connection) -> Connector:
        if connection.connection_id in self.broken:
            raise ValueError("a setting that somebody got wrong")
        return {each.connection_id: each for each in (self.crm, self.directory)}[connection.connection_id]


def _spec(name: str, role: SourceRole, abilities: frozenset[Ability]) -> ConnectorSpec:
    return ConnectorSpec(
        type=name.lower(), name=name, owner="tests", role=role, abilities=abilities, grade="", limits="", data=()
    )
