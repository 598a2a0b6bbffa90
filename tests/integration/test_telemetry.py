"""What is counted, and that counts tell nothing of anybody."""

from __future__ import annotations

import json

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from bot.problems import CannotGoOn
from bot.settings import read_settings
from bot.telemetry import start_telemetry
from calls import telemetry


def test_counts_reach_a_reader_by_name(monkeypatch: pytest.MonkeyPatch):
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("test")
    monkeypatch.setattr(telemetry, "cards", meter.create_counter("smartcall.cards"))
    telemetry.cards.add(1, {"action": "post", "outcome": "sent"})
    told = json.loads(reader.get_metrics_data().to_json())
    (metric,) = told["resource_metrics"][0]["scope_metrics"][0]["metrics"]
    assert (metric["name"], metric["data"]["data_points"][0]["value"]) == ("smartcall.cards", 1)


def test_azure_without_its_address_stops_the_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("APPLICATIONINSIGHTS_CONNECTION_STRING", raising=False)
    with pytest.raises(CannotGoOn, match="APPLICATIONINSIGHTS_CONNECTION_STRING"):
        start_telemetry(read_settings(telemetry="azure"))


def test_off_exports_nothing():
    assert start_telemetry(read_settings(telemetry="off")) is None
