"""``/crm/objects/2026-03/{type}``: create, read, update, archive, list, search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from simulators.hubspot.associations import associate_inline, read_inline
from simulators.hubspot.bodies import as_object, read_limit, read_properties
from simulators.hubspot.errors import invalid, json_answer
from simulators.hubspot.gate import Call, Endpoint
from simulators.hubspot.kinds import find_kind
from simulators.hubspot.search import Search, read_search, sort_key
from simulators.hubspot.shapes import show_associations, show_record, show_whole
from simulators.hubspot.store import Record

OBJECTS = "/crm/objects/2026-03/{type}"
READ = "crm.objects.{type}.read"
WRITE = "crm.objects.{type}.write"


def create_object(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    body = as_object(call.body, "properties")
    links = read_inline(call, kind, body)  # checked first: nothing is created with wrong associations
    record = call.account.store.create(kind, read_properties(body))
    associate_inline(call, record, links)
    return json_answer(show_whole(call, record), status=201)


def read_object(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    associated = _associated_kinds(call)
    record = call.account.store.find(kind, call.part("id"), id_property=call.query("idProperty"))
    return json_answer(_show_with_associations(call, record, associated))


def update_object(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    values = read_properties(as_object(call.body, "properties"))
    record = call.account.store.find(kind, call.part("id"), id_property=call.query("idProperty"))
    call.account.store.update(record, values)
    return json_answer(show_whole(call, record))


def archive_object(call: Call) -> web.Response:
    record = call.account.store.find(find_kind(call.part("type")), call.part("id"))
    call.account.store.archive(record)
    return web.Response(status=204)


def list_objects(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    associated = _associated_kinds(call)
    limit = read_limit(call.query("limit"), default=10, most=100)
    records = call.account.store.records(kind)
    after = call.query("after")
    if after is not None:
        ids = [record.id for record in records]
        if after not in ids:
            raise invalid(f"after is no cursor of this list: {after}")
        records = records[ids.index(after) :]
    body: dict[str, Any] = {
        "results": [_show_with_associations(call, record, associated) for record in records[:limit]]
    }
    if len(records) > limit:
        cursor = records[limit].id
        body["paging"] = {"next": {"after": cursor, "link": f"{call.request.path}?limit={limit}&after={cursor}"}}
    return json_answer(body)


def search_objects(call: Call) -> web.Response:
    kind = find_kind(call.part("type"))
    store = call.account.store
    search = read_search(kind, store.definitions[kind.name], call.text, call.body)
    found = [(record, values) for record, values in store.searchable(kind) if search.matches(values)]
    page = _sort(search, found)[search.after : search.after + search.limit]
    results = [show_record(call, record, search.properties, values=values) for record, values in page]
    body: dict[str, Any] = {"total": len(found), "results": results}
    if search.after + search.limit < len(found):
        body["paging"] = {"next": {"after": str(search.after + search.limit)}}
    return json_answer(body)


def _sort(search: Search, found: list[tuple[Record, Any]]) -> list[tuple[Record, Any]]:
    if search.sort is None:
        return found
    definition, descending = search.sort
    held = [pair for pair in found if definition.name in pair[1]]
    rest = [pair for pair in found if definition.name not in pair[1]]  # without the property: last, either way
    return sorted(held, key=lambda pair: sort_key(definition, pair[1][definition.name]), reverse=descending) + rest


def _associated_kinds(call: Call) -> list[str]:
    return [find_kind(name).name for name in call.query_list("associations")]


def _show_with_associations(call: Call, record: Record, associated: Sequence[str]) -> dict[str, Any]:
    shown = show_record(call, record, call.query_list("properties"))
    associations = show_associations(record, associated)
    return {**shown, "associations": associations} if associations else shown


ENDPOINTS = (
    Endpoint(method="POST", path=f"{OBJECTS}/search", handle=search_objects, scope=READ, search=True, takes_body=True),
    Endpoint(method="GET", path=OBJECTS, handle=list_objects, scope=READ),
    Endpoint(method="POST", path=OBJECTS, handle=create_object, scope=WRITE, takes_body=True),
    Endpoint(method="GET", path=f"{OBJECTS}/{{id}}", handle=read_object, scope=READ),
    Endpoint(method="PATCH", path=f"{OBJECTS}/{{id}}", handle=update_object, scope=WRITE, takes_body=True),
    Endpoint(method="DELETE", path=f"{OBJECTS}/{{id}}", handle=archive_object, scope=WRITE),
)
