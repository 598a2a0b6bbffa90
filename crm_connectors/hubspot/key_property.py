"""A unique property of ours that carries the key of what we wrote, so that it is found again without the search index.

It is made the first time a write is refused for the lack of it, if the account's consent lets us make properties.
"""

from __future__ import annotations

from collections.abc import Mapping

from calls.errors import Gone, NeedsSignIn, Refused
from crm_connectors.hubspot.client import Client
from crm_connectors.values import read_text


class KeyProperty:
    """The property of one object type."""

    def __init__(self, client: Client, plural: str, name: str, *, label: str, neighbour: str, usual_group: str) -> None:
        self._client = client
        self._plural = plural
        self._name = name
        self._label = label
        self._neighbour = neighbour  # a property of HubSpot's own that tells which group ours is to be in
        self._usual_group = usual_group

    async def ensure(self, refused: Refused, *, deadline: float) -> bool:
        """True when made just now, False when none is to be had. Raises ``refused`` when it was there already."""
        found = await self._read(deadline=deadline)
        if found is None:
            try:
                await self._create(deadline=deadline)
            except NeedsSignIn:
                return False
            except Refused:
                if await self._read(deadline=deadline) is None:
                    raise
            return True
        if found.get("hasUniqueValue") is True:
            raise refused
        return False

    async def _read(self, *, deadline: float) -> Mapping[str, object] | None:
        try:
            return await self._client.read_property(self._plural, self._name, deadline=deadline)
        except Gone:
            return None

    async def _create(self, *, deadline: float) -> None:
        # A property must be in a group, and no document names every type's: a neighbour tells.
        neighbour = await self._client.read_property(self._plural, self._neighbour, deadline=deadline)
        body = {
            "name": self._name,
            "label": self._label,
            "description": "Set by SmartCall so that nothing is written twice. Do not edit.",
            "groupName": read_text(neighbour.get("groupName")) or self._usual_group,
            "type": "string",
            "fieldType": "text",
            "hasUniqueValue": True,
        }
        await self._client.create_property(self._plural, body, deadline=deadline)
