"""Anything at all, at every door there is: an answer, a refusal, never a failure and never a word too much."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import bodies, health
from tests.hostile import made_up
from tests.hostile.product import Product
from tests.hostile.test_leaks import found_in, lines
from tests.hostile.towns import FJORDVIK, KARI, SECRETS
from tests.hostile.wire import Answer, exchange, request

ANYHOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
FEW = settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=ANYHOW)
MORE = settings(FEW, max_examples=120)
TOO_MUCH = re.compile(r'Traceback|File "|\.py\b|asyncpg|postgres|site-packages', re.IGNORECASE)


@pytest.fixture(autouse=True, scope="module")
def _short_patience() -> Iterator[None]:
    """Bodies that never end are waited for less long than in production."""
    before, bodies.BODY_SECONDS = bodies.BODY_SECONDS, 0.1
    yield
    bodies.BODY_SECONDS = before


def check(answer: Answer) -> None:
    assert answer.status < 500 or answer.status == 501, answer.text  # 501: an invoke of Teams that we do not take
    assert not TOO_MUCH.search(answer.text), answer.text
    assert not [secret for secret in SECRETS.values() if secret in answer.text]


def test_the_doors_are_found(product: Product) -> None:
    """Were they not, every test below would pass."""
    assert {path for _, path in product.routes} >= {"/api/messages", "/api/events/{connection}", "/healthz"}


@FEW
@given(data=st.data())
async def test_anything_at_every_route(product: Product, data: st.DataObject) -> None:
    for method, path in product.routes:
        asked = data.draw(st.one_of(st.just(method.encode().replace(b"*", b"POST")), made_up.methods))
        target = re.sub(rb"\{\w+\}", lambda _: data.draw(made_up.path_parts), path.encode())
        kind, body = data.draw(made_up.bodies)
        headers = [(b"Content-Type", kind), *data.draw(made_up.headers)]
        check(await exchange(product.address, request(asked, target, headers, body)))


@MORE
@given(body=made_up.bodies, headers=made_up.headers)
async def test_anything_from_an_operator_with_the_right_token(
    product: Product, body: tuple[bytes, bytes], headers: list[tuple[bytes, bytes]]
) -> None:
    target = f"/api/events/{FJORDVIK.operator}/{FJORDVIK.url_token}".encode()
    for more in (headers, []):
        answer = await exchange(product.address, request(b"POST", target, [(b"Content-Type", body[0]), *more], body[1]))
        assert answer.status < 500, answer.text
        assert not TOO_MUCH.search(answer.text), answer.text


@MORE
@given(data=st.data())
async def test_anything_from_teams_with_the_right_token(product: Product, data: st.DataObject) -> None:
    """Teams passes on what clients send: only the token is beyond doubt."""
    kind = data.draw(st.sampled_from(["message", "invoke", "installationUpdate", "conversationUpdate", "typing"]))
    more: dict[str, Any] = {
        "name": "adaptiveCard/action",
        "value": {"action": {"type": "Action.Execute", "verb": "search_again"}},
    }
    activity = product.activity(who=KARI, type=kind, **(more if kind == "invoke" else {}))
    body = made_up.dump(data.draw(made_up.changes).apply(activity))
    token = await product.forge()
    headers = [(b"Content-Type", made_up.JSON), (b"Authorization", b"Bearer " + token.encode())]
    check(await exchange(product.address, request(b"POST", b"/api/messages", headers, body)))


@MORE
@given(header=made_up.texts, claims=made_up.values, signature=st.binary(max_size=300))
async def test_anything_in_place_of_a_token(product: Product, header: str, claims: object, signature: bytes) -> None:
    parts = (made_up.dump({"alg": "RS256", "kid": header}), made_up.dump(claims), signature)
    token = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)[:8000]
    headers = [(b"Content-Type", made_up.JSON), (b"Authorization", b"Bearer " + token)]
    body = made_up.dump(product.activity())
    answer = await exchange(product.address, request(b"POST", b"/api/messages", headers, body))
    assert answer.status == 401, answer.text


async def test_a_crowd_that_asks_how_we_are_asks_the_database_once(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody proves anything to ask it; the database's few connections are for calls."""
    looks = 0
    look = health.is_current

    async def counted(connection: Any) -> bool:
        nonlocal looks
        looks += 1
        return await look(connection)

    monkeypatch.setattr(health, "is_current", counted)
    monkeypatch.setattr(health, "REMEMBERED", 60.0)
    monkeypatch.setattr(product.service._health, "_asked_at", None)

    async def ask() -> int:
        async with product.http.get(f"{product.address}/readyz") as answer:
            return answer.status

    crowd = asyncio.gather(*(ask() for _ in range(300)))
    assert await product.tell(FJORDVIK, callId=uuid.uuid4().hex) == 200
    assert set(await crowd) == {200}
    assert looks == 1


async def test_nothing_of_it_was_a_failure_of_ours(product: Product) -> None:
    """Runs last: what was caught on the way out is in the log. Nothing of what was sent is, nor in a table."""
    failed = [record.getMessage() for record in product.logged if record.levelno >= logging.ERROR]
    assert not failed
    assert not found_in(lines(product.logged))
    assert not found_in([f"{table} {row}" for table, rows in (await product.dump()).items() for row in rows])
    async with product.http.get(f"{product.address}/readyz") as answer:
        assert answer.status == 200
    assert await product.tell(FJORDVIK, callId=uuid.uuid4().hex) == 200
