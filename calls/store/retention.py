"""How long a tenant's calls are kept, whatever else in its settings cannot be read: nothing may stand in the way of
deleting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from calls.store.tenants import TENANT_SETTINGS, TenantSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """Reckoned from the start of a call, and from its end."""

    calls: timedelta  # a call, its events and popups
    directory: timedelta  # what a directory answered
    doubtful: bool = False  # a number could not be read, and the default holds in its place


def read_retention(settings: Any) -> Retention:
    """From the settings as they are stored."""
    days, minutes = (_alone(settings, name) for name in ("keep_calls_days", "keep_directory_minutes"))
    usual, found = TenantSettings(), [each for each in (days, minutes) if each is not None]
    return Retention(
        calls=timedelta(days=(days or usual).keep_calls_days),
        directory=timedelta(minutes=(minutes or usual).keep_directory_minutes),
        doubtful=len(found) < 2,
    )


def _alone(settings: Any, name: str) -> TenantSettings | None:
    """Settings that hold this one alone; None when it cannot be read."""
    if not isinstance(settings, dict):
        return None
    try:
        return TENANT_SETTINGS.validate_python({name: settings[name]} if name in settings else {})
    except ValidationError:
        return None
