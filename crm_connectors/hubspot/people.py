"""People of the account by what an employee types, and a number for one of them.

A search of people is HubSpot's text search. A number goes into a property that stands empty now: the contact is read by
its id, which does not go through the search index, and what stands in it is never overwritten. HubSpot has no write
that depends on what stands there; somebody who types a number into the same property within the same tenth of a second
is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from calls.errors import OutsideError, Refused
from calls.model import Found, Match
from calls.numbers import Number
from crm_connectors.hubspot.client import Client
from crm_connectors.hubspot.mapping import (
    COMPANY,
    CONTACT,
    CONTACT_READS,
    PLURALS,
    find_company_id,
    read_contact,
    read_person,
)
from crm_connectors.hubspot.phone_fields import phone_fields
from crm_connectors.values import as_mapping, iterate_mappings, read_text

MOST_PEOPLE: Final = 5  # an employee is to choose at a glance; more are told by ``complete``
_CONTACTS: Final = PLURALS[CONTACT]
_MARGIN: Final = 0.3  # seconds before the deadline by which companies' names are given up, so that the people are not
_LONGEST: Final = 100  # characters of what is searched for; a search body may have 3,000


class People:
    """The contacts of one account, for an employee who knows whose number it is."""

    def __init__(self, client: Client, connection_id: UUID, source: str, extra: tuple[str, ...]) -> None:
        self._client = client
        self._connection_id = connection_id
        self._source = source
        self._extra = extra

    async def search(self, text: str, *, deadline: float) -> Found:
        """Those who were changed last first."""
        wanted = " ".join(text.split())[:_LONGEST]
        if not wanted:
            return Found()
        body = {
            "query": wanted,
            "sorts": [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}],
            "properties": [*CONTACT_READS, "associatedcompanyid"],
            "limit": MOST_PEOPLE,
        }
        answer = await self._client.search(_CONTACTS, body, deadline=deadline)
        records = list(iterate_mappings(answer.get("results")))[:MOST_PEOPLE]
        names = await self._name_companies(records, deadline - _MARGIN)
        read = (self._read_person(record, names) for record in records)
        people = tuple(match for match in read if match is not None)
        total = answer.get("total")
        return Found(matches=people, complete=not isinstance(total, int) or total <= len(people))

    def _read_person(self, record: Mapping[str, object], companies: Mapping[str, str]) -> Match | None:
        match = read_person(record, connection_id=self._connection_id, source=self._source)
        company = companies.get(find_company_id(record) or "")
        return replace(match, company=match.company or company) if match is not None else None

    async def _name_companies(self, records: list[Mapping[str, object]], deadline: float) -> Mapping[str, str]:
        """The companies of those who do not name one themselves, by id. Without them the people still have names."""
        unnamed = (record for record in records if not read_text(as_mapping(record.get("properties")).get("company")))
        wanted = {company_id for record in unnamed if (company_id := find_company_id(record))}
        if not wanted:
            return {}
        try:
            answer = await self._client.read_batch(PLURALS[COMPANY], sorted(wanted), ["name"], deadline=deadline)
        except OutsideError:
            return {}
        found = {}
        for company in iterate_mappings(answer.get("results")):
            name = read_text(as_mapping(company.get("properties")).get("name"))
            if name and (company_id := read_text(company.get("id"))):
                found[company_id] = name
        return found

    async def add_number(self, match: Match, number: Number, *, deadline: float) -> Match:
        """The contact with the number, which it may have had already. Raises ``Refused`` with ``no_free_field`` too."""
        if match.ref.type != CONTACT or number.e164 is None:
            raise Refused("HubSpot contacts write: not a person, or not a whole number", code="not_supported")
        record = await self._client.read(
            _CONTACTS,
            match.ref.id,
            properties=",".join(dict.fromkeys((*CONTACT_READS, *self._extra))),
            deadline=deadline,
        )
        known = self._read(record, number)
        if known is not None:
            return known
        values = as_mapping(record.get("properties"))
        free = next((name for name in phone_fields(number) if not read_text(values.get(name))), None)
        if free is None:
            raise Refused("HubSpot contacts write: no phone property is empty", code="no_free_field")
        # By the id that was answered: of a contact that was merged into another since, that is the other one.
        record_id = read_text(record.get("id")) or match.ref.id
        await self._client.update_record(_CONTACTS, record_id, {free: number.e164}, deadline=deadline)
        written = {**record, "properties": {**values, free: number.e164}}
        return self._read(written, number) or match

    def _read(self, record: Mapping[str, object], number: Number) -> Match | None:
        return read_contact(record, number, self._extra, connection_id=self._connection_id, source=self._source)
