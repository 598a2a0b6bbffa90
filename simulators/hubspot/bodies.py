"""Reading JSON bodies the way HubSpot's API does: what must be there, what may be, and 400 for anything else."""

from __future__ import annotations

import json
from typing import Any

from simulators.hubspot.errors import invalid, invalid_json


def parse_body(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise invalid_json(getattr(error, "msg", "unreadable"), line=line, column=getattr(error, "colno", 1)) from None


def as_object(body: Any, *required: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid_json("an object was expected.")
    missing = [name for name in required if body.get(name) is None]
    if missing:
        raise invalid_json(f"Some required fields were not set: [{', '.join(missing)}]")
    return body


def read_list(body: dict[str, Any], name: str) -> list[Any]:
    """A list, or an empty one when it is not given."""
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise invalid_json(f'"{name}" must be a list.')
    return found


def read_names(body: dict[str, Any], name: str) -> list[str]:
    found = read_list(body, name)
    if not all(isinstance(item, str) for item in found):
        raise invalid_json(f'"{name}" must be a list of strings.')
    return found


def read_scalar(value: Any, name: str) -> str:
    """A value as the string that HubSpot keeps; numbers and booleans are taken too."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise invalid_json(f'"{name}" must be a string.')


def read_properties(body: dict[str, Any]) -> dict[str, str]:
    found = body.get("properties")
    if not isinstance(found, dict):
        raise invalid_json("Some required fields were not set: [properties]")
    return {name: read_scalar(value, name) for name, value in found.items()}


def read_inputs(body: Any, *required: str) -> list[dict[str, Any]]:
    """The ``inputs`` of a batch: one to a hundred objects."""
    inputs = read_list(as_object(body, "inputs"), "inputs")
    if not 1 <= len(inputs) <= 100:
        raise invalid(f"A batch holds 1 to 100 inputs, this one has {len(inputs)}.")
    return [as_object(item, *required) for item in inputs]


def read_limit(text: str | None, *, default: int, most: int) -> int:
    """``limit`` of a query string."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= most:
        raise invalid(f"limit must be between 1 and {most}, and was {text}.")
    return int(text)
