"""What is counted, for whoever runs the service (OpenTelemetry; docs/running.md says how to read it).

Attributes are words of ours alone: never a name, a number, an address or a text from outside.
"""

from __future__ import annotations

from opentelemetry import metrics

_meter = metrics.get_meter("smartcall")

events = _meter.create_counter("smartcall.events", description="Operators' events, by what became of them.")
refused = _meter.create_counter("smartcall.refused", description="Requests without proof, by door.")
cards = _meter.create_counter("smartcall.cards", description="Cards handed to Teams, by action and outcome.")
first_cards = _meter.create_histogram(
    "smartcall.first_card", unit="s", description="From the call's first event to Teams' answer for its first card."
)
sources = _meter.create_counter("smartcall.sources", description="Sources asked about a caller, by how they answered.")
placed = _meter.create_counter("smartcall.placed_calls", description="Calls asked of operators, by outcome.")
journal = _meter.create_counter("smartcall.journal", description="Journal entries, by outcome.")
