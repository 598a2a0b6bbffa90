"""One call object per call, whatever happened to the first try.

First way: a unique property of ours on the call object carries the key, and HubSpot's upsert finds the object by it.
That does not go through the search index, so its lag does not matter. The property is made the first time an upsert
is refused for the lack of it.

Second way, when the account's consent does not let us make a property: the calls associated with the record are
listed (again no search), and the one whose ``hs_call_external_id`` is our key is updated; else one is created
together with its association, in one request. Two tries at the very same moment could both create, which is why it
is second; our queue runs one try at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from calls.errors import Refused, Transient, Unknown
from calls.model import MatchKind, RecordRef
from crm_connectors.hubspot.client import Client
from crm_connectors.hubspot.key_property import KeyProperty
from crm_connectors.hubspot.mapping import (
    CALL,
    CALL_ASSOCIATION,
    COMPANY,
    CONTACT,
    KEY_PROPERTY,
    PLURALS,
    SPARE_KEY_PROPERTY,
)
from crm_connectors.values import as_mapping, iterate_mappings, read_text

_CALLS: Final = PLURALS[CALL]
_TYPES: Final[Mapping[MatchKind, str]] = {MatchKind.PERSON: CONTACT, MatchKind.COMPANY: COMPANY}
_MAX_PAGES: Final = 20  # of 500 associated calls of one record
_NEWEST: Final = 300  # of them are compared: a repeat comes within hours
_BATCH: Final = 100  # inputs of one batch read


class Journal:
    """Writes call objects of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._key_property = KeyProperty(
            client, _CALLS, KEY_PROPERTY, label="SmartCall call key", neighbour="hs_call_title", usual_group="call"
        )
        self._keyless = False  # True once the account turned out to have no key property and to let us make none

    async def write(
        self, record: RecordRef, kind: MatchKind, values: Mapping[str, str], *, key: str, deadline: float
    ) -> RecordRef:
        """Create or update the call object of ``key`` and tie it to ``record``."""
        type_id = _TYPES[kind]
        call_id = await self._upsert_if_possible(values, key=key, deadline=deadline)
        if call_id is None:
            call_id = await self._write_by_association(type_id, record.id, values, key=key, deadline=deadline)
        else:
            await self._associate(call_id, type_id, record.id, deadline=deadline)
        return RecordRef(type=CALL, id=call_id)

    async def _upsert_if_possible(self, values: Mapping[str, str], *, key: str, deadline: float) -> str | None:
        if self._keyless:
            return None
        try:
            return await self._upsert(values, key=key, deadline=deadline)
        except Refused as refused:
            if not await self._key_property.ensure(refused, deadline=deadline):
                self._keyless = True
                return None
        try:
            return await self._upsert(values, key=key, deadline=deadline)
        except Refused:
            raise Transient("HubSpot calls write: refused right after its property was made") from None

    async def _upsert(self, values: Mapping[str, str], *, key: str, deadline: float) -> str:
        body = {"inputs": [{"id": key, "idProperty": KEY_PROPERTY, "properties": {**values, KEY_PROPERTY: key}}]}
        answer = await self._client.write_call("POST", "batch", "upsert", body=body, deadline=deadline)
        for error in iterate_mappings(answer.get("errors")):  # of a 207: the batch was taken, our one input was not
            raise Refused("HubSpot calls write: input refused", code=read_text(error.get("category")) or "input")
        return _read_id(next(iterate_mappings(answer.get("results")), {}))

    async def _associate(self, call_id: str, type_id: str, record_id: str, *, deadline: float) -> None:
        """HubSpot's default association; repeating it changes nothing."""
        path = (quote(call_id, safe=""), "associations", "default", PLURALS[type_id], quote(record_id, safe=""))
        await self._client.write_call("PUT", *path, deadline=deadline)

    async def _write_by_association(
        self, type_id: str, record_id: str, values: Mapping[str, str], *, key: str, deadline: float
    ) -> str:
        for ids in await self._list_newest_calls(type_id, record_id, deadline=deadline):
            answer = await self._client.read_calls(ids, [SPARE_KEY_PROPERTY], deadline=deadline)
            for call in iterate_mappings(answer.get("results")):
                if as_mapping(call.get("properties")).get(SPARE_KEY_PROPERTY) == key:
                    call_id = _read_id(call)
                    body: dict[str, object] = {"properties": dict(values)}
                    await self._client.write_call("PATCH", quote(call_id, safe=""), body=body, deadline=deadline)
                    return call_id
        spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": CALL_ASSOCIATION[type_id]}
        body = {
            "properties": {**values, SPARE_KEY_PROPERTY: key},
            "associations": [{"to": {"id": record_id}, "types": [spec]}],
        }
        return _read_id(await self._client.write_call("POST", body=body, deadline=deadline))

    async def _list_newest_calls(self, type_id: str, record_id: str, *, deadline: float) -> list[list[str]]:
        ids: set[str] = set()
        after: str | None = None
        for _ in range(_MAX_PAGES):
            page = await self._client.list_associated(
                PLURALS[type_id], record_id, _CALLS, after=after, deadline=deadline
            )
            ids.update(
                found for row in iterate_mappings(page.get("results")) if (found := read_text(row.get("toObjectId")))
            )
            after = read_text(as_mapping(as_mapping(page.get("paging")).get("next")).get("after"))
            if after is None:
                break
        newest = sorted(ids, key=lambda found: (len(found), found), reverse=True)[:_NEWEST]  # ids are numbers that grow
        return [newest[start : start + _BATCH] for start in range(0, len(newest), _BATCH)]


def _read_id(call: Mapping[str, object]) -> str:
    call_id = read_text(call.get("id"))
    if call_id is None:
        raise Unknown("HubSpot calls write: answer has no id")
    return call_id
