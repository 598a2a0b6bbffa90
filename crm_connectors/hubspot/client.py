"""HubSpot's HTTP interface: addresses, sign-in, the search limit. What an answer means is read in mapping.py.

Paths are those of version 2026-03 (https://developers.hubspot.com/docs/api-reference/latest), supported for at least
18 months from March 2026.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from calls.errors import Throttled, Transient
from calls.model import Connection
from calls.ports import Bucket, Tools
from crm_connectors.http import Request, Unauthorised, send
from crm_connectors.hubspot.access import check_access, open_access
from crm_connectors.settings import read_base_url, read_word
from crm_connectors.values import as_mapping, iterate_mappings, read_text

DEFAULT_BASE_URL: Final = "https://api.hubapi.com"
DEFAULT_VERSION: Final = "2026-03"
_VERSION: Final = re.compile(r"20\d\d-\d\d")

# 5 searches in any second for the whole account: a bucket of 2 that fills with 3 a second never lets a sixth through.
SEARCHES: Final = Bucket(scope="hubspot:search", rate=3.0, burst=2)
SEARCH_RETRY_SECONDS: Final = 0.25  # after HubSpot's own 429, which on searches says nothing about when to come back


def read_category(body: object) -> str | None:
    """HubSpot's word for a failure: ``category``, or the older ``errorType``."""
    values = as_mapping(body)
    return read_text(values.get("category")) or read_text(values.get("errorType"))


def check_client(connection: Connection) -> None:
    """Raise ValueError, naming the setting or secret and what it wants, when no client can work with it."""
    read_base_url(connection, DEFAULT_BASE_URL)
    if not _VERSION.fullmatch(read_word(connection, "version", default=DEFAULT_VERSION)):
        raise ValueError(f"version: wants a dated version such as {DEFAULT_VERSION}")
    check_access(connection)


