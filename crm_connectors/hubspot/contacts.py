"""A new contact for a number that nobody owned, once.

Who owns the number by now is asked first. The key then makes the contact known to the next try at once, however far the
search index lags: it is the value of a unique property of ours (:mod:`crm_connectors.hubspot.key_property`). Nothing of
a contact that is there is overwritten. Where no property may be made, an answer that is lost is not tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from calls.errors import Gone, Refused, Unknown
from calls.model import Draft, Match
from calls.numbers import Number
from crm_connectors.hubspot.client import Client
from crm_connectors.hubspot.key_property import KeyProperty
from crm_connectors.hubspot.mapping import CONTACT, CONTACT_KEY_PROPERTY, CONTACT_READS, PLURALS, read_contact
from crm_connectors.hubspot.phone_fields import phone_fields
from crm_connectors.values import read_text

_CONTACTS: Final = PLURALS[CONTACT]
_TAKEN: Final = frozenset({"CONFLICT", "http_409"})  # the e-mail address is another contact's


class Contacts:
    """Makes the contacts of one account."""

    def __init__(self, client: Client, connection_id: UUID, source: str) -> None:
        self._client = client
        self._connection_id = connection_id
        self._source = source
        self._key_property = KeyProperty(
            client,
            _CONTACTS,
            CONTACT_KEY_PROPERTY,
            label="SmartCall contact key",
            neighbour="firstname",
            usual_group="contactinformation",
        )

    async def create(self, draft: Draft, *, owner_id: str | None, key: str, deadline: float) -> Match:
        """The contact of this key, or a new one. Raises ``Refused`` with ``email_taken`` or ``answer_lost`` too."""
        known = await self._read_by_key(key, deadline=deadline)
        if known is not None:
            match = self._read(known, draft.number)
            if match is not None:
                return match
            # Somebody has taken the number away from it since: whoever has it now is somebody else.
            key = hashlib.sha256(f"{key} {read_text(known.get('id'))}".encode()).hexdigest()[:40]
        values = write_contact(draft, owner_id=owner_id)
        try:
            return await self._post(values | {CONTACT_KEY_PROPERTY: key}, draft.number, deadline=deadline)
        except Refused as refused:
            if refused.code in _TAKEN:
                raise Refused("HubSpot contacts write: e-mail address is taken", code="email_taken") from None
            made = await self._read_by_key(key, deadline=deadline)  # by another try, a moment ago
            match = None if made is None else self._read(made, draft.number)
            if match is not None:
                return match
            keyed = await self._key_property.ensure(refused, deadline=deadline)
        if keyed:
            return await self._post(values | {CONTACT_KEY_PROPERTY: key}, draft.number, deadline=deadline)
        try:
            return await self._post(values, draft.number, deadline=deadline)
        except Unknown:
            raise Refused("HubSpot contacts write: answer lost, and no key to find it by", code="answer_lost") from None

    async def _post(self, values: Mapping[str, str], number: Number, *, deadline: float) -> Match:
        record = await self._client.create_record(_CONTACTS, {"properties": dict(values)}, deadline=deadline)
        match = self._read(record, number)
        if match is None:
            raise Unknown("HubSpot contacts write: answer has no contact")
        return match

    async def _read_by_key(self, key: str, *, deadline: float) -> Mapping[str, object] | None:
        try:
            return await self._client.read(
                _CONTACTS,
                key,
                properties=",".join(CONTACT_READS),
                id_property=CONTACT_KEY_PROPERTY,
                deadline=deadline,
            )
        except (Gone, Refused):  # the latter where there is no such property yet
            return None

    def _read(self, record: Mapping[str, object], number: Number) -> Match | None:
        return read_contact(record, number, (), connection_id=self._connection_id, source=self._source)


def write_contact(draft: Draft, *, owner_id: str | None) -> dict[str, str]:
    """The properties of a new contact; what was not said is left out."""
    values = {
        "firstname": draft.first_name,
        "lastname": draft.last_name,
        "company": draft.company,
        "email": draft.email,
        phone_fields(draft.number)[0]: draft.number.e164 or draft.number.digits,
        "hubspot_owner_id": owner_id or "",
    }
    return {name: value for name, value in values.items() if value}
