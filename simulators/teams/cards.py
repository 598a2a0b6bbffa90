"""A light check of Adaptive Cards: what makes a real client refuse a card or draw it wrong.

Element names and required properties: schema 1.5 of https://adaptivecards.io/explorer/. The limits of Teams: version
at most 1.5 for cards sent by bots and six actions
(https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference). A real client
silently leaves out what it does not know; here that is an error, because nobody would notice it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
MAX_ACTIONS = 6
MAX_REFRESH_USERS = 60

_ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "ActionSet": ("actions",),
    "ColumnSet": (),
    "Container": ("items",),
    "FactSet": ("facts",),
    "Image": ("url",),
    "ImageSet": ("images",),
    "Input.ChoiceSet": ("id",),
    "Input.Date": ("id",),
    "Input.Number": ("id",),
    "Input.Text": ("id",),
    "Input.Time": ("id",),
    "Input.Toggle": ("id", "title"),
    "Media": ("sources",),
    "RichTextBlock": ("inlines",),
    "Table": (),
    "TextBlock": ("text",),
}
"""Every body element of 1.5 with the properties it cannot do without."""

_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "Action.Execute": (),
    "Action.OpenUrl": ("url",),
    "Action.ShowCard": ("card",),
    "Action.Submit": (),
    "Action.ToggleVisibility": ("targetElements",),
}
_LISTS = ("items", "columns", "rows", "cells", "images", "facts", "inlines", "actions", "sources", "choices")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class BadCardError(ValueError):
    """The card is not one Teams shows as meant. The message names the place, never the contents."""


def check_card(card: object) -> None:
    """Raise :class:`BadCardError` for the first thing wrong."""
    ids: set[str] = set()
    _check_card(card, "card", ids, nested=False)


def find_action(card: Mapping[str, Any] | None, kind: str, verb: str | None = None) -> dict[str, Any] | None:
    """The first action of this type (and verb) anywhere in the card, fallbacks and shown cards included."""
    for node in _walk(card):
        if node.get("type") == kind and (verb is None or node.get("verb") == verb):
            return node
    return None


def _walk(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value)


def _check_card(card: object, place: str, ids: set[str], *, nested: bool) -> None:
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise BadCardError(f"{place}: not an object of type AdaptiveCard")
    if not nested or "version" in card:
        _check_version(card.get("version"), place)
    body = card.get("body", [])
    if not isinstance(body, list) or not (body or nested):
        raise BadCardError(f"{place}.body: needs a list with at least one element")
    for position, element in enumerate(body):
        _check_element(element, f"{place}.body[{position}]", ids)
    _check_actions(card.get("actions", []), f"{place}.actions", ids)
    if "selectAction" in card:
        _check_select(card["selectAction"], f"{place}.selectAction", ids)
    if "refresh" in card:
        _check_refresh(card["refresh"], f"{place}.refresh")


def _check_refresh(refresh: object, place: str) -> None:
    if not isinstance(refresh, dict) or not isinstance(refresh.get("action"), dict):
        raise BadCardError(f"{place}: needs an action")
    if refresh["action"].get("type") != "Action.Execute":
        raise BadCardError(f"{place}.action: must be Action.Execute")
    if len(_list(refresh, "userIds", place)) > MAX_REFRESH_USERS:
        raise BadCardError(f"{place}.userIds: at most {MAX_REFRESH_USERS}")


def _check_version(version: object, place: str) -> None:
    parts = version.split(".") if isinstance(version, str) else []
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise BadCardError(f"{place}.version: needs a text such as 1.5")
    if (int(parts[0]), int(parts[1])) > (1, 5):
        raise BadCardError(f"{place}.version: Teams shows bots' cards up to 1.5")


def _check_element(element: object, place: str, ids: set[str]) -> None:
    if not isinstance(element, dict):
        raise BadCardError(f"{place}: not an object")
    kind = element.get("type")
    if kind not in _ELEMENTS:
        if "fallback" not in element:
            raise BadCardError(f"{place}: unknown element {str(kind)[:40]!r} without a fallback")
        if element["fallback"] != "drop":
            _check_element(element["fallback"], f"{place}.fallback", ids)
        return
    _check_required(element, _ELEMENTS[str(kind)], place)
    _check_id(element, place, ids)
    if kind == "ActionSet":
        _check_actions(element["actions"], f"{place}.actions", ids)
    elif kind == "Container":
        _check_items(element["items"], f"{place}.items", ids)
    elif kind in {"ColumnSet", "Table"}:
        _check_grid(element, str(kind), place, ids)
    elif kind == "FactSet":
        _check_facts(element["facts"], place)
    if "selectAction" in element:
        _check_select(element["selectAction"], f"{place}.selectAction", ids)


def _check_required(node: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    for name in names:
        if name not in node:
            raise BadCardError(f"{place}: {node['type']} needs {name}")
        if name in {"text", "title", "id", "url"} and not isinstance(node[name], str):
            raise BadCardError(f"{place}.{name}: must be a text")
    for name in _LISTS:
        if name in node and not isinstance(node[name], list):
            raise BadCardError(f"{place}.{name}: must be a list")


def _list(node: object, name: str, place: str) -> list[object]:
    """A list that may be missing."""
    found = node.get(name, []) if isinstance(node, dict) else None
    if not isinstance(found, list):
        raise BadCardError(f"{place}.{name}: must be a list")
    return found


def _check_id(node: Mapping[str, Any], place: str, ids: set[str]) -> None:
    """Microsoft's renderer refuses a card in which two elements share an id."""
    name = node.get("id")
    if name is None:
        return
    if not isinstance(name, str) or name in ids:
        raise BadCardError(f"{place}.id: must be a text, used once in the card")
    ids.add(name)