class Client:
    """One account. Holds no state but where it is and how it signs in."""

    def __init__(self, connection: Connection, tools: Tools) -> None:
        self._connection = connection
        self._tools = tools
        self._base_url = read_base_url(connection, DEFAULT_BASE_URL)
        self._version = read_word(connection, "version", default=DEFAULT_VERSION)
        self._access = open_access(connection, tools, f"{self._base_url}/oauth/{self._version}/token")

    async def search(self, plural: str, body: Mapping[str, object], *, deadline: float) -> Mapping[str, object]:
        """Search ``plural`` within the account's limit. Raises Throttled when no turn comes before the deadline."""
        purpose = f"HubSpot {plural} search"
        path = self._object_path(plural, "search")
        await self._wait_for_turn(purpose, deadline)
        try:
            return await self.call("POST", path, purpose=purpose, body=body, deadline=deadline)
        except Throttled:
            if asyncio.get_running_loop().time() + SEARCH_RETRY_SECONDS >= deadline:
                raise
        await asyncio.sleep(SEARCH_RETRY_SECONDS)
        await self._wait_for_turn(purpose, deadline)
        return await self.call("POST", path, purpose=purpose, body=body, deadline=deadline)

    async def _wait_for_turn(self, purpose: str, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            short = await self._tools.limiter.take(self._connection.tenant_id, SEARCHES)
            if short is None:
                return
            if loop.time() + short.seconds >= deadline:
                raise Throttled(f"{purpose}: our own limit", retry_after=short.seconds, scope=short.scope)
            await asyncio.sleep(short.seconds)

    async def read(
        self,
        plural: str,
        record_id: str,
        *,
        properties: str,
        associations: str = "",
        id_property: str = "",
        deadline: float,
    ) -> Mapping[str, object]:
        """One record by its id, or by the value of a unique property."""
        query = {"properties": properties, "associations": associations, "idProperty": id_property}
        query = {name: value for name, value in query.items() if value}
        path = self._object_path(plural, quote(record_id, safe=""))
        return await self.call("GET", path, purpose=f"HubSpot {plural} read", query=query, deadline=deadline)

    async def read_calls(self, ids: Iterable[str], properties: list[str], *, deadline: float) -> Mapping[str, object]:
        """At most 100 call objects by id."""
        return await self.read_batch("calls", ids, properties, deadline=deadline)

    async def read_batch(
        self, plural: str, ids: Iterable[str], properties: Iterable[str], *, deadline: float
    ) -> Mapping[str, object]:
        """At most 100 records by id; those that are gone are left out."""
        body = {"inputs": [{"id": record_id} for record_id in ids], "properties": list(properties)}
        path = self._object_path(plural, "batch", "read")
        return await self.call("POST", path, purpose=f"HubSpot {plural} read", body=body, deadline=deadline)

    async def read_pipelines(self, plural: str, *, deadline: float) -> Mapping[str, object]:
        path = f"/crm/pipelines/{self._version}/{plural}"
        return await self.call("GET", path, purpose=f"HubSpot {plural} pipelines read", deadline=deadline)

    async def read_account(self, *, deadline: float) -> Mapping[str, object]:
        path = f"/account-info/{self._version}/details"
        return await self.call("GET", path, purpose="HubSpot account read", deadline=deadline)

    async def list_associated(
        self, plural: str, record_id: str, other: str, *, after: str | None, deadline: float
    ) -> Mapping[str, object]:
        """A page of the records of type ``other`` that are tied to one record."""
        path = self._object_path(plural, quote(record_id, safe=""), "associations", other)
        query = {"limit": "500"} | ({"after": after} if after is not None else {})
        return await self.call("GET", path, purpose=f"HubSpot {plural} read", query=query, deadline=deadline)

    async def write_call(
        self, method: str, *path: str, body: Mapping[str, object] | None = None, deadline: float
    ) -> Mapping[str, object]:
        """A request below ``calls`` that changes something."""
        whole = self._object_path("calls", *path)
        return await self.call(method, whole, purpose="HubSpot calls write", body=body, writes=True, deadline=deadline)

    async def create_record(self, plural: str, body: Mapping[str, object], *, deadline: float) -> Mapping[str, object]:
        purpose = f"HubSpot {plural} write"
        path = self._object_path(plural)
        return await self.call("POST", path, purpose=purpose, body=body, writes=True, deadline=deadline)

    async def update_record(
        self, plural: str, record_id: str, properties: Mapping[str, str], *, deadline: float
    ) -> Mapping[str, object]:
        purpose = f"HubSpot {plural} write"
        path, body = self._object_path(plural, quote(record_id, safe="")), {"properties": dict(properties)}
        return await self.call("PATCH", path, purpose=purpose, body=body, writes=True, deadline=deadline)

    async def read_owner(self, owner_id: str, *, deadline: float) -> Mapping[str, object]:
        path = f"/crm/owners/{self._version}/{quote(owner_id, safe='')}"
        return await self.call("GET", path, purpose="HubSpot owner read", deadline=deadline)

    async def find_owner(self, email: str, *, deadline: float) -> str | None:
        """The id of the owner with this e-mail address (not the user id), or None."""
        path = f"/crm/owners/{self._version}"
        answer = await self.call("GET", path, purpose="HubSpot owner search", query={"email": email}, deadline=deadline)
        for owner in iterate_mappings(answer.get("results")):
            if (read_text(owner.get("email")) or "").casefold() == email.casefold():
                return read_text(owner.get("id"))
        return None

    async def read_property(self, plural: str, name: str, *, deadline: float) -> Mapping[str, object]:
        path = f"/crm/properties/{self._version}/{plural}/{quote(name, safe='')}"
        return await self.call("GET", path, purpose=f"HubSpot {plural} property read", deadline=deadline)

    async def create_property(self, plural: str, body: Mapping[str, object], *, deadline: float) -> None:
        path, purpose = f"/crm/properties/{self._version}/{plural}", f"HubSpot {plural} property creation"
        await self.call("POST", path, purpose=purpose, body=body, writes=True, deadline=deadline)

    async def check(self, *, deadline: float) -> None:
        path = f"/account-info/{self._version}/details"
        await self.call("GET", path, purpose="HubSpot account check", deadline=deadline)

    def _object_path(self, *parts: str) -> str:
        return "/".join((f"/crm/objects/{self._version}", *parts))

    async def call(
        self,
        method: str,
        path: str,
        *,
        purpose: str,
        deadline: float,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        writes: bool = False,
    ) -> Mapping[str, object]:
        """Send with a key or token; one that is refused (401) is replaced once."""
        request = Request(
            purpose=purpose,
            method=method,
            url=f"{self._base_url}{path}",
            headers={"Accept": "application/json"},
            query=query or {},
            body=body,
            writes=writes,
            read_code=read_category,
        )
        access = await self._access.take(deadline=deadline)
        try:
            return await self._send(request, access, deadline)
        except Unauthorised:
            other = await self._access.replace(access, deadline=deadline)
            if other is None:
                raise
        return await self._send(request, other, deadline)

    async def _send(self, request: Request, access: str, deadline: float) -> Mapping[str, object]:
        signed = replace(request, headers={**request.headers, "Authorization": f"Bearer {access}"})
        body = (await send(self._tools.http, signed, deadline=deadline)).body
        if body is not None and not isinstance(body, dict):
            raise Transient(f"{request.purpose}: answer is no object")
        return as_mapping(body)
