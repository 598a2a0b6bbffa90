"""The token endpoint and who may call: OAuth access tokens and service keys.

Parameters belong in the form, never in the address
(https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide; the dated path is the same endpoint). The
refresh token lives until the app is uninstalled and does not rotate.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from multidict import MultiMapping

from simulators.hubspot.errors import ApiError
from simulators.hubspot.properties import show_time
from simulators.hubspot.settings import HubSpotSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks; each has limits of its own."""

    key: str | None  # a service key; None: the OAuth app


class Tokens:
    """Access tokens of the one installed app, and the account's service keys."""

    def __init__(self, settings: HubSpotSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._expires: dict[str, datetime] = {}
        self._installed = True

    def grant(self, form: MultiMapping[Any]) -> dict[str, Any]:
        """Answer ``POST /oauth/2026-03/token``. Raises 400 in the token endpoint's own shape."""
        settings = self._settings
        if form.get("grant_type") != "refresh_token":
            raise _refused("BAD_GRANT_TYPE", "missing or unknown grant type")
        if not settings.client_id or form.get("client_id") != settings.client_id:
            raise _refused("BAD_CLIENT_ID", "missing or unknown client id")
        if not _same(form.get("client_secret"), settings.client_secret):
            raise _refused("BAD_CLIENT_SECRET", "missing or invalid client secret")
        if not self._installed or not _same(form.get("refresh_token"), settings.refresh_token):
            raise _refused("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        access = "sim-" + secrets.token_urlsafe(180)  # real ones are long: room for 300 characters is advised
        self._expires[access] = self._now() + timedelta(seconds=settings.access_token_seconds)
        return {
            "token_type": "bearer",
            "token_use": "access_token",
            "access_token": access,
            "refresh_token": settings.refresh_token,
            "expires_in": int(settings.access_token_seconds),
            "hub_id": settings.portal,
            "user_id": 1,
            "scopes": list(settings.scopes),
        }

    def identify(self, authorization: str | None) -> Caller:
        """Who sent this Authorization header. Raises 401."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unknown()
        if token in self._settings.service_keys:
            return Caller(key=token)
        expires = self._expires.get(token)
        if expires is None or not self._installed:
            raise _unknown()
        if expires <= self._now():
            raise _expired(self._now() - expires, expires)
        return Caller(key=None)

    def expire(self) -> None:
        """Every access token ends now."""
        self._expires = {token: min(expires, self._now()) for token, expires in self._expires.items()}

    def uninstall(self) -> None:
        """The customer removes the app: nothing it holds works any more."""
        self._installed = False

    def install(self) -> None:
        self._installed = True


def _same(given: Any, expected: str) -> bool:
    return isinstance(given, str) and bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _refused(status: str, message: str) -> ApiError:
    return ApiError(400, message, category="VALIDATION_ERROR", more={"status": status})


def _unknown() -> ApiError:
    return ApiError(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        category="INVALID_AUTHENTICATION",
    )


def _expired(since: timedelta, expires: datetime) -> ApiError:
    return ApiError(
        401,
        f"The OAuth token used to make this call expired {int(since.total_seconds())} second(s) ago.",
        category="EXPIRED_AUTHENTICATION",
        context={"expire time": [show_time(expires)]},
    )
