"""1881 as a source. One request a lookup; only the number leaves us.

Base address and key header: the vendor's own client, https://github.com/opp1881/cli-1881. The path by number is used
alike by several independent programs, and is not confirmed by a public document of the vendor.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from calls.errors import Gone, NeedsSignIn, Throttled, Transient
from calls.model import Connection, Found
from calls.numbers import Number
from calls.ports import Connector, Tools
from crm_connectors.base import Source
from crm_connectors.http import Request, Unauthorised, send
from crm_connectors.opplysningen_1881.mapping import choose_digits, read_found
from crm_connectors.settings import (
    read_base_url,
    read_count,
    read_flag,
    read_secrets,
    read_word,
    refuse_unknown,
    require_secrets,
)
from crm_connectors.spec import read_spec

SPEC: Final = read_spec(Path(__file__).parent)
DEFAULT_BASE_URL: Final = "https://services.api1881.no"
QUOTA_SCOPE: Final = "1881:quota"
CHECK_SECONDS: Final = 10.0
CHECK_DIGITS: Final = "00000000"  # no subscriber begins with 0: a right key gets "not found", and nobody is looked up


class Mode(StrEnum):
    """Whose agreement with 1881 pays for the look-up."""

    PROVIDER = "provider"  # ours: the tenant has a share a day
    OWN_KEY = "own_key"  # the tenant's
    PROXY = "proxy"  # somebody's server that speaks as 1881 does


class Opplysningen1881:
    """The connector type."""

    spec = SPEC

    def check_settings(self, connection: Connection) -> None:
        mode = _read_mode(connection)
        provider = {"provider_connection_id", "per_day"} if mode is Mode.PROVIDER else set()
        refuse_unknown(
            connection,
            settings={"mode", "base_url", "short_numbers"} | provider,
            secrets={"proxy_key"} if mode is Mode.PROXY else {"subscription_key"},
        )
        _read_address(connection, mode)
        _read_header_sets(connection, mode)
        read_flag(connection, "short_numbers", default=False)
        if mode is Mode.PROVIDER:
            _read_provider(connection)
            read_count(connection, "per_day")

    def connect(self, connection: Connection, tools: Tools) -> Connector:
        return Opplysningen1881Connector(connection, tools)


class Opplysningen1881Connector(Source):
    """One tenant's way to 1881."""

    spec = SPEC

    def __init__(self, connection: Connection, tools: Tools) -> None:
        self._connection = connection
        self._tools = tools
        self._mode = _read_mode(connection)
        self._base_url = _read_address(connection, self._mode)
        self._header_sets = _read_header_sets(connection, self._mode)
        self._short_numbers = read_flag(connection, "short_numbers", default=False)

    async def find(self, number: Number, *, deadline: float) -> Found:
        """Who 1881 lists under the number. Foreign, internal and other numbers it cannot know are not asked about."""
        digits = choose_digits(number, short_numbers=self._short_numbers)
        if digits is None:
            return Found()
        await self._take_share()
        try:
            answer = await self._ask(digits, deadline)
        except Transient:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            answer = await self._ask(digits, deadline)
        return read_found(answer, number, connection_id=self._connection.connection_id, source=SPEC.name)

    async def check(self) -> None:
        await self._ask(CHECK_DIGITS, asyncio.get_running_loop().time() + CHECK_SECONDS)

    async def _take_share(self) -> None:
        if self._mode is not Mode.PROVIDER:
            return
        provider, per_day = _read_provider(self._connection), read_count(self._connection, "per_day")
        if not await self._tools.quotas.take(self._connection.tenant_id, provider, per_day=per_day):
            raise Throttled("1881 lookup: today's share is spent", scope=QUOTA_SCOPE)

    async def _ask(self, digits: str, deadline: float) -> object:
        """The decoded answer; None for "no such subscriber", which comes as 404, as an empty body or as null."""
        refused: NeedsSignIn | None = None
        for headers in self._header_sets:
            request = Request(
                purpose="1881 lookup",
                method="GET",
                url=f"{self._base_url}/lookup/phonenumber/{digits}",
                headers={"Accept": "application/json", "User-Agent": "SmartCall", **headers},
            )
            try:
                return (await send(self._tools.http, request, deadline=deadline)).body
            except Gone:
                return None
            except Unauthorised as error:  # the older of two keys may still be right
                refused = error
        assert refused is not None, "there is always a set of headers"
        raise refused


def _read_mode(connection: Connection) -> Mode:
    try:
        return Mode(read_word(connection, "mode"))
    except ValueError:
        raise ValueError(f"mode: wants one of {', '.join(Mode)}") from None


def _read_address(connection: Connection, mode: Mode) -> str:
    return read_base_url(connection, None if mode is Mode.PROXY else DEFAULT_BASE_URL)


def _read_header_sets(connection: Connection, mode: Mode) -> tuple[dict[str, str], ...]:
    """One set of headers for each valid key, newest first. A proxy may want none."""
    if mode is Mode.PROXY:
        keys = read_secrets(connection, "proxy_key")
        return tuple({"Authorization": f"Bearer {key}"} for key in keys) or ({},)
    return tuple({"Ocp-Apim-Subscription-Key": key} for key in require_secrets(connection, "subscription_key"))


def _read_provider(connection: Connection) -> UUID:
    value = connection.settings.get("provider_connection_id")
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise ValueError("provider_connection_id: wants the id of the provider's connection") from None
