"""Entra's errors with their numbers.

Shape and numbers: https://learn.microsoft.com/entra/identity-platform/reference-error-codes; clients are told there to
read ``error`` and never the number or the text.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from aiohttp import web


class LoginError(Exception):
    """A refused token request. Texts name ids that the client sent itself, never its secret."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.number = number
        self.text = text

    @classmethod
    def missing(cls, name: str) -> LoginError:
        text = f"The request body must contain the following parameter: '{name}'."
        return cls(400, "invalid_request", 900144, text)

    @classmethod
    def unsupported_grant(cls, grant: str) -> LoginError:
        text = f"The app requested an unsupported grant type '{grant}'."
        return cls(400, "unsupported_grant_type", 70003, text)

    @classmethod
    def unknown_tenant(cls, tenant: str) -> LoginError:
        text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        return cls(400, "invalid_tenant", 90002, text)

    @classmethod
    def unknown_app(cls, client: str, tenant: str) -> LoginError:
        text = f"Application with identifier '{client}' was not found in the directory '{tenant}'."
        return cls(400, "unauthorized_client", 700016, text)

    @classmethod
    def no_credentials(cls) -> LoginError:
        text = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."
        return cls(401, "invalid_client", 7000216, text)

    @classmethod
    def wrong_secret(cls, client: str) -> LoginError:
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client}'."
        )
        return cls(401, "invalid_client", 7000215, text)

    @classmethod
    def wrong_assertion(cls) -> LoginError:
        return cls(401, "invalid_client", 700027, "Client assertion failed signature validation.")

    @classmethod
    def wrong_scope(cls, scope: str) -> LoginError:
        text = f"The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
        return cls(400, "invalid_scope", 70011, text)

    @classmethod
    def unknown_resource(cls, resource: str, tenant: str) -> LoginError:
        text = f"The resource principal named {resource} was not found in the tenant named {tenant}."
        return cls(400, "invalid_resource", 500011, text)

    def answer(self) -> web.Response:
        now, trace, correlation = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}", str(uuid.uuid4()), str(uuid.uuid4())
        marks = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
        body = {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self.text} {marks}",
            "error_codes": [self.number],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        return web.json_response(body, status=self.status)
