"""``/crm/pipelines/2026-03/{type}``: the stages that deals and tickets go through.

https://developers.hubspot.com/docs/api-reference/latest/crm/pipelines/guide
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from simulators.hubspot.errors import ApiError, invalid, json_answer
from simulators.hubspot.gate import Call, Endpoint
from simulators.hubspot.kinds import find_kind
from simulators.hubspot.properties import show_time
from simulators.hubspot.stages import PIPELINES, Pipeline
from simulators.hubspot.store import LONG_AGO

_PATH = "/crm/pipelines/2026-03/{type}"
_READ = "crm.objects.{type}.read"


def list_pipelines(call: Call) -> web.Response:
    return json_answer({"results": [_show(call, _pipeline(call))]})


def read_pipeline(call: Call) -> web.Response:
    pipeline = _pipeline(call)
    if call.part("pipeline") != pipeline.id:
        raise ApiError(404, f"Could not find pipeline {call.part('pipeline')}", category="OBJECT_NOT_FOUND")
    return json_answer(_show(call, pipeline))


def _pipeline(call: Call) -> Pipeline:
    kind = find_kind(call.part("type"))
    if kind.name not in PIPELINES:
        raise invalid(f"{kind.singular.upper()} has no pipelines.")
    return PIPELINES[kind.name]


def _show(call: Call, pipeline: Pipeline) -> dict[str, Any]:
    labels = call.account.settings.stage_labels
    times = {"createdAt": show_time(LONG_AGO), "updatedAt": show_time(LONG_AGO), "archived": False}
    stages = [
        {
            "id": stage.id,
            "label": labels.get(stage.id, stage.label),
            "displayOrder": order,
            "metadata": stage.metadata,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            **times,
        }
        for order, stage in enumerate(pipeline.stages)
    ]
    return {"id": pipeline.id, "label": pipeline.label, "displayOrder": 0, "stages": stages, **times}


ENDPOINTS = (
    Endpoint(method="GET", path=_PATH, handle=list_pipelines, scope=_READ),
    Endpoint(method="GET", path=f"{_PATH}/{{pipeline}}", handle=read_pipeline, scope=_READ),
)
