"""Entra's v2.0 endpoint for app tokens: discovery, keys and the client credentials grant.

Requests and errors: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and
https://learn.microsoft.com/entra/identity-platform/reference-error-codes. Every problem is answered in Entra's shape.
"""

from __future__ import annotations

import base64
import hmac
import time
from typing import Any
from urllib.parse import unquote_plus

import jwt
from aiohttp import web

from simulators.teams.keys import SigningKey, create_key
from simulators.teams.login_errors import LoginError
from simulators.teams.origin import Origin
from simulators.teams.world import LoginApp, LoginWorld

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PREFIX = "/simulators/login"
_SUFFIX = "/.default"


class Login:
    """The token issuer. Tokens mean nothing to clients; the connector asks :meth:`read_token` about them."""

    def __init__(self, world: LoginWorld, origin: Origin) -> None:
        self._world = world
        self._origin = origin
        self._key: SigningKey = create_key()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get(PREFIX + "/common/discovery/instance", self._discover_instance)
        app.router.add_get(PREFIX + "/{tenant}/v2.0/.well-known/openid-configuration", self._discover)
        app.router.add_get(PREFIX + "/{tenant}/discovery/v2.0/keys", self._show_keys)
        app.router.add_post(PREFIX + "/{tenant}/oauth2/v2.0/token", self._give_token)

    def read_token(self, token: str, *, audience: str) -> dict[str, Any] | None:
        """The claims of a token from here that is meant for ``audience`` and still runs; None for any other."""
        try:
            return self._key.read(token, audience=audience)
        except jwt.PyJWTError:
            return None

    def _authority(self, request: web.Request) -> str:
        return (self._world.authority or self._origin(request) + PREFIX).rstrip("/")

    async def _discover(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        if not self._knows(tenant):
            return LoginError.unknown_tenant(tenant).answer()
        authority = self._authority(request)
        root = f"{authority}/{tenant}"
        return web.json_response(
            {
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": f"{root}/v2.0",
                "request_uri_parameter_supported": False,
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
                "end_session_endpoint": f"{root}/oauth2/v2.0/logout",
                "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
                "cloud_graph_host_name": "graph.windows.net",
                "msgraph_host": "graph.microsoft.com",
            }
        )

    async def _discover_instance(self, request: web.Request) -> web.Response:
        """Which hosts are the same cloud (MSAL asks once, for its token cache)."""
        tenant_discovery = f"{self._authority(request)}/common/v2.0/.well-known/openid-configuration"
        hosts = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
        return web.json_response(
            {
                "tenant_discovery_endpoint": tenant_discovery,
                "api-version": "1.1",
                "metadata": [{"preferred_network": hosts[0], "preferred_cache": hosts[1], "aliases": hosts}],
            }
        )

    async def _show_keys(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [self._key.publish()]})

    async def _give_token(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            return LoginError.missing("grant_type").answer()
        form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        try:
            app, proof = self._authenticate(request.match_info["tenant"], _read_basic(request) | form)
            resource = self._read_scope(form.get("scope", ""), app)
        except LoginError as error:
            return error.answer()
        seconds = self._world.token_seconds
        claims = _claims(app, resource, proof, int(time.time()), seconds)
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": seconds,
                "ext_expires_in": seconds,
                "access_token": self._key.sign(claims),
            },
            headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"},
        )

    def _knows(self, tenant: str) -> bool:
        return any(app.tenant == tenant for app in self._world.apps)

    def _authenticate(self, tenant: str, form: dict[str, str]) -> tuple[LoginApp, str]:
        """Who asks, and how it was proved (``appidacr``: "1" a secret, "2" an assertion)."""
        for name in ("grant_type", "client_id"):
            if not form.get(name):
                raise LoginError.missing(name)
        if form["grant_type"] != "client_credentials":
            raise LoginError.unsupported_grant(form["grant_type"])
        if not self._knows(tenant):
            raise LoginError.unknown_tenant(tenant)
        client = form["client_id"]
        app = next((app for app in self._world.apps if app.app_id == client and app.tenant == tenant), None)
        if app is None:
            raise LoginError.unknown_app(client, tenant)
        if "client_assertion" in form:
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise LoginError.missing("client_assertion_type")
            _check_assertion(form["client_assertion"], app)
            return app, "2"
        if not form.get("client_secret"):
            raise LoginError.no_credentials()
        if app.secret is None or not hmac.compare_digest(form["client_secret"].encode(), app.secret.encode()):
            raise LoginError.wrong_secret(client)
        return app, "1"

    def _read_scope(self, scope: str, app: LoginApp) -> str:
        """The resource behind ``<resource>/.default``, the only scope the client credentials grant takes."""
        if not scope:
            raise LoginError.missing("scope")
        if " " in scope.strip() or not scope.endswith(_SUFFIX):
            raise LoginError.wrong_scope(scope)
        resource = scope.removesuffix(_SUFFIX)
        if resource not in (*self._world.resources, app.app_id, f"api://{app.app_id}"):
            raise LoginError.unknown_resource(resource, app.tenant)
        return resource


def _read_basic(request: web.Request) -> dict[str, str]:
    """Client id and secret from HTTP Basic (``client_secret_basic``), where both are form-encoded (RFC 6749, 2.3.1)."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("Basic "):
        return {}
    try:
        client, _, secret = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote_plus(client), "client_secret": unquote_plus(secret)}


def _check_assertion(assertion: str, app: LoginApp) -> None:
    try:
        jwt.decode(assertion, options={"verify_signature": False, "verify_exp": True})
    except jwt.PyJWTError:
        raise LoginError.wrong_assertion() from None
    if not app.accept_assertions:
        raise LoginError.wrong_assertion()


def _claims(app: LoginApp, resource: str, proof: str, now: int, seconds: int) -> dict[str, Any]:
    issuer = f"https://sts.windows.net/{app.tenant}/"
    claims = {"aud": resource, "iss": issuer, "iat": now, "nbf": now, "exp": now + seconds, "appid": app.app_id}
    return claims | {"appidacr": proof, "idp": issuer, "tid": app.tenant, "ver": "1.0"}
