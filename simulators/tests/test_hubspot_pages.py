"""The record pages: what people see, escaped, and how a page hears of a new call."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from simulators.hubspot.wording import say_duration, say_note, say_number, say_time

PAGE = "/contacts/1234567/record"
EVIL = '<img src=x onerror="alert(1)">'


async def log_call(hubspot: Any, **properties: Any) -> str:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}]
    body = {
        "properties": {"hs_timestamp": "2026-11-03T13:00:00Z", **properties},
        "associations": [{"to": {"id": "101"}, "types": types}],
    }
    answer = await hubspot.call("POST", "/crm/objects/2026-03/calls", body)
    assert answer.status == 201
    return str(answer.body["id"])


async def read_page(hubspot: Any, path: str) -> Any:
    hubspot.token = None  # people need no token
    answer = await hubspot.call("GET", PAGE + path)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer


async def test_a_contacts_page_shows_who_it_is(hubspot: Any) -> None:
    page = (await read_page(hubspot, "/0-1/101")).body
    for text in ("Nora Lie", "Innkjøpssjef", "22 33 44 55", "+47 912 34 567", "Kari Hansen", "Ingen aktivitet ennå"):
        assert text in page
    assert 'href="/simulators/hubspot/contacts/1234567/record/0-2/201"' in page
    assert "Simulator – ikke HubSpot" in page
    company = (await read_page(hubspot, "/0-2/201")).body
    assert "havnelageret.example" in company
    assert 'href="/simulators/hubspot/contacts/1234567/record/0-1/101"' in company


async def test_a_call_is_on_the_timeline_in_words(hubspot: Any) -> None:
    await log_call(
        hubspot,
        hs_call_title="Innkommende samtale",
        hs_call_body="<p>Kø: Salg</p>Besvart av Kari<br>etter 6 s",
        hs_call_direction="INBOUND",
        hs_call_status="COMPLETED",
        hs_call_duration=133000,
        hs_call_from_number="+4791234567",
        hubspot_owner_id="501",
    )
    page = (await read_page(hubspot, "/0-1/101")).body
    for text in (
        "Innkommende samtale",
        "Kø: Salg\nBesvart av Kari\netter 6 s",
        "✓ Besvart",
        "Innkommende",
        "Varighet 2 min 13 s",
        "Fra +47 912 34 567",
        "I dag kl. 14.00",
        "Loggført på Kari Hansen",
    ):
        assert text in page
    assert "Ingen aktivitet" not in page


async def test_everything_from_a_record_is_escaped(hubspot: Any) -> None:
    await log_call(
        hubspot, hs_call_title=EVIL, hs_call_body="<script>alert(2)</script>&lt;b&gt;", hs_call_to_number=EVIL
    )
    properties = {"firstname": EVIL, "jobtitle": EVIL, "phone": EVIL, "company": EVIL}
    await hubspot.call("PATCH", "/crm/objects/2026-03/contacts/101", {"properties": properties})
    answer = await read_page(hubspot, "/0-1/101")
    assert "<img" not in answer.body
    assert "alert(2)" not in answer.body
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in answer.body
    assert "&lt;b&gt;" in answer.body
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/0-1/999", "/0-48/1", "/0-9/101", "/../x"])
async def test_other_pages_do_not_exist(hubspot: Any, path: str) -> None:
    assert (await hubspot.call("GET", PAGE + path)).status == 404
    assert (await hubspot.call("GET", "/contacts/7654321/record/0-1/101")).status == 404


async def test_an_open_page_hears_of_a_new_call_and_of_its_changes(hubspot: Any, client: Any) -> None:
    async with client.get("/simulators/hubspot/contacts/1234567/stream") as stream:
        assert await stream.content.readuntil(b"\n\n") == b"event: state\ndata: {}\n\n"
        call_id = await log_call(hubspot, hs_call_title="Ny")
        heard = await stream.content.readuntil(b"\n\n")
        while b"0-1/101" not in heard:
            heard = await stream.content.readuntil(b"\n\n")
        assert json.loads(heard.split(b"data: ")[1]) == {"record": "0-1/101"}
        fragment = (await read_page(hubspot, "/0-1/101?fragment=1")).body
        assert f'data-id="{call_id}"' in fragment
        assert "<html" not in fragment
        hubspot.token = "pat-key"
        await hubspot.call(
            "PATCH", f"/crm/objects/2026-03/calls/{call_id}", {"properties": {"hs_call_title": "Endret"}}
        )
        while b"0-1/101" not in await stream.content.readuntil(b"\n\n"):
            pass
        assert "Endret" in (await read_page(hubspot, "/0-1/101?fragment=1")).body


async def test_pages_and_helpers_are_not_in_the_log(hubspot: Any, client: Any) -> None:
    await read_page(hubspot, "/0-1/101")
    await hubspot.call("GET", "/_records")
    async with client.get("/simulators/control/hubspot/requests") as response:
        assert await response.json() == []


def test_wordings() -> None:
    now = datetime(2026, 11, 3, 13, 5, tzinfo=UTC)
    assert say_time(datetime(2026, 11, 2, 23, 30, tzinfo=UTC), now) == "i dag kl. 00.30"
    assert say_time(datetime(2026, 11, 2, 22, 30, tzinfo=UTC), now) == "i går kl. 23.30"
    assert say_time(datetime(2026, 7, 1, 12, 0, tzinfo=UTC), now) == "1. juli 2026 kl. 14.00"
    assert [say_duration(text) for text in ("0", "59400", "60000", "3725000")] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "1 t 2 min 5 s",
    ]
    assert [say_number(text) for text in ("+4722334455", "02800", "+46701234567")] == [
        "+47 22 33 44 55",
        "02800",
        "+46 70 123 45 67",
    ]
    assert say_note("<div>a</div><style>b</style><p>c &amp; d") == "a\nc & d"
