"""Where the counts go: nowhere, to standard error, or to Azure Monitor."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from bot.problems import CannotGoOn
from bot.settings import Settings

_AZURE = "azure.monitor.opentelemetry.exporter"
_CONNECTION = "APPLICATIONINSIGHTS_CONNECTION_STRING"


def start_telemetry(settings: Settings) -> MeterProvider | None:
    """Begin to export, as the settings say; shut the provider down at the end, so that the last counts leave too."""
    if settings.telemetry == "off":
        return None
    exporter = ConsoleMetricExporter(out=sys.stderr) if settings.telemetry == "console" else _azure()
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=60_000)
    provider = MeterProvider([reader], resource=Resource.create({"service.name": "smartcall"}))
    metrics.set_meter_provider(provider)
    return provider


def _azure() -> MetricExporter:
    if not os.environ.get(_CONNECTION):
        raise CannotGoOn(f"SMARTCALL_TELEMETRY is azure, which wants {_CONNECTION}; the Azure portal shows it")
    try:
        module = import_module(_AZURE)
    except ModuleNotFoundError:
        raise CannotGoOn("SMARTCALL_TELEMETRY is azure, which wants the extra: pip install smartcall[azure]") from None
    exporter: MetricExporter = module.AzureMonitorMetricExporter()
    return exporter
