"""HubSpot's twin: the stages of deals and tickets, and what is under way in the world."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.hubspot.account import ACCOUNT


@pytest.fixture
def world(world: dict[str, Any]) -> dict[str, Any]:
    world["hubspot"] |= {
        "stage_labels": {"contractsent": "Tilbud sendt"},
        "deals": [{"id": "301", "name": "Reoler", "stage": "contractsent", "contacts": ["101"], "companies": ["201"]}],
        "tickets": [{"id": "401", "subject": "Feil levert", "stage": "3", "contacts": ["101"], "days_ago": 2}],
        "calls": [{"id": "601", "contact": "101", "owner": "502", "days_ago": 6}],
    }
    return world


async def test_every_stage_says_whether_it_is_the_end(hubspot: Any) -> None:
    (deals,) = (await hubspot.call("GET", "/crm/pipelines/2026-03/deals")).body["results"]
    assert deals["id"] == "default"
    closed = [stage["id"] for stage in deals["stages"] if stage["metadata"]["isClosed"] == "true"]
    assert closed == ["closedwon", "closedlost"]
    assert {"id": "contractsent", "label": "Tilbud sendt"}.items() <= deals["stages"][4].items()
    tickets = (await hubspot.call("GET", "/crm/pipelines/2026-03/0-5/0")).body
    assert [stage["metadata"]["ticketState"] for stage in tickets["stages"]] == ["OPEN", "OPEN", "OPEN", "CLOSED"]


async def test_what_has_no_pipeline_has_none(hubspot: Any) -> None:
    assert (await hubspot.call("GET", "/crm/pipelines/2026-03/contacts")).status == 400
    assert (await hubspot.call("GET", "/crm/pipelines/2026-03/deals/7")).status == 404
    assert (await hubspot.call("POST", "/crm/pipelines/2026-03/deals", {})).status == 405


async def test_deals_and_tickets_are_associated_and_read_in_batches(hubspot: Any) -> None:
    listed = await hubspot.call("GET", "/crm/objects/2026-03/contacts/101/associations/deals")
    assert [row["toObjectId"] for row in listed.body["results"]] == ["301"]
    body = {"inputs": [{"id": "301"}], "properties": ["dealname", "dealstage", "amount"]}
    (deal,) = (await hubspot.call("POST", "/crm/objects/2026-03/deals/batch/read", body)).body["results"]
    assert deal["properties"]["dealname"] == "Reoler"
    assert deal["properties"]["amount"] is None
    assert deal["url"].endswith("/record/0-3/301")


async def test_a_call_from_before_is_the_last_contact(hubspot: Any) -> None:
    path = "/crm/objects/2026-03/contacts/101?properties=notes_last_contacted"
    noted = (await hubspot.call("GET", path)).body["properties"]["notes_last_contacted"]
    assert noted is not None
    call = await hubspot.call("GET", "/crm/objects/2026-03/calls/601?properties=hs_timestamp")
    assert call.body["properties"]["hs_timestamp"] == noted


@pytest.mark.parametrize(
    ("granted", "path", "missing"),
    [
        ("tickets", "/crm/pipelines/2026-03/deals", ["crm.objects.deals.read"]),
        ("crm.objects.deals.read", "/crm/pipelines/2026-03/tickets", ["tickets"]),
        ("crm.objects.contacts.read", "/crm/objects/2026-03/contacts/101/associations/tickets", ["tickets"]),
    ],
)
async def test_what_was_not_granted_is_403(
    hubspot: Any, client: Any, granted: str, path: str, missing: list[str]
) -> None:
    account = client.app[ACCOUNT]
    account.settings = account.settings.model_copy(update={"scopes": (granted,)})
    answer = await hubspot.call("GET", path)
    assert (answer.status, answer.body["category"]) == (403, "MISSING_SCOPES")
    assert answer.body["errors"][0]["context"]["requiredGranularScopes"] == missing


@pytest.mark.parametrize("kind", ["contacts", "companies", "calls"])
async def test_hubspots_own_properties_are_in_a_group(hubspot: Any, kind: str) -> None:
    listed = (await hubspot.call("GET", f"/crm/properties/2026-03/{kind}")).body["results"]
    groups = {definition["groupName"] for definition in listed}
    assert len(groups) == 1
    assert all(groups)
