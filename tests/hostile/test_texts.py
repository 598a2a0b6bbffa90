"""Texts that others write, from the operator and from the CRM, all the way to the card and the journal."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest

from simulators.teams.cards import check_card
from tests.hostile.product import Product, running_product, until
from tests.hostile.towns import FJORDVIK
from tests.support.servers import TestServer

HOSTILE = {
    "markdown": "**Fett** [klikk](https://evil.example) ![x](https://evil.example/x.png) `kode`",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)><at>Kari</at>",
    "right to left": "Nora \u202egnp.exe\u202c \u2067x\u2069 \u05e9\u05dc\u05d5\u05dd",
    "functions": "{{DATE(2026-03-02T08:00:00Z,SHORT)}} ${name} #{name} {0} %s",
    "an address": "https://evil.example/?q=1 www.evil.example kari@evil.example",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 20,
    "zalgo": "N" + "\u0301\u0302\u0303\u0304" * 200 + "ora",
    "lines": "Nora\nLie\r\n\u2028\u2029\u0085x",
    "long": "Nora " * 2_000,
    "invisible": "\u200b\u200e\ufeff\U000e0041\u00ad",
    "NUL": "No\0ra",
}
# What may never stand in a card of ours: nothing that turns lines round, hides, ends a line, or is carried out.
FORBIDDEN = re.compile(
    "[\0-\x1f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066\u2067\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
PHONES = {kind: f"2233{place:04d}" for place, kind in enumerate(HOSTILE, 5000)}


@pytest.fixture(scope="module")
async def staffed(server: TestServer) -> AsyncIterator[Product]:
    """A town whose CRM is full of them."""
    fields = ("firstname", "lastname", "jobtitle")
    contacts = tuple(
        {"id": str(900 + place), "phone": PHONES[kind], **dict.fromkeys(fields, text)}
        for place, (kind, text) in enumerate(HOSTILE.items())
    )
    async with running_product(server, contacts=contacts) as running:
        await running.install()
        yield running


async def play(product: Product, *, kind: str, **fields: Any) -> Mapping[str, Any]:
    """A call from ringing to its end; the card in the end."""
    before = len(await product.messages(FJORDVIK))
    given = {"userId": "w0", "callId": uuid.uuid4().hex, **fields}
    assert await product.tell(FJORDVIK, **given) == 200, kind
    await until_more(product, before)
    assert await product.tell(FJORDVIK, **{**given, "event": "answer", "user": given.get("user", "")}) == 200
    assert await product.tell(FJORDVIK, **{"cause": "normalClearing", **given, "event": "hangup"}) == 200
    await product.quiet()
    messages = await product.messages(FJORDVIK)
    assert len(messages) == before + 1
    return messages[-1]


async def until_more(product: Product, before: int) -> None:
    async def more() -> bool:
        return len(await product.messages(FJORDVIK)) > before

    await until(more)


def check_inert(message: Mapping[str, Any]) -> None:
    """Teams draws it, and nothing in it can be pressed, drawn or carried out but our own."""
    check_card(message["card"])
    assert len(json.dumps(message["card"], ensure_ascii=False).encode()) < 25_000
    for text in (*_texts(message["card"]), message["summary"]):
        assert not FORBIDDEN.search(text), repr(text)
        assert "DATE(2026-03-02" not in text or "{{DATE(2026" not in text
        assert len(text) < 600
    for node in _nodes(message["card"]):
        assert node.get("type") not in ("Image", "Media")
        assert "evil.example" not in str(node.get("url"))
        if node.get("type") == "TextBlock":
            unescaped = re.sub(r"\\.", "", node["text"])
            assert not re.search(r"[\\[<`*_]", unescaped), node["text"]


def _nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(value)


def _texts(card: Any) -> Iterator[str]:
    for node in _nodes(card):
        yield from (str(node[name]) for name in ("text", "title", "fallbackText", "speak", "altText") if name in node)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_record_in_the_crm_is_shown_as_text_and_journaled(staffed: Product, kind: str) -> None:
    message = await play(staffed, kind=kind, **{"from": f"47{PHONES[kind]}"})
    check_inert(message)
    entries = await staffed.asked(FJORDVIK, "hubspot")
    assert [entry["status"] for entry in entries if entry["path"].endswith("/calls/batch/upsert")][-1] == 200


async def test_what_no_database_keeps_is_dropped_from_a_crms_answer(staffed: Product) -> None:
    """JSON can say what UTF-8 cannot, and PostgreSQL will not."""
    names = {"firstname": "No\ud800ra", "lastname": "L\0ie\udfff", "jobtitle": "\ud800", "phone": "22334455"}
    answer = json.dumps({"total": 1, "results": [{"id": "101", "properties": names}]})
    fault = {"path": "contacts/search", "method": "POST", "times": 1, "status": 200, "body": answer}
    fault["headers"] = {"Content-Type": "application/json"}
    async with staffed.http.post(f"{staffed.twins[FJORDVIK]}/control/hubspot/faults", json=fault) as said:
        assert said.status < 300
    message = await play(staffed, kind="surrogates", **{"from": "4722334455"})
    check_inert(message)
    assert "Nora Lie" in json.dumps(message["card"], ensure_ascii=False)


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind != "NUL"])  # 400
@pytest.mark.parametrize("place", ["user", "queue", "from", "cause", "diversion", "answeringNumber", "callId"])
async def test_a_hostile_text_of_the_operator_comes_through_as_text_or_not_at_all(
    staffed: Product, kind: str, place: str
) -> None:
    """Whatever is wrong with a text, the phone still rings on the screen; only a call's id must be one."""
    text = HOSTILE[kind]
    if place == "callId" and (len(text.strip()) > 500 or not text.strip().isprintable()):
        assert await staffed.tell(FJORDVIK, callId=text) == 400
        return
    more = {"callId": f"{text} {uuid.uuid4().hex}"} if place == "callId" else {place: text}
    check_inert(await play(staffed, kind=kind, **more))


async def test_nothing_of_it_was_a_failure_of_ours(staffed: Product) -> None:
    """Runs last."""
    assert not [record.getMessage() for record in staffed.logged if record.levelname == "ERROR"]
    assert not await staffed.sql("SELECT parked FROM smartcall.popup WHERE parked IS NOT NULL")
    assert not await staffed.sql("SELECT parked FROM smartcall.journal WHERE parked IS NOT NULL")
