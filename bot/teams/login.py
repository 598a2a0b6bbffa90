"""Getting a token from Entra: the blocking half, which only ever runs in a worker thread.

MSAL (and azure-identity for managed identities) do the protocol. MSAL insists on https authorities; when ``login_url``
is another address (a simulator, a sovereign test rig), requests are rebased on their way out and addresses in the
answers on their way back. Token endpoint and scope: learn.microsoft.com, "Bot Framework REST API: authentication".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msal
import requests
from msal.exceptions import MsalServiceError

from bot.teams.identity import BotIdentity, BotKind
from calls.errors import NeedsSignIn, Transient

ENTRA = "https://login.microsoftonline.com"
SCOPE = "https://api.botframework.com/.default"
EXCHANGE_SCOPE = "api://AzureADTokenExchange/.default"  # what a federated credential trusts
MULTI_TENANT_AUTHORITY = "botframework.com"
TIMEOUT = (3.05, 10.0)  # seconds to connect and to read; requests waits for ever by default
_PASSING = frozenset({"temporarily_unavailable", "server_error"})  # OAuth error codes that heal by themselves


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """A token as Entra handed it out."""

    access: str = field(repr=False)
    lifetime: float  # seconds from now


ManagedToken: TypeAlias = Callable[[str | None, str], Grant]  # (client id, scope) → token; blocking


def managed_token(client_id: str | None, scope: str) -> Grant:
    """A token of the managed identity this process runs with. Blocking."""
    from azure.identity import ManagedIdentityCredential  # slow to import, and only needed in Azure

    with ManagedIdentityCredential(client_id=client_id) as credential:
        token = credential.get_token(scope)
    return Grant(access=token.token, lifetime=token.expires_on - time.time())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What MSAL reads of an HTTP answer."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise requests.HTTPError(f"status {self.status_code}")


class _Wire:
    """MSAL's HTTP client: always with time-outs, and rebased when Entra is elsewhere."""

    def __init__(self, login_url: str) -> None:
        self._base = login_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = self._base == ENTRA  # a company proxy leads to Entra, not to an address of ours

    def get(self, url: str, **options: Any) -> _Answer:
        return self._send("GET", url, options)

    def post(self, url: str, **options: Any) -> _Answer:
        return self._send("POST", url, options)

    def close(self) -> None:
        self._session.close()

    def _send(self, method: str, url: str, options: dict[str, Any]) -> _Answer:
        if url.startswith(ENTRA + "/"):
            url = self._base + url[len(ENTRA) :]
        answer = self._session.request(method, url, timeout=TIMEOUT, allow_redirects=False, **options)
        return _Answer(
            status_code=answer.status_code, text=answer.text.replace(self._base, ENTRA), headers=answer.headers
        )


class Login:
    """One identity's way to a token. Not thread-safe: the caller runs one :meth:`acquire` at a time."""

    def __init__(self, identity: BotIdentity, *, login_url: str = ENTRA, managed: ManagedToken = managed_token) -> None:
        self._identity = identity
        self._login_url = login_url
        self._managed = managed
        self._wire: _Wire | None = None
        self._application: msal.ConfidentialClientApplication | None = None
        self._failures: dict[str, Any] = {}  # MSAL would repeat a failed answer from here for a minute

    def acquire(self) -> Grant:
        """A fresh token, never a cached one. Blocking: one or two HTTP requests.

        Raises NeedsSignIn when Entra refuses this identity, Transient when Entra cannot be reached or is unwell.
        """
        try:
            if self._identity.kind is BotKind.USER_ASSIGNED_MSI:
                return self._managed(self._identity.app_id, SCOPE)
            application = self._connect()
            self._failures.clear()
            application.remove_tokens_for_client()
            answer = application.acquire_token_for_client(scopes=[SCOPE])
        except (requests.RequestException, MsalServiceError) as error:
            raise Transient(f"Entra did not answer ({type(error).__name__})") from None
        except ValueError as error:
            raise NeedsSignIn(f"the bot's sign-in cannot work ({type(error).__name__}): check tenant and key") from None
        except Exception as error:  # azure-identity's own errors share no base with MSAL's
            raise Transient(f"no token from the managed identity ({type(error).__name__})") from None
        return _grant(answer)

    def close(self) -> None:
        """Drop the connections."""
        if self._wire is not None:
            self._wire.close()

    def _connect(self) -> msal.ConfidentialClientApplication:
        if self._application is None:
            tenant = self._identity.home_tenant
            if self._identity.kind is BotKind.MULTI_TENANT:
                tenant = MULTI_TENANT_AUTHORITY
            self._wire = self._wire or _Wire(self._login_url)
            self._application = msal.ConfidentialClientApplication(
                self._identity.app_id,
                client_credential=self._credential(),
                authority=f"{ENTRA}/{tenant}",
                instance_discovery=False,
                http_client=self._wire,
                http_cache=self._failures,
            )
        return self._application

    def _credential(self) -> str | dict[str, Any]:
        identity = self._identity
        if identity.kind is BotKind.FEDERATED:
            return {"client_assertion": lambda: self._managed(identity.managed_identity, EXCHANGE_SCOPE).access}
        if identity.certificate:
            return {"private_key": identity.certificate, "public_certificate": identity.certificate}
        return identity.secret or ""


def _grant(answer: Mapping[str, Any]) -> Grant:
    access = answer.get("access_token")
    if isinstance(access, str) and access:
        return Grant(access=access, lifetime=float(answer.get("expires_in", 0)))
    error = str(answer.get("error", "no token"))[:60]
    numbers = ", ".join(f"AADSTS{number}" for number in answer.get("error_codes", [])[:3])
    message = f"Entra refused the bot's sign-in: {error} {numbers}".rstrip()
    raise Transient(message) if error in _PASSING else NeedsSignIn(message)
