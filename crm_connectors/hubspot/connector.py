"""HubSpot as a source: asks the client, reads with the mapping."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from calls.errors import Refused
from calls.model import Connection, Details, Draft, Found, JournalEntry, Match, MatchKind, RecordRef
from calls.numbers import Number
from calls.ports import Connector, Tools
from crm_connectors.base import Source
from crm_connectors.hubspot.client import Client, check_client
from crm_connectors.hubspot.contacts import Contacts
from crm_connectors.hubspot.details import DetailsReader
from crm_connectors.hubspot.journal import Journal
from crm_connectors.hubspot.mapping import (
    MAX_GROUPS,
    build_company_search,
    build_contact_search,
    build_extra_search,
    can_search,
    read_company,
    read_contact,
    write_call,
)
from crm_connectors.hubspot.owners import Owners
from crm_connectors.hubspot.people import People
from crm_connectors.settings import read_flag, refuse_unknown
from crm_connectors.spec import read_spec
from crm_connectors.values import iterate_mappings

SPEC: Final = read_spec(Path(__file__).parent)

JOURNAL_SECONDS: Final = 30.0  # for all requests of one entry; nobody waits for it
WRITE_SECONDS: Final = 15.0  # for a person or a number; somebody waits, and sees that it takes a while
CHECK_SECONDS: Final = 10.0

_PROPERTY_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")


class HubSpot:
    """The connector type."""

    spec = SPEC

    def check_settings(self, connection: Connection) -> None:
        refuse_unknown(
            connection,
            settings=("base_url", "version", "client_id", "phone_properties", "dispositions"),
            secrets=("service_key", "client_secret", "refresh_token"),
        )
        _read_phone_properties(connection)
        read_flag(connection, "dispositions", default=True)
        check_client(connection)

    def connect(self, connection: Connection, tools: Tools) -> Connector:
        return HubSpotConnector(connection, tools)


class HubSpotConnector(Source):
    """One account."""

    spec = SPEC

    def __init__(self, connection: Connection, tools: Tools) -> None:
        self._connection_id = connection.connection_id
        self._client = Client(connection, tools)
        self._owners = Owners(self._client)
        self._details = DetailsReader(self._client, self._owners)
        self._journal = Journal(self._client)
        self._contacts = Contacts(self._client, connection.connection_id, SPEC.name)
        self._extra = _read_phone_properties(connection)
        self._people = People(self._client, connection.connection_id, SPEC.name, self._extra)
        self._dispositions = read_flag(connection, "dispositions", default=True)

    async def find(self, number: Number, *, deadline: float) -> Found:
        """Contacts first; companies only when no contact owns the number, because searches are scarce."""
        if not can_search(number):
            return Found()
        found = await self._find_contacts(build_contact_search(number, self._extra), number, deadline)
        if self._extra and not found.matches:
            found = _join(found, await self._find_by_extra(number, deadline))
        if not found.matches:
            found = _join(found, await self._find_companies(number, deadline))
        return found

    async def _find_contacts(self, body: Mapping[str, object], number: Number, deadline: float) -> Found:
        answer = await self._client.search("contacts", body, deadline=deadline)
        return _read_found(
            answer,
            [
                read_contact(record, number, self._extra, connection_id=self._connection_id, source=SPEC.name)
                for record in iterate_mappings(answer.get("results"))
            ],
        )

    async def _find_by_extra(self, number: Number, deadline: float) -> Found:
        """A property that was renamed or deleted in HubSpot must not hide what the other searches find."""
        try:
            return await self._find_contacts(build_extra_search(number, self._extra), number, deadline)
        except Refused:
            return Found(complete=False)

    async def _find_companies(self, number: Number, deadline: float) -> Found:
        answer = await self._client.search("companies", build_company_search(number), deadline=deadline)
        return _read_found(
            answer,
            [
                read_company(record, number, connection_id=self._connection_id, source=SPEC.name)
                for record in iterate_mappings(answer.get("results"))
            ],
        )

    async def details(self, match: Match, *, deadline: float) -> Details:
        return await self._details.read(match, deadline=deadline)

    async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
        deadline = asyncio.get_running_loop().time() + JOURNAL_SECONDS
        owner_id = await self._owners.find_id(entry.employee_email, deadline=deadline)
        values = write_call(entry, owner_id=owner_id, dispositions=self._dispositions)
        return await self._journal.write(entry.record, entry.record_kind, values, key=key, deadline=deadline)

    async def create(self, draft: Draft, *, key: str) -> Match:
        """Whoever owns the number by now; else the contact of this key, made if there is none."""
        deadline = asyncio.get_running_loop().time() + WRITE_SECONDS
        for match in (await self.find(draft.number, deadline=deadline)).matches:
            if match.kind is MatchKind.PERSON:
                return match
        owner_id = await self._owners.find_id(draft.employee_email, deadline=deadline)
        return await self._contacts.create(draft, owner_id=owner_id, key=key, deadline=deadline)

    async def search_people(self, text: str, *, deadline: float) -> Found:
        return await self._people.search(text, deadline=deadline)

    async def add_number(self, match: Match, number: Number) -> Match:
        deadline = asyncio.get_running_loop().time() + WRITE_SECONDS
        return await self._people.add_number(match, number, deadline=deadline)

    async def check(self) -> None:
        await self._client.check(deadline=asyncio.get_running_loop().time() + CHECK_SECONDS)


def _read_phone_properties(connection: Connection) -> tuple[str, ...]:
    """Contact properties with numbers beside ``phone`` and ``mobilephone``; one search takes five."""
    value = connection.settings.get("phone_properties", ())
    names = tuple(value) if isinstance(value, list | tuple) else None
    if names is None or len(names) > MAX_GROUPS or not all(_is_property_name(name) for name in names):
        raise ValueError(f"phone_properties: wants a list of at most {MAX_GROUPS} internal names of contact properties")
    return tuple(name for name in dict.fromkeys(names) if name not in {"phone", "mobilephone"})


def _is_property_name(name: object) -> bool:
    return isinstance(name, str) and _PROPERTY_NAME.fullmatch(name) is not None


def _read_found(answer: Mapping[str, object], matches: list[Match | None]) -> Found:
    total = answer.get("total")
    complete = not isinstance(total, int) or total <= len(matches)
    return Found(matches=tuple(match for match in matches if match is not None), complete=complete)


def _join(first: Found, second: Found) -> Found:
    return Found(matches=first.matches + second.matches, complete=first.complete and second.complete)
