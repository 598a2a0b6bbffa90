from __future__ import annotations

from dataclasses import replace

import pytest

from calls.model import Connection
from operators.phonero import operator
from operators.phonero.settings import read_settings


def test_defaults(connection: Connection) -> None:
    settings = read_settings(replace(connection, settings={"customer_id": "4711"}))
    assert (settings.base_url, settings.events_url) == (
        "https://bedriftsnett-api.phonero.net",
        "wss://bedriftsnett-api.phonero.net/events",
    )
    assert (settings.region, settings.ping_seconds, settings.click_to_call) == ("NO", 60.0, False)
    assert "password" not in repr(settings).replace("passwords", "")


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"customer_id": ""}, "customer_id"),
        ({"customer_id": "47 11"}, "customer_id"),
        ({"customer_id": "47.*"}, "customer_id"),
        ({"regoin": "NO"}, "regoin"),
        ({"region": "Norge"}, "region"),
        ({"ping_seconds": 0}, "ping_seconds"),
        ({"ping_seconds": True}, "ping_seconds"),
        ({"ping_seconds": "60"}, "ping_seconds"),
        ({"ping_seconds": float("nan")}, "ping_seconds"),
        ({"click_to_call": "yes"}, "click_to_call"),
        ({"base_url": 7}, "base_url"),
        ({"base_url": "http://phonero.example"}, "base_url"),
        ({"base_url": "http://10.0.0.1"}, "base_url"),
        ({"base_url": "wss://phonero.example"}, "base_url"),
        ({"base_url": "https://user:pass@phonero.example"}, "base_url"),
        ({"base_url": "https://phonero.example?x=1"}, "base_url"),
        ({"base_url": "https://"}, "base_url"),
        ({"events_url": "https://phonero.example/events"}, "events_url"),
        ({"events_url": "ws://phonero.example/events"}, "events_url"),
        ({"events_url": "wss://phonero.example/events#x"}, "events_url"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, object], names: str, connection: Connection) -> None:
    with pytest.raises(ValueError, match=f"^{names}: "):
        operator.check_settings(replace(connection, settings={"customer_id": "4711", **settings}))


@pytest.mark.parametrize(
    "secrets",
    [
        {"username": ("x",)},
        {"password": ("x",)},
        {"username": ("",), "password": ("x",)},
        {"username": ("a\nb",), "password": ("x",)},
    ],
)
def test_secrets_that_are_refused(secrets: dict[str, tuple[str, ...]], connection: Connection) -> None:
    with pytest.raises(ValueError, match=r"^(username|password): wants a secret"):
        operator.check_settings(replace(connection, secrets=secrets))


def test_plain_addresses_are_for_this_machine(connection: Connection) -> None:
    settings = {"customer_id": "4711", "base_url": "http://127.0.0.1:4000/simulators/phonero/"}
    read = read_settings(replace(connection, settings=settings))
    assert read.base_url == "http://127.0.0.1:4000/simulators/phonero"
    assert read.events_url == "ws://127.0.0.1:4000/simulators/phonero/events"
