"""Bot Framework's metadata for the tokens that activities carry, and those tokens.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication (connector to bot):
issuer, audience, ``serviceurl`` claim, and keys that name the channels they may speak for in ``endorsements``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jwt
from aiohttp import web

from simulators.teams.keys import SigningKey, create_key
from simulators.teams.origin import Origin, service_url

ISSUER = "https://api.botframework.com"
CHANNEL = "msteams"
PREFIX = "/simulators/botframework"
_LIFETIME = 3600
_FIELDS = frozenset({"aud", "iss", "exp_in", "nbf_in", "alg", "kid", "endorsed", "serviceurl", "omit", "broken"})


class OpenId:
    """The keys of the connector. One signs; older ones stay published until they are dropped."""

    def __init__(self, bot_app_id: str, origin: Origin) -> None:
        self._app_id = bot_app_id
        self._origin = origin
        self._keys = [create_key((CHANNEL,))]
        # Real metadata also holds keys of other channels; tests of "not endorsed" sign with this one.
        self._others = create_key(("webchat", "directline"))

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get(PREFIX + "/v1/.well-known/openidconfiguration", self._discover)
        app.router.add_get(PREFIX + "/v1/.well-known/keys", self._show_keys)

    @property
    def current(self) -> SigningKey:
        return self._keys[0]

    def sign(self, origin: str) -> str:
        """The bearer token of an activity sent now."""
        return self.current.sign(self._claims(origin))

    def roll_over(self, *, drop_old: bool) -> list[str]:
        """Sign with a new key from now on. Returns the published key ids, the signing one first."""
        self._keys = [create_key((CHANNEL,)), *(() if drop_old else self._keys)]
        return [key.kid for key in self._keys]

    def forge(self, wishes: Mapping[str, Any], origin: str) -> str:
        """A token made wrong on purpose. Raises ValueError for a wish that is not understood.

        Without wishes the token is right. ``exp_in``/``nbf_in`` are seconds from now; ``omit`` is a list of claims;
        ``endorsed`` false signs with a published key of other channels; ``alg`` may be RS256, HS256 or none; ``kid``
        changes the header only (null: no key id); ``broken`` true spoils the signature.
        """
        if unknown := set(wishes) - _FIELDS:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        claims = self._claims(origin) | {name: wishes[name] for name in ("aud", "iss", "serviceurl") if name in wishes}
        now = int(time.time())
        claims["exp"] = now + int(wishes.get("exp_in", _LIFETIME))
        claims["nbf"] = now + int(wishes.get("nbf_in", min(0, int(wishes.get("exp_in", 0)) - _LIFETIME)))
        for name in wishes.get("omit", ()):
            claims.pop(name, None)
        key = self.current if wishes.get("endorsed", True) else self._others
        kid = wishes.get("kid", key.kid)
        algorithm = wishes.get("alg", "RS256")
        if algorithm == "RS256":
            token = key.sign(claims, kid=kid)
        elif algorithm in {"HS256", "none"}:
            secret = "not the key you are looking for, though long enough" if algorithm == "HS256" else ""
            token = jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": kid} if kid else {})
        else:
            raise ValueError("alg: RS256, HS256 or none")
        return _spoil(token) if wishes.get("broken") else token

    def _claims(self, origin: str) -> dict[str, Any]:
        now = int(time.time())
        return {
            "serviceurl": service_url(origin),
            "nbf": now,
            "exp": now + _LIFETIME,
            "iss": ISSUER,
            "aud": self._app_id,
        }

    async def _discover(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": ISSUER,
                "authorization_endpoint": "https://invalid.botframework.com",
                "jwks_uri": f"{self._origin(request)}{PREFIX}/v1/.well-known/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            }
        )

    async def _show_keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [key.publish() for key in (*self._keys, self._others)]})


def _spoil(token: str) -> str:
    head, _, signature = token.rpartition(".")
    return f"{head}.{'B' if signature.startswith('A') else 'A'}{signature[1:]}"
