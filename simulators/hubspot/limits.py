"""Request limits: 5 searches a second for the whole account, and 110 other requests in 10 s for an app.

https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines. Whether a window slides or starts on
the second is not published for searches; here every window slides, which is the strictest reading: what passes here
passes with either. Refused requests are not counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime

from simulators.hubspot.errors import ApiError
from simulators.hubspot.settings import HubSpotSettings
from simulators.hubspot.tokens import Caller


class Window:
    """So many requests in so many seconds."""

    def __init__(self, most: int, seconds: float, policy: str) -> None:
        self.most = most
        self.seconds = seconds
        self.policy = policy
        self._taken: deque[datetime] = deque()

    def take(self, now: datetime) -> int:
        """Count one request and return how many are left. Raises 429."""
        while self._taken and (now - self._taken[0]).total_seconds() >= self.seconds:
            self._taken.popleft()
        if len(self._taken) >= self.most:
            raise _throttled(self.policy)
        self._taken.append(now)
        return self.most - len(self._taken)


class Limits:
    """The windows of one account."""

    def __init__(self, settings: HubSpotSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._searches = Window(settings.searches_per_second, 1.0, "SECONDLY")
        self._short: dict[Caller, Window] = {}
        self._daily: dict[Caller, Window] = {}

    def take_search(self) -> dict[str, str]:
        """Count a search. Answers to searches carry no rate headers."""
        self._searches.take(self._now())
        return {}

    def take_request(self, caller: Caller) -> dict[str, str]:
        """Count any other request; returns the rate headers of its answer."""
        settings, now = self._settings, self._now()
        most = settings.app_requests_per_ten_seconds if caller.key is None else settings.key_requests_per_ten_seconds
        short = self._short.setdefault(caller, Window(most, 10.0, "TEN_SECONDLY_ROLLING"))
        headers = {
            "X-HubSpot-RateLimit-Remaining": str(short.take(now)),
            "X-HubSpot-RateLimit-Max": str(short.most),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }
        if caller.key is not None:  # apps have no daily limit
            daily = self._daily.setdefault(caller, Window(settings.key_requests_per_day, 86_400.0, "DAILY"))
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(daily.take(now))
            headers["X-HubSpot-RateLimit-Daily"] = str(daily.most)
        return headers


def _throttled(policy: str) -> ApiError:
    return ApiError(
        429,
        f"You have reached your {policy.lower()} limit.",
        category="RATE_LIMITS",
        more={"errorType": "RATE_LIMIT", "policyName": policy},
    )
