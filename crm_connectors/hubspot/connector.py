"""HubSpot as a source: asks the client, reads with the mapping."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from calls.errors import NeedsSignIn, OutsideError, Refused
from calls.model import Connection, Details, Found, JournalEntry, Match, RecordRef
from calls.numbers import Number
from calls.ports import Connector, Tools
from crm_connectors.base import Source
from crm_connectors.hubspot.client import Client, check_client
from crm_connectors.hubspot.journal import Journal
from crm_connectors.hubspot.mapping import (
    CONTACT,
    MAX_GROUPS,
    PLURALS,
    build_company_search,
    build_contact_search,
    build_extra_search,
    can_search,
    find_company_id,
    read_company,
    read_contact,
    read_owner_name,
    write_call,
)
from crm_connectors.settings import read_flag, refuse_unknown
from crm_connectors.spec import read_spec
from crm_connectors.values import as_mapping, iterate_mappings, read_text

SPEC: Final = read_spec(Path(__file__).parent)

JOURNAL_SECONDS: Final = 30.0  # for all requests of one entry; nobody waits for it
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
        self._journal = Journal(self._client)
        self._extra = _read_phone_properties(connection)
        self._dispositions = read_flag(connection, "dispositions", default=True)
        self._owner_names: dict[str, str] = {}  # by owner id; a colleague's name, not a customer's
        self._owner_ids: dict[str, str] = {}  # by e-mail address

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
        """Title, company and owner as they are now. A part that does not answer in time stays unknown."""
        is_contact = match.ref.type == CONTACT
        record = await self._client.read(
            PLURALS[match.ref.type],
            match.ref.id,
            properties="jobtitle,company,associatedcompanyid,hubspot_owner_id" if is_contact else "hubspot_owner_id",
            associations="companies" if is_contact else "",
            deadline=deadline,
        )
        values = as_mapping(record.get("properties"))
        company, owner = await asyncio.gather(
            self._read_company_name(find_company_id(record) if is_contact else None, deadline),
            self._read_owner_name(read_text(values.get("hubspot_owner_id")), deadline),
        )
        return Details(
            title=read_text(values.get("jobtitle")), company=company or read_text(values.get("company")), owner=owner
        )

    async def _read_company_name(self, company_id: str | None, deadline: float) -> str | None:
        if company_id is None:
            return None
        try:
            company = await self._client.read("companies", company_id, properties="name", deadline=deadline)
        except OutsideError:
            return None
        return read_text(as_mapping(company.get("properties")).get("name"))

    async def _read_owner_name(self, owner_id: str | None, deadline: float) -> str | None:
        if owner_id is None:
            return None
        if owner_id not in self._owner_names:
            try:
                name = read_owner_name(await self._client.read_owner(owner_id, deadline=deadline))
            except OutsideError:
                return None
            if name is not None:
                self._owner_names[owner_id] = name
        return self._owner_names.get(owner_id)

    async def journal(self, entry: JournalEntry, *, key: str) -> RecordRef:
        deadline = asyncio.get_running_loop().time() + JOURNAL_SECONDS
        owner_id = await self._find_owner_id(entry.employee_email, deadline)
        values = write_call(entry, owner_id=owner_id, dispositions=self._dispositions)
        return await self._journal.write(entry.record, entry.record_kind, values, key=key, deadline=deadline)

    async def _find_owner_id(self, email: str | None, deadline: float) -> str | None:
        if email is None:
            return None
        if email not in self._owner_ids:
            try:
                owner_id = await self._client.find_owner(email, deadline=deadline)
            except NeedsSignIn:  # consent without the owners scope; a dead sign-in shows in the next request
                return None
            if owner_id is not None:
                self._owner_ids[email] = owner_id
        return self._owner_ids.get(email)

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
