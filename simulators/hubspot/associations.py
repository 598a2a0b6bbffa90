"""Associations between records: inline at creation, one by one, listed, and in batches.

https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from simulators.hubspot.bodies import as_object, read_inputs, read_limit, read_list
from simulators.hubspot.errors import ApiError, invalid, invalid_json, json_answer
from simulators.hubspot.gate import Call, Endpoint
from simulators.hubspot.kinds import DEFAULT_ASSOCIATIONS, Kind, association_types, find_kind, target_of
from simulators.hubspot.properties import show_time
from simulators.hubspot.store import Record

_ONE = "/crm/objects/2026-03/{type}/{id}/associations"
_MANY = "/crm/associations/2026-03/{type}/{to_type}"
_READ = "crm.objects.{type}.read"
_WRITE = "crm.objects.{type}.write"


def read_inline(call: Call, kind: Kind, body: dict[str, Any]) -> list[tuple[Record, int]]:
    """``associations`` of a new record: records that exist, and types that fit. Raises 400."""
    links: list[tuple[Record, int]] = []
    for raw in read_list(body, "associations"):
        item = as_object(raw, "to", "types")
        object_id = _read_id(item["to"])
        types = _read_specs(item["types"])
        for type_id in types:
            target = target_of(kind.name, type_id)
            if target is None:
                raise invalid(f"Association type {type_id} does not start at {kind.singular.upper()}.")
            try:
                links.append((call.account.store.find(target, object_id), type_id))
            except ApiError:
                raise invalid(
                    f"No {target.singular.upper()} with id {object_id} to associate.", ids=[object_id]
                ) from None
    return links


def associate_inline(call: Call, record: Record, links: list[tuple[Record, int]]) -> None:
    for target, type_id in links:
        call.account.store.associate(record, target, type_id)
        note_contact(call, record, target)


def note_contact(call: Call, record: Record, target: Record) -> None:
    """A logged call is the last contact with the person or company."""
    moment = record.now.values.get("hs_timestamp")
    if record.kind.name == "calls" and moment and target.kind.name in ("contacts", "companies"):
        call.account.store.stamp(target, {"notes_last_contacted": moment, "notes_last_updated": moment})


def associate_default(call: Call) -> web.Response:
    source, target = _pair(call)
    type_id = DEFAULT_ASSOCIATIONS.get((source.kind.name, target.kind.name))
    if type_id is None:
        raise invalid(f"No default association between {source.kind.name} and {target.kind.name}.")
    call.account.store.associate(source, target, type_id)
    note_contact(call, source, target)
    back = DEFAULT_ASSOCIATIONS[target.kind.name, source.kind.name]
    now = show_time(call.account.now())
    results = [
        {"from": {"id": source.id}, "to": {"id": target.id}, "associationSpec": _show_spec(type_id)},
        {"from": {"id": target.id}, "to": {"id": source.id}, "associationSpec": _show_spec(back)},
    ]
    return json_answer({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})


def associate_labelled(call: Call) -> web.Response:
    source, target = _pair(call)
    known = association_types(source.kind.name, target.kind.name)
    types = _read_specs(call.body)
    for type_id in types:
        if type_id not in known:
            raise invalid(f"Association type {type_id} does not lead from {source.kind.name} to {target.kind.name}.")
    for type_id in types:
        call.account.store.associate(source, target, type_id)
    note_contact(call, source, target)
    body = {
        "fromObjectTypeId": source.kind.type_id,
        "fromObjectId": source.id,
        "toObjectTypeId": target.kind.type_id,
        "toObjectId": target.id,
        "labels": [label for type_id in types if (label := known[type_id]) is not None],
    }
    return json_answer(body, status=201)


def dissociate(call: Call) -> web.Response:
    source, target = _pair(call)
    call.account.store.dissociate(source, target)
    return web.Response(status=204)


def list_associations(call: Call) -> web.Response:
    record = call.account.store.find(find_kind(call.part("type")), call.part("id"))
    target = find_kind(call.part("to_type"))
    limit = read_limit(call.query("limit"), default=500, most=500)
    return json_answer({"results": _show_links(record, target)[:limit]})


def read_many(call: Call) -> web.Response:
    source, target = find_kind(call.part("type")), find_kind(call.part("to_type"))
    now = show_time(call.account.now())
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for item in read_inputs(call.body, "id"):
        object_id = _read_id(item)
        try:
            links = _show_links(call.account.store.find(source, object_id), target)
        except ApiError:
            links = []
        if links:
            results.append({"from": {"id": object_id}, "to": links})
        else:
            message = f"No {target.singular} is associated with {source.singular} {object_id}."
            context = {"fromObjectId": [object_id]}
            error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": context}
            errors.append({**error, "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"})
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        return json_answer({**body, "numErrors": len(errors), "errors": errors}, status=207)
    return json_answer(body)


def list_labels(call: Call) -> web.Response:
    source, target = find_kind(call.part("type")), find_kind(call.part("to_type"))
    types = association_types(source.name, target.name)
    return json_answer({"results": [_show_type(type_id, label) for type_id, label in types.items()]})


def _pair(call: Call) -> tuple[Record, Record]:
    store = call.account.store
    source = store.find(find_kind(call.part("type")), call.part("id"))
    return source, store.find(find_kind(call.part("to_type")), call.part("to_id"))


def _show_links(record: Record, target: Kind) -> list[dict[str, Any]]:
    types = association_types(record.kind.name, target.name)
    return [
        {"toObjectId": object_id, "associationTypes": [_show_type(type_id, types[type_id]) for type_id in sorted(held)]}
        for (kind, object_id), held in record.associations.items()
        if kind == target.name
    ]


def _show_type(type_id: int, label: str | None) -> dict[str, Any]:
    return {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": label}


def _show_spec(type_id: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


def _read_id(raw: Any) -> str:
    object_id = as_object(raw, "id")["id"]
    if isinstance(object_id, bool) or not isinstance(object_id, (str, int)):
        raise invalid_json('"id" must be a string.')
    return str(object_id)


def _read_specs(raw: Any) -> list[int]:
    if not isinstance(raw, list) or not raw:
        raise invalid_json("a list with at least one association type was expected.")
    found: list[int] = []
    for item in raw:
        spec = as_object(item, "associationCategory", "associationTypeId")
        if spec["associationCategory"] != "HUBSPOT_DEFINED":
            raise invalid(f"This account has no {spec['associationCategory']} association types.")
        type_id = spec["associationTypeId"]
        if isinstance(type_id, bool) or not str(type_id).isdigit():
            raise invalid_json('"associationTypeId" must be a number.')
        found.append(int(type_id))
    return found


ENDPOINTS = (
    Endpoint(method="PUT", path=f"{_ONE}/default/{{to_type}}/{{to_id}}", handle=associate_default, scope=_WRITE),
    Endpoint(
        method="PUT", path=f"{_ONE}/{{to_type}}/{{to_id}}", handle=associate_labelled, scope=_WRITE, takes_body=True
    ),
    Endpoint(method="DELETE", path=f"{_ONE}/{{to_type}}/{{to_id}}", handle=dissociate, scope=_WRITE),
    Endpoint(method="GET", path=f"{_ONE}/{{to_type}}", handle=list_associations, scope=_READ),
    Endpoint(method="POST", path=f"{_MANY}/batch/read", handle=read_many, scope=_READ, takes_body=True),
    Endpoint(method="GET", path=f"{_MANY}/labels", handle=list_labels, scope=_READ),
)
