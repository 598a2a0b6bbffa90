"""The search endpoints: the documented filters, limits and paging.

https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm: at most 5 groups, 6 filters in a group, 18
in all, 200 results a page, 10,000 in all, a body of 3,000 characters, one sort; IN and NOT_IN of texts want lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from simulators.hubspot.bodies import as_object, read_list, read_names, read_scalar
from simulators.hubspot.errors import invalid, invalid_json
from simulators.hubspot.kinds import Kind
from simulators.hubspot.properties import Property, parse_time

MOST_GROUPS = 5
MOST_FILTERS_IN_GROUP = 6
MOST_FILTERS = 18
MOST_PER_PAGE = 200
MOST_RESULTS = 10_000
MOST_CHARACTERS = 3_000

_WITHOUT_VALUE = frozenset({"HAS_PROPERTY", "NOT_HAS_PROPERTY"})
_WITH_VALUES = frozenset({"IN", "NOT_IN"})
_ORDERED = frozenset({"LT", "LTE", "GT", "GTE", "BETWEEN"})
_WITH_VALUE = frozenset({"EQ", "NEQ", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}) | _ORDERED
OPERATORS = _WITHOUT_VALUE | _WITH_VALUES | _WITH_VALUE


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    definition: Property
    operator: str
    value: str = ""
    high_value: str = ""
    values: tuple[str, ...] = ()

    def matches(self, record: Mapping[str, str]) -> bool:
        if not self.definition.searchable:
            return False
        held = record.get(self.definition.name)
        if self.operator in _WITHOUT_VALUE:
            return (held is not None) == (self.operator == "HAS_PROPERTY")
        if held is None:
            return self.operator.startswith("N")  # NEQ, NOT_IN, NOT_CONTAINS_TOKEN
        if self.operator in _WITH_VALUES:
            return (held.lower() in self.values) == (self.operator == "IN")
        if self.operator in ("EQ", "NEQ"):
            same: bool = _key(self.definition, held) == _key(self.definition, self.value)
            return same == (self.operator == "EQ")
        if self.operator in _ORDERED:
            return self._is_ordered(_key(self.definition, held))
        return _contains(held, self.value) == (self.operator == "CONTAINS_TOKEN")

    def _is_ordered(self, held: Any) -> bool:
        value = _key(self.definition, self.value)
        comparisons: dict[str, Callable[[], bool]] = {
            "LT": lambda: held < value,
            "LTE": lambda: held <= value,
            "GT": lambda: held > value,
            "GTE": lambda: held >= value,
            "BETWEEN": lambda: value <= held <= _key(self.definition, self.high_value),
        }
        return type(held) is type(value) and bool(comparisons[self.operator]())


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """A search that keeps every rule."""

    groups: tuple[tuple[Filter, ...], ...]  # one must fit, and in it all; none: everything fits
    query: str
    properties: tuple[str, ...]
    limit: int
    after: int
    sort: tuple[Property, bool] | None  # and whether it descends
    text_properties: tuple[str, ...]

    def matches(self, record: Mapping[str, str]) -> bool:
        if self.groups and not any(all(item.matches(record) for item in group) for group in self.groups):
            return False
        texts = [record.get(name, "").lower() for name in self.text_properties]
        return all(any(word in text for text in texts) for word in self.query.lower().split())


def read_search(kind: Kind, definitions: Mapping[str, Property], text: str, body: Any) -> Search:
    """Check a request. Raises 400 for whatever HubSpot does not take."""
    if len(text) > MOST_CHARACTERS:
        raise invalid(f"The request body is {len(text)} characters long; the maximum is {MOST_CHARACTERS}.")
    fields = as_object(body)
    raw_groups = [read_list(as_object(group, "filters"), "filters") for group in read_list(fields, "filterGroups")]
    if fields.get("filters"):  # filters without a group count as one group
        raw_groups.append(read_list(fields, "filters"))
    _check_sizes(raw_groups)
    limit = _read_number(fields.get("limit"), "limit", default=10)
    after = _read_number(fields.get("after"), "after", default=0)
    if not 1 <= limit <= MOST_PER_PAGE:
        raise invalid(f"limit must be between 1 and {MOST_PER_PAGE}, and was {limit}.")
    if after + limit > MOST_RESULTS:
        raise invalid(f"Searches go to {MOST_RESULTS} results at most; after and limit ask for {after + limit}.")
    query = fields.get("query")
    if query is not None and not isinstance(query, str):
        raise invalid_json('"query" must be a string.')
    return Search(
        groups=tuple(tuple(_read_filter(kind, definitions, item) for item in group) for group in raw_groups),
        query=query or "",
        properties=tuple(read_names(fields, "properties")),
        limit=limit,
        after=after,
        sort=_read_sort(kind, definitions, read_list(fields, "sorts")),
        text_properties=kind.text,
    )


def _check_sizes(groups: list[list[Any]]) -> None:
    if len(groups) > MOST_GROUPS:
        raise invalid(f"A search holds at most {MOST_GROUPS} filterGroups, this one has {len(groups)}.")
    for group in groups:
        if not 1 <= len(group) <= MOST_FILTERS_IN_GROUP:
            raise invalid(f"A filterGroup holds 1 to {MOST_FILTERS_IN_GROUP} filters, this one has {len(group)}.")
    if sum(map(len, groups)) > MOST_FILTERS:
        raise invalid(f"A search holds at most {MOST_FILTERS} filters, this one has {sum(map(len, groups))}.")


def _read_filter(kind: Kind, definitions: Mapping[str, Property], raw: Any) -> Filter:
    if not isinstance(raw, dict):
        raise invalid_json("a filter must be an object.")
    missing = [name for name in ("propertyName", "operator") if not isinstance(raw.get(name), str)]
    if missing:
        raise invalid_json(f"Cannot build Filter, some of required attributes are not set [{', '.join(missing)}]")
    operator = raw["operator"]
    if operator not in OPERATORS:
        raise invalid_json(f'"{operator}" is not one of the operators: [{", ".join(sorted(OPERATORS))}]')
    definition = _find_property(kind, definitions, raw["propertyName"])
    given = {name for name in ("value", "values", "highValue") if raw.get(name) is not None}
    wanted = {"values"} if operator in _WITH_VALUES else set() if operator in _WITHOUT_VALUE else {"value"}
    if operator == "BETWEEN":
        wanted.add("highValue")
    for name in sorted(wanted - given):
        raise invalid_json(f"operator {operator} requires a {name}")
    for name in sorted(given - wanted):
        raise invalid_json(f"operator {operator} does not take a {name}")
    return Filter(
        definition=definition,
        operator=operator,
        value=read_scalar(raw.get("value"), "value"),
        high_value=read_scalar(raw.get("highValue"), "highValue"),
        values=tuple(read_scalar(item, "values") for item in read_list(raw, "values")),
    )


def _read_sort(kind: Kind, definitions: Mapping[str, Property], sorts: list[Any]) -> tuple[Property, bool] | None:
    if len(sorts) > 1:
        raise invalid("Only one sorting rule can be applied to any search.")
    if not sorts:
        return None
    (sort,) = sorts
    if isinstance(sort, str):
        return _find_property(kind, definitions, sort.removeprefix("-")), sort.startswith("-")
    fields = as_object(sort, "propertyName")
    direction = fields.get("direction", "ASCENDING")
    if direction not in ("ASCENDING", "DESCENDING"):
        raise invalid_json(f'"{direction}" is not one of the directions: [ASCENDING, DESCENDING]')
    return _find_property(kind, definitions, str(fields["propertyName"])), direction == "DESCENDING"


def _find_property(kind: Kind, definitions: Mapping[str, Property], name: str) -> Property:
    definition = definitions.get(name)
    if definition is None:
        raise invalid(f'Property "{name}" does not exist for {kind.singular.upper()}', propertyName=[name])
    return definition


def _read_number(value: Any, name: str, *, default: int) -> int:
    if value is None or value == "":
        return default
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise invalid_json(f'"{name}" must be a whole number.')
    return int(text)


def sort_key(definition: Property, value: str | None) -> tuple[bool, Any]:
    """Records without the property come last."""
    return value is None, _key(definition, value) if value is not None else ""


def _key(definition: Property, text: str) -> Any:
    """A value as something that can be compared."""
    if definition.type == "number":
        try:
            return float(text)
        except ValueError:
            return text.lower()
    if definition.type == "datetime":
        moment = parse_time(text)
        return moment.timestamp() if moment is not None else text.lower()
    return text.lower()


def _contains(held: str, wanted: str) -> bool:
    """CONTAINS_TOKEN: every word of ``wanted`` is a word of the value; an asterisk stands for any characters."""
    whole = held.lower()
    tokens = {whole, *whole.split(), *re.findall(r"\w+", whole)}
    return all(any(fnmatchcase(token, _glob(word)) for token in tokens) for word in wanted.lower().split())


def _glob(word: str) -> str:
    return re.sub(r"[\[\]?]", lambda found: f"[{found[0]}]", word)
