"""``/crm/objects/2026-03/{type}/batch``: read, and upsert by a unique property.

An upsert's ``id`` is the value of ``idProperty``, which must be a property with unique values; the value becomes the
new record's. Associations are no part of an upsert: given ones are ignored, as every field that HubSpot does not know.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from simulators.hubspot.bodies import as_object, read_inputs, read_names, read_properties, read_scalar
from simulators.hubspot.errors import ApiError, invalid, json_answer
from simulators.hubspot.gate import Call, Endpoint
from simulators.hubspot.kinds import Kind, find_kind
from simulators.hubspot.objects import OBJECTS, READ, WRITE
from simulators.hubspot.properties import show_time
from simulators.hubspot.shapes import show_record, show_whole
from simulators.hubspot.store import Record


def read_batch(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    body = as_object(call.body, "inputs")
    id_property = body.get("idProperty")
    if id_property is not None and id_property != "hs_object_id":
        call.account.store.unique_property(kind, str(id_property))
    properties = read_names(body, "properties")
    found: list[Record] = []
    missing: list[str] = []
    for item in read_inputs(body, "id"):
        object_id = read_scalar(item["id"], "id")
        try:
            record = call.account.store.find(kind, object_id, id_property=id_property)
        except ApiError:
            missing.append(object_id)
            continue
        if record not in found:
            found.append(record)
    answer = _show_batch(call, [show_record(call, record, properties) for record in found])
    if not missing:
        return json_answer(answer)
    error = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist. "
        "Check that ids are valid.",
        "context": {"ids": missing},
    }
    return json_answer({**answer, "numErrors": 1, "errors": [error]}, status=207)


def upsert_batch(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    store = call.account.store
    inputs = read_inputs(call.body, "id", "properties")
    wanted: list[tuple[str, str, dict[str, str]]] = []
    for item in inputs:
        id_property = item.get("idProperty")
        if not isinstance(id_property, str):
            raise invalid("idProperty is required: the name of a property with unique values.")
        store.unique_property(kind, id_property)
        value = read_scalar(item["id"], "id")
        values = read_properties(item)
        if values.get(id_property, value) != value:
            raise invalid(f"The id {value} and the property {id_property} differ.")
        wanted.append((id_property, value, {**values, id_property: value}))
    keys = [(id_property, value.lower()) for id_property, value, _ in wanted]
    if len(set(keys)) != len(keys):
        raise invalid("Duplicate IDs found in batch input; IDs must be unique.")
    records = [_find(call, kind, id_property, value) for id_property, value, _ in wanted]
    for record, (_, _, values) in zip(records, wanted, strict=True):
        store.check(kind, values, record)  # all or nothing
    results: list[dict[str, Any]] = []
    for record, (_, _, values) in zip(records, wanted, strict=True):
        if record is None:
            results.append({**show_whole(call, store.create(kind, values)), "new": True})
        else:
            store.update(record, values)
            results.append({**show_whole(call, record), "new": False})
    return json_answer(_show_batch(call, results))


def _find(call: Call, kind: Kind, id_property: str, value: str) -> Record | None:
    try:
        return call.account.store.find(kind, value, id_property=id_property)
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def _show_batch(call: Call, results: list[dict[str, Any]]) -> dict[str, Any]:
    now = show_time(call.account.now())
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


ENDPOINTS = (
    Endpoint(method="POST", path=f"{OBJECTS}/batch/read", handle=read_batch, scope=READ, takes_body=True),
    Endpoint(method="POST", path=f"{OBJECTS}/batch/upsert", handle=upsert_batch, scope=WRITE, takes_body=True),
)
