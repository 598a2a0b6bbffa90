"""HubSpot's errors, as its API answers them.

Required in every error are ``category``, ``correlationId`` and ``message``
(https://developers.hubspot.com/docs/api-reference/error-handling); ``status`` is "error" everywhere but at the token
endpoint. Wordings follow answers that developers have published; where none was found the wording is ours, and
simulators/README.md says so: read the category, never the message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from aiohttp import web


class ApiError(Exception):
    """A request that HubSpot declines."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        category: str | None = None,
        context: Mapping[str, Sequence[str]] | None = None,
        errors: Sequence[Mapping[str, Any]] | None = None,
        more: Mapping[str, Any] | None = None,  # fields that only this error has
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.context = context
        self.errors = errors
        self.more = more or {}

    def answer(self) -> web.Response:
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": str(uuid4())}
        if self.category is not None:
            body["category"] = self.category
        if self.context is not None:
            body["context"] = {name: list(values) for name, values in self.context.items()}
        if self.errors is not None:
            body["errors"] = list(self.errors)
        return json_answer({**body, **self.more}, status=self.status)


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON as HubSpot sends it, with the correlation id that its support asks for."""
    correlation = body.get("correlationId") if isinstance(body, dict) else None
    response = web.Response(
        status=status, text=json.dumps(body, ensure_ascii=False), content_type="application/json", charset="utf-8"
    )
    response.headers["X-HubSpot-Correlation-Id"] = str(correlation or uuid4())
    response.headers.update(headers or {})
    return response


def invalid(message: str, **context: Sequence[str]) -> ApiError:
    """400 for a request that breaks a rule."""
    return ApiError(400, message, category="VALIDATION_ERROR", context=context or None)


def invalid_json(problem: str, *, line: int = 1, column: int = 1) -> ApiError:
    """400 for a body that is not the JSON this endpoint takes."""
    return invalid(f"Invalid input JSON on line {line}, column {column}: {problem}")


def invalid_properties(problems: Sequence[Mapping[str, Any]], portal: int) -> ApiError:
    """400 for property values; the details are JSON inside the message, as HubSpot has it."""
    details = [
        {"isValid": False, **problem, "localizedErrorMessage": problem["message"], "portalId": portal}
        for problem in problems
    ]
    errors = [
        {
            "message": problem["message"],
            "code": problem["error"],
            "context": {"propertyName": [problem["name"]]},
        }
        for problem in problems
    ]
    return ApiError(
        400,
        f"Property values were not valid: {json.dumps(details, ensure_ascii=False)}",
        category="VALIDATION_ERROR",
        errors=errors,
    )


def missing_properties(kind: str, names: Sequence[str]) -> ApiError:
    return invalid(f"Error creating {kind}. Some required properties were not set.", properties=names)


def not_found(object_id: str) -> ApiError:
    """404 for a record that is not there."""
    return ApiError(
        404,
        "Object not found.  objectId are usually numeric.",
        category="OBJECT_NOT_FOUND",
        context={"id": [object_id]},
    )


def unknown_path() -> ApiError:
    return ApiError(404, "resource not found")


def conflict(message: str) -> ApiError:
    return ApiError(409, message, category="CONFLICT")
