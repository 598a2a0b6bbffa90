"""The pipelines that every account has, and which of their stages are the end.

``default`` for deals and ``0`` for tickets, with these stages. A deal's stage says ``isClosed`` and ``probability``, a
ticket's ``isClosed`` and ``ticketState``; all of them are texts
(https://developers.hubspot.com/docs/api-reference/latest/crm/pipelines/guide).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    id: str
    label: str
    metadata: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    id: str
    label: str
    stages: tuple[Stage, ...]


def _deal(stage_id: str, label: str, probability: str) -> Stage:
    closed = "true" if probability in ("0.0", "1.0") else "false"
    return Stage(id=stage_id, label=label, metadata={"isClosed": closed, "probability": probability})


def _ticket(stage_id: str, label: str, state: str = "OPEN") -> Stage:
    closed = "true" if state == "CLOSED" else "false"
    return Stage(id=stage_id, label=label, metadata={"isClosed": closed, "ticketState": state})


PIPELINES: dict[str, Pipeline] = {
    "deals": Pipeline(
        id="default",
        label="Sales Pipeline",
        stages=(
            _deal("appointmentscheduled", "Appointment Scheduled", "0.2"),
            _deal("qualifiedtobuy", "Qualified To Buy", "0.4"),
            _deal("presentationscheduled", "Presentation Scheduled", "0.6"),
            _deal("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
            _deal("contractsent", "Contract Sent", "0.9"),
            _deal("closedwon", "Closed Won", "1.0"),
            _deal("closedlost", "Closed Lost", "0.0"),
        ),
    ),
    "tickets": Pipeline(
        id="0",
        label="Support Pipeline",
        stages=(
            _ticket("1", "New"),
            _ticket("2", "Waiting on contact"),
            _ticket("3", "Waiting on us"),
            _ticket("4", "Closed", "CLOSED"),
        ),
    ),
}


def find_stage(kind: str, stage_id: str) -> Stage | None:
    return next((stage for stage in PIPELINES[kind].stages if stage.id == stage_id), None)
