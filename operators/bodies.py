"""Bodies that operators send, form or JSON, as named texts. What is no such body raises ``Unreadable``.

Messages say what was expected and never what came: they reach logs. For the same reason nothing is chained to them
(the decoders' own errors carry the text).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from calls.errors import Unreadable
from calls.ports import RawRequest

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_MOST_FIELDS = 1_000
_MOST_VALUES = 500  # of one list: no queue rings more phones
_UTF8 = frozenset({"", "utf-8", "utf8", "us-ascii"})

Fields = Mapping[str, tuple[str, ...]]  # names without "[]"; a field sent empty has one empty text


def media_type(request: RawRequest) -> str:
    """The content type without its parameters, in lower case; empty when there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_fields(request: RawRequest) -> Fields:
    """The body's top level fields, decoded as the content type says. Raises ``Unreadable``."""
    kind = media_type(request)
    if kind not in {FORM, JSON}:
        raise Unreadable(f"content-type: expected {FORM} or {JSON}")
    if _charset(request) not in _UTF8:
        raise Unreadable("content-type: expected charset utf-8")
    try:
        text = request.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("body: expected UTF-8") from None
    fields = _form(text) if kind == FORM else _json(text)
    for name, values in fields.items():
        if len(values) > _MOST_VALUES:
            raise Unreadable(f"body: expected at most {_MOST_VALUES} values in a list")
        if any("\0" in value or not _encodable(value) for value in (name, *values)):
            raise Unreadable("body: expected texts without NUL and lone surrogates")
    return fields


def _charset(request: RawRequest) -> str:
    for parameter in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""


def _form(text: str) -> Fields:
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError:
        raise Unreadable("form: expected percent-encoded UTF-8") from None
    except ValueError:
        raise Unreadable(f"form: expected at most {_MOST_FIELDS} fields") from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        bare = name.removesuffix("[]")
        fields[bare] = (*fields.get(bare, ()), value)
    return fields


def _json(text: str) -> Fields:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("json: expected one JSON object") from None
    if not isinstance(found, dict):
        raise Unreadable("json: expected one JSON object")
    return {str(name).removesuffix("[]"): _texts(value) for name, value in found.items()}


def _texts(value: object) -> tuple[str, ...]:
    """A text, a whole number or a list of them; anything else is a field of something we do not read."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, int) and not isinstance(value, bool):
        return (str(value),) if abs(value) < 10**30 else ()
    if isinstance(value, list):
        return tuple(text for each in value if not isinstance(each, list) for text in _texts(each))
    return ()


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
