"""A web address as a source: it knows nobody, and offers a page about every number."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from calls.model import Connection
from calls.numbers import Number
from calls.ports import Connector, Tools
from crm_connectors.base import Source
from crm_connectors.settings import read_word, refuse_unknown
from crm_connectors.spec import read_spec
from crm_connectors.web_url.address import check_address, fill_address

_FOLDER: Final = Path(__file__).parent
SPEC: Final = read_spec(_FOLDER)
PRESETS: Final[Mapping[str, str]] = tomllib.loads((_FOLDER / "presets.toml").read_text(encoding="utf-8"))


class WebUrl:
    """The connector type."""

    spec = SPEC

    def check_settings(self, connection: Connection) -> None:
        refuse_unknown(connection, settings={"preset", "url"}, secrets=())
        _read_template(connection)

    def connect(self, connection: Connection, tools: Tools) -> Connector:
        return WebUrlConnector(connection)


class WebUrlConnector(Source):
    """One address."""

    spec = SPEC

    def __init__(self, connection: Connection) -> None:
        self._template = _read_template(connection)

    def number_page(self, number: Number) -> str | None:
        return fill_address(self._template, number)

    async def check(self) -> None:
        """There is nobody to ask: the address was checked when it was stored."""


def _read_template(connection: Connection) -> str:
    """``url``, or the address that ``preset`` stands for."""
    if ("url" in connection.settings) == ("preset" in connection.settings):
        raise ValueError("url: wants an address with a place for the number, or else a preset, and not both")
    if "preset" in connection.settings:
        name = read_word(connection, "preset")
        if name not in PRESETS:
            raise ValueError(f"preset: wants one of {', '.join(PRESETS)}")
        return PRESETS[name]
    template = read_word(connection, "url")
    try:
        check_address(template)
    except ValueError as problem:
        raise ValueError(f"url: {problem}") from None
    return template
