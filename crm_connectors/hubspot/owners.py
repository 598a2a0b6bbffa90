"""An account's owners: colleagues by id and by e-mail address, remembered as long as the connection is open."""

from __future__ import annotations

from calls.errors import NeedsSignIn, OutsideError
from crm_connectors.hubspot.client import Client
from crm_connectors.hubspot.mapping import read_owner_name


class Owners:
    """Colleagues, not customers: their names and ids may stay in memory."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names: dict[str, str] = {}  # by owner id
        self._ids: dict[str, str] = {}  # by e-mail address

    async def find_name(self, owner_id: str | None, *, deadline: float) -> str | None:
        if owner_id is None:
            return None
        if owner_id not in self._names:
            try:
                name = read_owner_name(await self._client.read_owner(owner_id, deadline=deadline))
            except OutsideError:
                return None
            if name is not None:
                self._names[owner_id] = name
        return self._names.get(owner_id)

    async def find_id(self, email: str | None, *, deadline: float) -> str | None:
        """The owner id (not the user id) of a colleague; None when HubSpot does not know the address."""
        if email is None:
            return None
        if email not in self._ids:
            try:
                owner_id = await self._client.find_owner(email, deadline=deadline)
            except NeedsSignIn:  # consent without the owners scope; a dead sign-in shows in the next request
                return None
            if owner_id is not None:
                self._ids[email] = owner_id
        return self._ids.get(email)
