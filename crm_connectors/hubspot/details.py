"""What the card adds once somebody is on it: who they are, what is under way with them, and when we last spoke.

``notes_last_contacted`` is HubSpot's own word for the last call, e-mail or meeting with a record; it does not say
which. When a call of the record is as new, it was that call, and its owner is the colleague who had it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from calls.errors import OutsideError
from calls.model import ContactWay, Details, LastContact, Match, OpenItem
from crm_connectors.hubspot.client import Client
from crm_connectors.hubspot.mapping import CONTACT, PLURALS, find_company_id
from crm_connectors.hubspot.owners import Owners
from crm_connectors.hubspot.work import OpenWork, newest_ids
from crm_connectors.values import as_mapping, iterate_mappings, read_text, read_time

_CALLS_READ: Final = 20  # the newest of a record
_SAME: Final = timedelta(minutes=1)  # HubSpot rounds the time it notes on the record
_MARGIN: Final = 0.3  # seconds before the deadline by which parts give up, so that the rest is not lost with them


class DetailsReader:
    """Reads the details of one account's records."""

    def __init__(self, client: Client, owners: Owners) -> None:
        self._client = client
        self._owners = owners
        self._work = OpenWork(client)

    async def read(self, match: Match, *, deadline: float) -> Details:
        """As things are now. A part that does not answer in time, or may not be read, stays unknown."""
        is_contact = match.ref.type == CONTACT
        plural = PLURALS[match.ref.type]
        names = "hubspot_owner_id,notes_last_contacted"
        record = await self._client.read(
            plural,
            match.ref.id,
            properties=f"jobtitle,company,associatedcompanyid,{names}" if is_contact else names,
            associations="companies" if is_contact else "",
            deadline=deadline,
        )
        deadline -= _MARGIN
        values = as_mapping(record.get("properties"))
        company_id = find_company_id(record) if is_contact else None
        company, owner, items, contact = await asyncio.gather(
            self._read_company_name(company_id, deadline),
            self._owners.find_name(read_text(values.get("hubspot_owner_id")), deadline=deadline),
            self._find_work(plural, match.ref.id, company_id, deadline),
            self._find_last_contact(plural, match.ref.id, values, deadline),
        )
        return Details(
            title=read_text(values.get("jobtitle")),
            company=company or read_text(values.get("company")),
            owner=owner,
            open_items=items,
            last_contact=contact,
        )

    async def _read_company_name(self, company_id: str | None, deadline: float) -> str | None:
        if company_id is None:
            return None
        try:
            company = await self._client.read("companies", company_id, properties="name", deadline=deadline)
        except OutsideError:
            return None
        return read_text(as_mapping(company.get("properties")).get("name"))

    async def _find_work(
        self, plural: str, record_id: str, company_id: str | None, deadline: float
    ) -> tuple[OpenItem, ...]:
        """The person's own; of somebody who has none, the company's."""
        items = await self._work.find(plural, record_id, deadline=deadline)
        if items or company_id is None:
            return items
        return await self._work.find("companies", company_id, deadline=deadline)

    async def _find_last_contact(
        self, plural: str, record_id: str, values: Mapping[str, object], deadline: float
    ) -> LastContact | None:
        at = read_time(values.get("notes_last_contacted"))
        if at is None:
            return None
        other = LastContact(at=at, way=ContactWay.OTHER)
        try:
            page = await self._client.list_associated(plural, record_id, "calls", after=None, deadline=deadline)
            ids = newest_ids(page, _CALLS_READ)
            if not ids:
                return other
            answer = await self._client.read_calls(ids, ["hs_timestamp", "hubspot_owner_id"], deadline=deadline)
        except OutsideError:
            return other
        for call in iterate_mappings(answer.get("results")):
            known = as_mapping(call.get("properties"))
            moment = read_time(known.get("hs_timestamp"))
            if moment is not None and abs(moment - at) <= _SAME:
                name = await self._owners.find_name(read_text(known.get("hubspot_owner_id")), deadline=deadline)
                return LastContact(at=at, way=ContactWay.CALL, employee=name)
        return other
