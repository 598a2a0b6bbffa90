"""Records as the API shows them: every property a string or null, times in ISO with milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulators.hubspot.gate import Call
from simulators.hubspot.kinds import DEFAULT_ASSOCIATIONS, KINDS, association_types
from simulators.hubspot.properties import show_time
from simulators.hubspot.store import Record


def show_record(
    call: Call, record: Record, properties: Sequence[str], *, values: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One record. Asked-for properties that do not exist are left out; those without a value are null.

    ``values`` are what search knew; None: what is true now.
    """
    store = call.account.store
    held = record.now.values if values is None else values
    kind = record.kind
    names = {*properties, *kind.always} if properties else set(kind.shown)
    known = store.definitions[kind.name]
    modified = held.get(kind.modified) or show_time(record.created_at)
    return {
        "id": record.id,
        "properties": {name: held.get(name) for name in sorted(names) if name in known},
        "createdAt": show_time(record.created_at),
        "updatedAt": modified,
        "archived": False,
        "url": call.account.record_url(call.request, kind.name, record.id),
    }


def show_whole(call: Call, record: Record) -> dict[str, Any]:
    """A record just written: everything it holds."""
    return show_record(call, record, sorted(record.now.values))


def show_associations(record: Record, kinds: Sequence[str]) -> dict[str, Any]:
    """``associations`` of a record that was read with them; object types without any are left out."""
    found: dict[str, Any] = {}
    for name in kinds:
        results = [
            {"id": object_id, "type": _name_type(record.kind.name, name, type_id)}
            for (kind, object_id), types in record.associations.items()
            for type_id in sorted(types)
            if kind == name
        ]
        if results:
            found[name] = {"results": results}
    return found


def _name_type(source: str, target: str, type_id: int) -> str:
    """Where a pair has a primary association, the other one is called unlabeled."""
    name = f"{KINDS[source].singular}_to_{KINDS[target].singular}"
    unlabelled = len(association_types(source, target)) > 1 and type_id == DEFAULT_ASSOCIATIONS[source, target]
    return f"{name}_unlabeled" if unlabelled else name
