"""The account's records: what is true now, and what search knows of it.

Reading by id sees a write at once; the search index sees it ``search_lag`` seconds later. A record therefore keeps
the versions that search has not forgotten yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from simulators.hubspot.errors import ApiError, conflict, invalid, invalid_properties, missing_properties, not_found
from simulators.hubspot.kinds import KINDS, Kind, opposite_type
from simulators.hubspot.properties import BUILT_IN, GROUPS, Property, check_value, normalise_value, show_time

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A record's values from a moment on."""

    since: datetime
    typed: Mapping[str, str]  # as written
    values: Mapping[str, str]  # with the calculated ones
    archived: bool = False


@dataclass(kw_only=True, slots=True)
class Record:
    """One object. ``versions`` is never empty, oldest first."""

    kind: Kind
    id: str
    created_at: datetime
    versions: list[Version]
    associations: dict[tuple[str, str], set[int]] = field(default_factory=dict)  # (kind, id) to association types

    @property
    def now(self) -> Version:
        return self.versions[-1]

    def indexed(self, moment: datetime) -> Version | None:
        """What search knew at ``moment`` (already set back by the lag)."""
        return next((version for version in reversed(self.versions) if version.since <= moment), None)


class Store:
    """Every record, property definition and association of the account."""

    def __init__(self, portal: int, search_lag: float, now: Callable[[], datetime]) -> None:
        self._portal = portal
        self._lag = timedelta(seconds=search_lag)
        self._now = now
        self._ids = count(78_000_000_001)
        self._records: dict[str, dict[str, Record]] = {kind: {} for kind in KINDS}
        self._unique: dict[tuple[str, str, str], Record] = {}  # by kind, property and value in lower case
        self.definitions = {
            kind: {item.name: replace(item, group=item.group or GROUPS[kind]) for item in BUILT_IN[kind]}
            for kind in KINDS
        }
        self.owner_ids: set[str] = set()
        self.changed: list[Callable[[str, str], None]] = []  # called with kind and id after every write

    # Reading

    def records(self, kind: Kind) -> list[Record]:
        """Those that are not archived, oldest first."""
        return [record for record in self._records[kind.name].values() if not record.now.archived]

    def known(self, kind: str, object_id: str) -> Record | None:
        """Any record, archived ones too."""
        return self._records[kind].get(object_id)

    def find(self, kind: Kind, object_id: str, *, id_property: str | None = None) -> Record:
        """Raises 404, or 400 when ``id_property`` is not one that identifies."""
        if id_property is None or id_property == "hs_object_id":
            record = self._records[kind.name].get(object_id)
        else:
            record = self._unique.get((kind.name, self.unique_property(kind, id_property).name, object_id.lower()))
        if record is None or record.now.archived:
            raise not_found(object_id)
        return record

    def unique_property(self, kind: Kind, name: str) -> Property:
        definition = self.definitions[kind.name].get(name)
        if definition is None or not definition.unique:
            raise invalid(
                f"Unable to perform update/upsert by non-unique {kind.type_id} property {name} "
                f"in portal ID {self._portal}"
            )
        return definition

    def searchable(self, kind: Kind) -> Iterator[tuple[Record, Mapping[str, str]]]:
        """Each record that the search index knows, with the values it knows."""
        moment = self._now() - self._lag
        for record in self._records[kind.name].values():
            version = record.indexed(moment)
            if version is not None and not version.archived and not record.now.archived:
                yield record, version.values

    # Writing

    def check(self, kind: Kind, values: Mapping[str, str], record: Record | None = None) -> dict[str, str]:
        """The values as they will be kept, for a new record or for ``record``.

        Raises 400 with everything that is wrong, or 409 for an e-mail address that is taken.
        """
        checked = self._check_values(kind, values)
        for name, value in checked.items():
            if value and self.definitions[kind.name][name].unique:
                self._check_unique(kind, name, value, record)
        missing = [name for name in kind.required if not checked.get(name, "" if record is None else "kept")]
        if missing:
            raise missing_properties(kind.singular.upper(), missing)
        return checked

    def create(self, kind: Kind, values: Mapping[str, str]) -> Record:
        return self.place(kind, str(next(self._ids)), self.check(kind, values), self._now())

    def place(self, kind: Kind, object_id: str, values: Mapping[str, str], since: datetime) -> Record:
        """Put a record with an id of its own choice; for the world, and for :meth:`create` after its checks."""
        stamped = {**values, "hs_object_id": object_id, kind.created: show_time(since), kind.modified: show_time(since)}
        version = self._make_version(kind, stamped, since)
        record = Record(kind=kind, id=object_id, created_at=since, versions=[version])
        self._records[kind.name][object_id] = record
        self._index(record, {}, version.typed)
        self._tell(record)
        return record

    def update(self, record: Record, values: Mapping[str, str]) -> None:
        self.stamp(record, self.check(record.kind, values, record))

    def stamp(self, record: Record, values: Mapping[str, str]) -> None:
        """Write values unchecked: those that HubSpot sets itself, read-only ones among them."""
        now, before = self._now(), record.now.typed
        merged = {**before, **values, record.kind.modified: show_time(now)}
        record.versions.append(self._make_version(record.kind, merged, now))
        indexed = record.indexed(now - self._lag)
        if indexed is not None:
            del record.versions[: record.versions.index(indexed)]
        self._index(record, before, record.now.typed)
        self._tell(record)

    def archive(self, record: Record) -> None:
        record.versions.append(replace(record.now, since=self._now(), archived=True))
        self._index(record, record.now.typed, {})
        self._tell(record)

    def define(self, kind: Kind, definition: Property) -> None:
        """Add a property. Raises 409 when there is one of that name."""
        if definition.name in self.definitions[kind.name]:
            raise conflict(f"A property named '{definition.name}' already exists.")
        self.definitions[kind.name][definition.name] = definition

    def associate(self, source: Record, target: Record, type_id: int) -> None:
        source.associations.setdefault((target.kind.name, target.id), set()).add(type_id)
        back = opposite_type(source.kind.name, target.kind.name, type_id)
        target.associations.setdefault((source.kind.name, source.id), set()).add(back)
        self._tell(source)
        self._tell(target)

    def dissociate(self, source: Record, target: Record) -> None:
        source.associations.pop((target.kind.name, target.id), None)
        target.associations.pop((source.kind.name, source.id), None)
        self._tell(source)
        self._tell(target)

    def linked(self, record: Record, kind: str) -> list[Record]:
        """The records of a kind that this one is associated with, without archived ones."""
        found = (self._records[name][object_id] for name, object_id in record.associations if name == kind)
        return [other for other in found if not other.now.archived]

    def _check_values(self, kind: Kind, values: Mapping[str, str]) -> dict[str, str]:
        problems: list[dict[str, str]] = []
        checked: dict[str, str] = {}
        for name, value in values.items():
            definition = self.definitions[kind.name].get(name)
            if definition is None:
                message = f'Property "{name}" does not exist'
                problems.append({"message": message, "error": "PROPERTY_DOESNT_EXIST", "name": name})
                continue
            problem = check_value(definition, value)
            if problem is None and name == "hubspot_owner_id" and value and value not in self.owner_ids:
                problem = ("INVALID_OWNER_ID", f"Owner {value} does not exist")
            if problem is not None:
                problems.append({"message": problem[1], "error": problem[0], "name": name})
            checked[name] = normalise_value(definition, value)
        if problems:
            raise invalid_properties(problems, self._portal)
        return checked

    def _check_unique(self, kind: Kind, name: str, value: str, record: Record | None) -> None:
        other = self._unique.get((kind.name, name, value.lower()))
        if other is None or other is record:
            return
        if kind.name == "contacts" and name == "email":
            raise conflict(f"Contact already exists. Existing ID: {other.id}")
        raise ApiError(
            400,
            f"Cannot set PropertyValueCoordinates{{portalId={self._portal}, objectTypeId={kind.type_id}, "
            f"propertyName={name}, value={value}}}. {other.id} already has that value.",
            category="VALIDATION_ERROR",
        )

    def _make_version(self, kind: Kind, values: Mapping[str, str], since: datetime) -> Version:
        """An empty value clears a property."""
        typed = {name: value for name, value in values.items() if value}
        whole = dict(typed)
        for definition in self.definitions[kind.name].values():
            if definition.calculate is not None and definition.source in typed:
                value = definition.calculate(typed[definition.source])
                if value is not None:
                    whole[definition.name] = value
        return Version(since=since, typed=typed, values=whole)

    def _index(self, record: Record, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        for definition in self.definitions[record.kind.name].values():
            if not definition.unique or before.get(definition.name) == after.get(definition.name):
                continue
            if definition.name in before:
                self._unique.pop((record.kind.name, definition.name, before[definition.name].lower()), None)
            if definition.name in after:
                self._unique[record.kind.name, definition.name, after[definition.name].lower()] = record

    def _tell(self, record: Record) -> None:
        for listener in self.changed:
            listener(record.kind.name, record.id)
