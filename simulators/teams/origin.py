"""The address people and programs reach the simulators at."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

Origin = Callable[[web.Request], str]
"""Scheme, host and port for absolute addresses, given the request they are handed out in."""


def find_origin(base_url: str | None) -> Origin:
    """``base_url`` when it is known, else wherever a request came to."""

    def say_origin(request: web.Request) -> str:
        return (base_url or f"{request.scheme}://{request.host}").rstrip("/")

    return say_origin


def service_url(origin: str) -> str:
    """The Bot Connector's address as activities carry it (with its last slash, as Microsoft's do)."""
    return f"{origin}/simulators/connector/"
