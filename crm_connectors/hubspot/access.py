"""How an account lets us in: a service key of its administrator, or OAuth with a refresh token.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/overview
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import product
from typing import Final, Protocol

from calls.errors import NeedsSignIn, Refused, Transient
from calls.model import Connection
from calls.ports import Token, Tools
from crm_connectors.http import Request, send
from crm_connectors.settings import read_secrets, read_word, require_secrets
from crm_connectors.values import as_mapping, read_text

REFRESH_SECONDS: Final = 10.0  # of its own, since several lookups with different deadlines may wait for one refresh
_EARLY: Final = timedelta(seconds=60)  # a token counts as expired this long before it is


class Access(Protocol):
    """Where a bearer token comes from."""

    async def take(self, *, deadline: float) -> str:
        """The token to use."""

    async def replace(self, refused: str, *, deadline: float) -> str | None:
        """Another one, because HubSpot answered 401 to ``refused``; None when there is none."""


def check_access(connection: Connection) -> None:
    """Raise ValueError, naming what is missing, when there is neither a service key nor all that OAuth takes."""
    if not read_secrets(connection, "service_key"):
        read_word(connection, "client_id")
        require_secrets(connection, "client_secret")
        require_secrets(connection, "refresh_token")


def open_access(connection: Connection, tools: Tools, token_url: str) -> Access:
    """The service key when there is one, else OAuth."""
    keys = read_secrets(connection, "service_key")
    if keys:
        return ServiceKey(keys)
    return OAuth(connection, tools, token_url)


class ServiceKey:
    """A key made under Settings, Integrations, Service Keys. Two are valid while it is being changed."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = keys

    async def take(self, *, deadline: float) -> str:
        return self._keys[0]

    async def replace(self, refused: str, *, deadline: float) -> str | None:
        return next((key for key in self._keys if key != refused), None)


class OAuth:
    """Access tokens of 30 minutes from a refresh token that lives until the app is uninstalled."""

    def __init__(self, connection: Connection, tools: Tools, token_url: str) -> None:
        self._connection = connection
        self._tools = tools
        self._token_url = token_url
        self._client_id = read_word(connection, "client_id")
        self._client_secrets = require_secrets(connection, "client_secret")
        self._refresh_tokens = require_secrets(connection, "refresh_token")

    async def take(self, *, deadline: float) -> str:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._tools.credentials.token(self._connection, self._refresh)
        except TimeoutError:
            raise Transient("HubSpot sign-in: no token in time") from None

    async def replace(self, refused: str, *, deadline: float) -> str | None:
        await self._tools.credentials.reject(self._connection, refused)
        return await self.take(deadline=deadline)

    async def _refresh(self, stored: str | None) -> Token:
        """Renew with the stored refresh token, else with the configured ones (one may be newer than what is stored)."""
        refresh_tokens = dict.fromkeys(token for token in (stored, *self._refresh_tokens) if token is not None)
        for refresh_token, client_secret in product(refresh_tokens, self._client_secrets):
            try:
                return await self._exchange(refresh_token, client_secret)
            except Refused:
                continue
        raise NeedsSignIn("HubSpot sign-in: refresh token or client secret is not accepted")

    async def _exchange(self, refresh_token: str, client_secret: str) -> Token:
        request = Request(
            purpose="HubSpot sign-in",
            method="POST",
            url=self._token_url,
            headers={"Accept": "application/json"},
            form={
                "grant_type": "refresh_token",
                "client_id": self._client_id,
                "client_secret": client_secret,
                "refresh_token": refresh_token,
            },
        )
        now = self._tools.now()
        deadline = asyncio.get_running_loop().time() + REFRESH_SECONDS
        values = as_mapping((await send(self._tools.http, request, deadline=deadline)).body)
        access, seconds = read_text(values.get("access_token"), limit=10_000), values.get("expires_in")
        if access is None or isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
            raise Transient("HubSpot sign-in: answer has no token")
        lifetime = timedelta(seconds=min(seconds, 86_400))
        return Token(
            access=access,
            expires_at=now + max(lifetime - _EARLY, lifetime / 2),
            refresh=read_text(values.get("refresh_token"), limit=10_000) or refresh_token,
        )
