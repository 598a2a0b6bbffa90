"""A day of calls and attacks at the most talkative log level; then everything that was written down is read."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from calls import telemetry
from calls.store.schema import migrate
from tests.hostile.product import KEY, Product, listening, read_row, running_product
from tests.hostile.towns import CUSTOMER, FJORDVIK, KARI, LINES, LISTED, NABO, SECRETS, TOWNS
from tests.hostile.wire import exchange, request
from tests.support.servers import TestServer

TYPED = "min hemmelige melding"  # what somebody writes to the bot
QUEUE = "Hemmelig kø"
NUMBERS = (CUSTOMER, LISTED, *LINES.values(), "98765432")
NAMES = ("Nora", "Innkjøpssjef", "Jon Prøve", "Prøve", "Kari Hansen", "Hansen", "Ola Berg", "fjordvik.example")
JWT = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}")
# Spoken by the twins in this process, which stand for other people's computers.
_OTHERS = ("simulators", "aiohttp.server", "aiohttp.access")


def needles() -> dict[str, re.Pattern[str]]:
    """What may stand nowhere in clear."""
    found = {f"the number {number}": _spaced(number) for number in NUMBERS}
    found |= {f"the name {name}": re.compile(re.escape(name), re.IGNORECASE) for name in (*NAMES, TYPED, QUEUE)}
    found |= {f"the secret {name}": re.compile(re.escape(value)) for name, value in SECRETS.items()}
    found["the encryption key"] = re.compile(re.escape(KEY.hex()))
    found["a token"] = JWT
    return found


def _spaced(number: str) -> re.Pattern[str]:
    """However it is grouped."""
    return re.compile(r"(?<!\d)(?:47|0047)?\W{0,2}" + r"[ .\-]?".join(number) + r"(?!\d)")


def test_the_needles_find_what_they_should() -> None:
    text = "ring +47 22 33 44 55, 4722334455 og 900 00 001 fra nora lie"
    assert {what for what, needle in needles().items() if needle.search(text)} == {
        f"the number {CUSTOMER}",
        "the number 90000001",
        "the name Nora",
    }


@dataclass
class Day:
    """Everything that was written down."""

    product: Product
    answers: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    tables: Mapping[str, list[str]] = field(default_factory=dict)
    queued: list[str] = field(default_factory=list)  # rows of the queue while there was work in it
    spans: list[str] = field(default_factory=list)


class _Counted:
    """Stands in for an instrument of the metrics."""

    def __init__(self, name: str, told: list[str]) -> None:
        self._name, self._told = name, told

    def add(self, amount: float, attributes: Mapping[str, Any] | None = None) -> None:
        self._told.append(f"{self._name} {amount} {attributes}")

    record = add


@pytest.fixture(scope="module")
async def day(server: TestServer) -> AsyncIterator[Day]:
    with pytest.MonkeyPatch.context() as patch:
        metrics: list[str] = []
        for name, value in list(vars(telemetry).items()):
            if hasattr(value, "add") or hasattr(value, "record"):
                patch.setattr(telemetry, name, _Counted(name, metrics))
        exporter, tracing = InMemorySpanExporter(), TracerProvider()
        tracing.add_span_processor(SimpleSpanProcessor(exporter))
        patch.setattr(trace, "_TRACER_PROVIDER", tracing)  # OpenTelemetry lets itself be told once in a process
        async with running_product(server) as product:
            await product.install()
            with trace.get_tracer("test").start_as_current_span("the day begins"):
                pass
            day = Day(product=product, metrics=metrics)
            watching = asyncio.create_task(_watch_queue(day))
            await _calls(day)
            await _attacks(day)
            await _trouble(day)
            await product.quiet()
            watching.cancel()
            day.tables = await product.dump()
            day.spans = [span.to_json() for span in exporter.get_finished_spans()]
            yield day


async def _watch_queue(day: Day) -> None:
    while True:
        for table in ("queue.pgqueuer", "queue.pgqueuer_log"):
            day.queued += [read_row(row) for row in await day.product.sql(f"SELECT t.* FROM {table} t")]
        await asyncio.sleep(0.05)


async def _calls(day: Day) -> None:
    product = day.product
    for town in TOWNS:
        for caller in (f"47{CUSTOMER}", f"47{LISTED}", "4798765432", "anonymous", "+46812345678"):
            call: dict[str, str] = {"callId": uuid.uuid4().hex, "from": caller, "userId": "w0", "queue": QUEUE}
            call["user"] = "Kari Hansen"
            for more in ({}, {"event": "answer"}, {"event": "hangup", "cause": "normalClearing"}, {"event": "hangup"}):
                assert await product.tell(town, **{**call, **more}) == 200
    await product.quiet()
    popups = await product.sql("SELECT popup_id FROM smartcall.popup WHERE tenant_id = $1", FJORDVIK.tenant)
    for row in popups[:2]:
        for verb in ("search_again", "choose_match", "made_up"):
            action = {"type": "Action.Execute", "verb": verb, "data": {"popup_id": str(row["popup_id"]), "match": "x"}}
            activity = product.activity(who=KARI, type="invoke", name="adaptiveCard/action", value={"action": action})
            assert (await product.send(activity, await product.forge()))[0] == 200
    assert (await product.send(product.activity(who=KARI, text=TYPED), await product.forge()))[0] == 200


async def _attacks(day: Day) -> None:
    """What strangers send is full of what must not be repeated."""
    product, door = day.product, f"{day.product.address}/api/events/{FJORDVIK.operator}"
    full = f"{CUSTOMER} Nora Lie {FJORDVIK.url_token} {TYPED}"
    tries: list[tuple[str, str, dict[str, str], bytes]] = [
        ("POST", f"{door}/{NABO.url_token}", {"Content-Type": "application/json"}, full.encode()),
        ("POST", f"{door}/{FJORDVIK.url_token}", {"Content-Type": "application/json"}, full.encode()),
        ("POST", f"{door}/{FJORDVIK.url_token}", {"Content-Type": "text/plain"}, full.encode()),
        ("POST", f"{door}/{FJORDVIK.url_token}", {"Content-Type": "application/json"}, b"x" * 70_000),
        ("POST", f"{door}/{FJORDVIK.url_token}", {"Content-Type": "application/x-www-form-urlencoded"}, b"event=%ff"),
        ("GET", f"{door}/{FJORDVIK.url_token}", {}, b""),
        ("POST", f"{door}/{FJORDVIK.url_token}/more", {}, b""),
        ("POST", f"{door}?token={FJORDVIK.url_token}", {}, full.encode()),
        ("POST", f"{product.address}/api/messages", {"Content-Type": "application/json"}, full.encode()),
        ("PUT", f"{product.address}/api/messages", {"Authorization": f"Bearer {await product.forge()}"}, b""),
        ("GET", f"{product.address}/{FJORDVIK.url_token}", {}, b""),
        ("GET", f"{product.address}/readyz", {}, b""),
    ]
    for method, url, headers, body in tries:
        async with product.http.request(method, url, headers=headers, data=body) as answer:
            day.answers.append(f"{answer.status} {answer.headers} {await answer.text()}")
    for wishes in ({"exp_in": -400}, {"broken": True}, {"kid": "x"}, {"endorsed": False}):
        activity = product.activity(who=KARI, text=f"{TYPED} {full}")
        day.answers.append(str(await product.send(activity, await product.forge(**wishes))))
    secret = f"/api/events/{FJORDVIK.operator}/{FJORDVIK.url_token}".encode()
    for raw in (
        request(b"POST", secret + b"/\xff\xfe"),
        request(b"P\0ST", secret),
        request(b"POST", secret, [(b"a b", full.encode())]),
    ):
        await exchange(product.address, raw)  # the answer quotes what was sent, to whoever sent it


async def _trouble(day: Day) -> None:
    """The outside misbehaves, with the worst in its answers."""
    product = day.product
    text = json.dumps({"message": f"Nora Lie {CUSTOMER} {SECRETS['HOSTILE_HUBSPOT_KEY']}", "category": f"{CUSTOMER}"})
    for system, path in (("hubspot", ".*"), ("1881", ".*"), ("connector", ".*activities.*")):
        for status in (400, 403, 404, 429, 500, 502):
            fault = {"path": path, "times": 1, "status": status, "body": text, "headers": {"Retry-After": "0"}}
            async with product.http.post(f"{product.twins[FJORDVIK]}/control/{system}/faults", json=fault) as answer:
                assert answer.status < 300
    for _ in range(6):
        call = {"callId": uuid.uuid4().hex, "from": f"47{CUSTOMER}", "userId": "w0"}
        assert await product.tell(FJORDVIK, **call) == 200
        assert await product.tell(FJORDVIK, **call, event="hangup") == 200
        await asyncio.sleep(0.2)
    for system in ("hubspot", "1881", "connector"):
        async with product.http.delete(f"{product.twins[FJORDVIK]}/control/{system}/faults") as answer:
            assert answer.status < 300


def lines(records: list[logging.LogRecord]) -> list[str]:
    """Each record as the most talkative handler would write it, its arguments and its stack trace included."""
    writer = logging.Formatter("%(name)s %(levelname)s %(message)s")
    ours = [record for record in records if not record.name.startswith(_OTHERS)]
    return [f"{writer.format(record)} {record.args!r} {record.exc_text or ''}" for record in ours]


def found_in(texts: list[str]) -> set[tuple[str, str]]:
    hunted = needles()
    return {(what, text[:300]) for text in texts for what, needle in hunted.items() if needle.search(text)}


def test_the_day_was_one(day: Day) -> None:
    """Were nothing written down, nothing could be found in it."""
    names = {record.name for record in day.product.logged}
    assert {
        "bot.events_door",
        "bot.teams.inbound",
        "calls.callers.lookup",
        "msal.token_cache",
        "urllib3.connectionpool",
    } <= names
    assert len(day.tables["smartcall.event"]) > 30
    assert len(day.queued) > 5
    assert any(str(FJORDVIK.tenant) in row for row in day.queued), "what a job holds is read, too"
    assert len(day.metrics) > 20


def test_no_log_record_holds_it(day: Day) -> None:
    assert not found_in(lines(day.product.logged))


def test_no_table_holds_it(day: Day) -> None:
    """As the owner sees them, the queue's included; bytes are read as text too."""
    assert not found_in([f"{table} {row}" for table, rows in day.tables.items() for row in rows])
    assert not found_in(day.queued)


def test_no_metric_holds_it(day: Day) -> None:
    assert not found_in(day.metrics)


def test_no_span_holds_it(day: Day) -> None:
    """The product makes none so far; what a library makes is looked at like what we may make one day."""
    assert any("the day begins" in span for span in day.spans)
    assert not found_in(day.spans)


def test_no_answer_to_a_stranger_holds_it(day: Day) -> None:
    assert not found_in(day.answers)


def test_no_log_of_the_database_holds_it(day: Day, server: TestServer) -> None:
    """PostgreSQL writes down statements that fail; ours carry values as parameters."""
    log = (server.postgres.data_dir / "server.log").read_text(encoding="utf-8", errors="replace")
    assert not found_in(log.splitlines())


async def test_no_statement_of_a_migration_holds_it(server: TestServer) -> None:
    """Alembic and SQLAlchemy speak at this level too."""
    url = await server.create()
    try:
        with listening() as records:
            await migrate(url)
    finally:
        await server.drop(url)
    assert not found_in(lines(records))