def _check_items(items: list[object], place: str, ids: set[str]) -> None:
    for position, item in enumerate(items):
        _check_element(item, f"{place}[{position}]", ids)


def _check_grid(element: Mapping[str, Any], kind: str, place: str, ids: set[str]) -> None:
    """Columns of a ColumnSet, and cells of a Table: containers whose own ``type`` may be left out."""
    if kind == "ColumnSet":
        boxes = [(column, f"{place}.columns[{n}]") for n, column in enumerate(element.get("columns", []))]
    else:
        boxes = [
            (cell, f"{place}.rows[{n}].cells[{m}]")
            for n, row in enumerate(element.get("rows", []))
            for m, cell in enumerate(_list(row, "cells", f"{place}.rows[{n}]"))
        ]
    for box, where in boxes:
        if not isinstance(box, dict) or box.get("type", "Column") not in {"Column", "TableCell"}:
            raise BadCardError(f"{where}: not a column or cell")
        _check_id(box, where, ids)
        _check_items(_list(box, "items", where), f"{where}.items", ids)
        if "selectAction" in box:
            _check_select(box["selectAction"], f"{where}.selectAction", ids)


def _check_facts(facts: list[object], place: str) -> None:
    for position, fact in enumerate(facts):
        if not isinstance(fact, dict) or not all(isinstance(fact.get(name), str) for name in ("title", "value")):
            raise BadCardError(f"{place}.facts[{position}]: needs the texts title and value")


def _check_actions(actions: object, place: str, ids: set[str]) -> None:
    if not isinstance(actions, list):
        raise BadCardError(f"{place}: must be a list")
    if len(actions) > MAX_ACTIONS:
        raise BadCardError(f"{place}: at most {MAX_ACTIONS} actions")
    for position, action in enumerate(actions):
        _check_action(action, f"{place}[{position}]", ids)


def _check_select(action: object, place: str, ids: set[str]) -> None:
    _check_action(action, place, ids)
    if isinstance(action, dict) and action.get("type") == "Action.ShowCard":
        raise BadCardError(f"{place}: Action.ShowCard is not allowed here")


def _check_action(action: object, place: str, ids: set[str]) -> None:
    if not isinstance(action, dict) or action.get("type") not in _ACTIONS:
        raise BadCardError(f"{place}: unknown action")
    _check_required(action, _ACTIONS[action["type"]], place)
    if action["type"] == "Action.OpenUrl":
        _check_url(action["url"], f"{place}.url")
    elif action["type"] == "Action.ShowCard":
        _check_card(action["card"], f"{place}.card", ids, nested=True)
    if isinstance(action.get("fallback"), dict):
        # Either the action or its fallback is shown, so both may carry the same id.
        _check_action(action["fallback"], f"{place}.fallback", set(ids))


def _check_url(url: str, place: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise BadCardError(f"{place}: https, or http on loopback")
