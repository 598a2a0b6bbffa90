from __future__ import annotations

from uuid import UUID

import pytest

from calls.model import Connection
from crm_connectors.settings import (
    read_base_url,
    read_count,
    read_flag,
    read_secrets,
    read_word,
    refuse_unknown,
    require_secrets,
)


def connect(**settings: object) -> Connection:
    return Connection(
        tenant_id=UUID(int=1), connection_id=UUID(int=2), type="t", name="n", settings=settings, secrets={}
    )


def with_secret(*values: str) -> Connection:
    return Connection(
        tenant_id=UUID(int=1), connection_id=UUID(int=2), type="t", name="n", secrets={"key": tuple(values)}
    )


@pytest.mark.parametrize("value", ["https://api.example", "https://api.example/", "http://127.0.0.1:8/a/"])
def test_a_base_address(value: str) -> None:
    assert read_base_url(connect(base_url=value), None) == value.rstrip("/")


@pytest.mark.parametrize(
    "value", ["http://api.example", "api.example", "https://a.example?x=1", "https://a.example#x", 7, None, ""]
)
def test_a_wrong_base_address(value: object) -> None:
    with pytest.raises(ValueError, match="base_url: wants"):
        read_base_url(connect(base_url=value), "https://default.example")


def test_a_default_base_address() -> None:
    assert read_base_url(connect(), "https://default.example") == "https://default.example"
    with pytest.raises(ValueError, match="base_url"):
        read_base_url(connect(), None)


def test_words_flags_and_counts() -> None:
    assert read_word(connect(a=" b "), "a") == "b"
    assert read_word(connect(), "a", default="c") == "c"
    assert read_flag(connect(a=True), "a", default=False) is True
    assert read_flag(connect(), "a", default=False) is False
    assert read_count(connect(a=3), "a") == 3


@pytest.mark.parametrize("value", [None, "", " ", 7])
def test_a_wrong_word(value: object) -> None:
    with pytest.raises(ValueError, match="a: wants"):
        read_word(connect(a=value), "a")


@pytest.mark.parametrize("value", [None, 0, -1, True, "3", 1.5])
def test_a_wrong_count(value: object) -> None:
    with pytest.raises(ValueError, match="a: wants"):
        read_count(connect(a=value), "a")


def test_a_wrong_flag() -> None:
    with pytest.raises(ValueError, match="a: wants true or false"):
        read_flag(connect(a="yes"), "a", default=False)


def test_secrets_are_read_and_never_shown() -> None:
    assert read_secrets(with_secret("new", "old"), "key") == ("new", "old")
    assert read_secrets(connect(), "key") == ()
    with pytest.raises(ValueError, match="key: wants a secret"):
        require_secrets(connect(), "key")
    for wrong in ("", " ", "line\nbreak", "blåbær"):
        with pytest.raises(ValueError, match="key: wants") as caught:
            read_secrets(with_secret(wrong), "key")
        assert not wrong.strip() or wrong not in str(caught.value)


def test_a_misspelt_name_is_refused() -> None:
    refuse_unknown(connect(a=1), settings=("a", "b"), secrets=())
    with pytest.raises(ValueError, match="aa: is no setting"):
        refuse_unknown(connect(aa=1), settings=("a", "b"), secrets=())
    with pytest.raises(ValueError, match="key: is no secret"):
        refuse_unknown(with_secret("s"), settings=(), secrets=("other",))
