from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_connectors.values import as_mapping, iterate_mappings, read_text, read_time, read_url

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Nora", "Nora"),
        ("  Nora \n Lie\t", "Nora Lie"),
        ("a\x00b\x07c", "abc"),
        ("evil\u202etxt", "eviltxt"),
        ("\ud800x", "x"),
        ("Ærlig Øst", "Ærlig Øst"),
        (501, "501"),
        ("", None),
        ("   ", None),
        (True, None),
        (None, None),
        ({"a": 1}, None),
        (1.5, None),
        ("x" * 10_000, "x" * 500),
    ],
)
def test_text(value: object, text: str | None) -> None:
    assert read_text(value) == text


@settings(deadline=None)
@given(json_values)
def test_any_value_is_read_without_an_error(value: object) -> None:
    text = read_text(value)
    assert text is None or (text.strip() == text != "" and text.encode() and "\n" not in text)
    read_time(value)
    url = read_url(value)
    assert url is None or url.startswith(("https://", "http://"))
    assert all(isinstance(item, dict) for item in iterate_mappings(value))
    assert isinstance(as_mapping(value), dict)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-02-01T09:30:00Z", datetime(2026, 2, 1, 9, 30, tzinfo=UTC)),
        ("2026-02-01T10:30:00+01:00", datetime(2026, 2, 1, 9, 30, tzinfo=UTC)),
        ("2026-02-01T09:30:00.123", datetime(2026, 2, 1, 9, 30, 0, 123_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_time(value: object, time: datetime | None) -> None:
    assert read_time(value) == time


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("https://app-eu1.hubspot.com/contacts/1/record/0-1/101", True),
        ("http://127.0.0.1:3978/contacts/1", True),
        ("http://localhost:1/x", True),
        ("http://app.hubspot.com/", False),
        ("https://user:word@app.hubspot.com/", False),
        ("javascript:alert(1)", False),
        ("//app.hubspot.com/", False),
        ("https://", False),
        ("https://[", False),
        ("ftp://127.0.0.1/", False),
    ],
)
def test_url(value: str, safe: bool) -> None:
    assert read_url(value) == (value if safe else None)
