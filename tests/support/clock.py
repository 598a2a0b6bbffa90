"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Clock:
    """Called like the service's own ``now``."""

    def __init__(self, at: datetime = BEGINNING) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> datetime:
        """Forward, or back when negative; returns the new time."""
        self.at += timedelta(seconds=seconds)
        return self.at
