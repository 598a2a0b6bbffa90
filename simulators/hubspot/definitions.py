"""``/crm/properties/2026-03/{type}``: property definitions, and new ones, unique ones among them."""

from __future__ import annotations

import re

from aiohttp import web

from simulators.hubspot.bodies import as_object, read_list
from simulators.hubspot.errors import ApiError, invalid, invalid_json, json_answer
from simulators.hubspot.gate import Call, Endpoint
from simulators.hubspot.kinds import find_kind
from simulators.hubspot.properties import Property

_PATH = "/crm/properties/2026-03/{type}"
_READ = "crm.schemas.{type}.read"
_WRITE = "crm.schemas.{type}.write"
_FIELD_TYPES = {
    "string": {"text", "textarea", "html", "phonenumber", "file", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "datetime": {"date"},
    "date": {"date"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"},
    "bool": {"booleancheckbox", "calculation_equation"},
    "phone_number": {"phonenumber"},
}


def list_properties(call: Call) -> web.Response:
    definitions = call.account.store.definitions[find_kind(call.part("type")).name]
    return json_answer({"results": [definition.show() for definition in definitions.values()]})


def read_property(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    definition = call.account.store.definitions[kind.name].get(call.part("name"))
    if definition is None:
        raise ApiError(
            404,
            f"Property {call.part('name')} does not exist",
            category="OBJECT_NOT_FOUND",
            context={"propertyName": [call.part("name")]},
        )
    return json_answer(definition.show())


def create_property(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    body = as_object(call.body, "name", "label", "type", "fieldType", "groupName")
    for field in ("name", "label", "type", "fieldType", "groupName"):
        if not isinstance(body[field], str) or not body[field]:
            raise invalid_json(f'"{field}" must be a string.')
    name, value_type, field_type = body["name"], body["type"], body["fieldType"]
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
        raise invalid(f"A property's name is in lower case letters, digits and underscores, and was {name}.")
    if name.startswith("hs_"):
        raise invalid("The prefix hs_ is reserved.")
    if field_type not in _FIELD_TYPES.get(value_type, set()):
        raise invalid(f"fieldType {field_type} does not go with type {value_type}.")
    unique = body.get("hasUniqueValue", False)
    if not isinstance(unique, bool):
        raise invalid_json('"hasUniqueValue" must be a boolean.')
    if unique and value_type not in ("string", "number"):
        raise invalid("Only string and number properties can have unique values.")
    options = [as_object(option, "label", "value") for option in read_list(body, "options")]
    if value_type == "enumeration" and not options:
        raise invalid("An enumeration needs options.")
    definition = Property(
        name=name,
        type=value_type,
        field_type=field_type,
        label=body["label"],
        description=str(body.get("description") or ""),
        group=body["groupName"],
        options=tuple((str(option["value"]), str(option["label"])) for option in options),
        unique=unique,
        hubspot_defined=False,
        created_at=call.account.now(),
    )
    call.account.store.define(kind, definition)
    return json_answer(definition.show(), status=201)


ENDPOINTS = (
    Endpoint(method="GET", path=_PATH, handle=list_properties, scope=_READ),
    Endpoint(method="POST", path=_PATH, handle=create_property, scope=_WRITE, takes_body=True),
    Endpoint(method="GET", path=f"{_PATH}/{{name}}", handle=read_property, scope=_READ),
)
