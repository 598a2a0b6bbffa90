"""The operators' door: whoever proves nothing changes nothing, and what a real operator passes on stays text."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot import acquaintances, events_door
from tests.hostile.product import Product, until
from tests.hostile.towns import FJORDVIK, NABO, Town
from tests.hostile.wire import exchange

RING = {"event": "newCall", "from": "4722334455", "to": "4790000001", "direction": "in"}
_IGNORED = ("queue.pgqueuer_log", "queue.pgqueuer", "smartcall.rate", "smartcall.seen_activity")


def signed(
    body: bytes, secret: str, *, at: float | None = None, delivery: str | None = None, **changes: str
) -> dict[str, str]:
    """Headers after Standard Webhooks, made as the specification says and not as we check them."""
    delivery, stamp = delivery or uuid.uuid4().hex, str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{delivery}.{stamp}.".encode() + body, hashlib.sha256).digest()
    made = {
        "Content-Type": "application/x-www-form-urlencoded",
        "webhook-id": delivery,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    return {name: changes.get(name.replace("-", "_"), value) for name, value in made.items()}


async def post(product: Product, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    async with product.http.post(f"{product.address}/api/events/{path}", data=body, headers=headers) as answer:
        return answer.status, await answer.text()


def body_of(call: str, **fields: str) -> bytes:
    return urlencode({**RING, "callId": call, **fields}).encode()


def attempts() -> dict[str, tuple[str, bytes, dict[str, str]]]:
    """Every way to be wrong: (path, body, headers)."""
    body = body_of("never")
    own, other = FJORDVIK.signing_secret, NABO.signing_secret
    door, form = str(FJORDVIK.operator), {"Content-Type": "application/x-www-form-urlencoded"}
    good = signed(body, own)
    late = body_of("never", to="4790000002")
    unsigned_part = {**good, "webhook-id": "another"}
    return {
        "no proof": (door, body, form),
        "another tenant's secret": (door, body, signed(body, other)),
        "stale": (door, body, signed(body, own, at=time.time() - 301)),
        "from the future": (door, body, signed(body, own, at=time.time() + 301)),
        "another body": (door, late, good),
        "another delivery id": (door, body, unsigned_part),
        "another time": (door, body, {**good, "webhook-timestamp": str(int(time.time()) - 1)}),
        "no time": (door, body, signed(body, own, webhook_timestamp="")),
        "a time that is no number": (door, body, signed(body, own, webhook_timestamp="NaN")),
        "a time beyond numbers": (door, body, signed(body, own, webhook_timestamp="9" * 400)),
        "an asymmetric version": (
            door,
            body,
            {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v1a,")},
        ),
        "an empty signature": (door, body, signed(body, own, webhook_signature="v1,")),
        "a thousand signatures": (door, body, {**good, "webhook-signature": "v1,AAAA " * 800}),
        "the secret itself": (door, body, signed(body, own, webhook_signature=f"v1,{own}")),
        "the token in the query": (f"{door}?token={FJORDVIK.url_token}", body, form),
        "the token as a bearer": (door, body, {**form, "Authorization": f"Bearer {FJORDVIK.url_token}"}),
        "another tenant's token": (f"{door}/{NABO.url_token}", body, form),
        "half a token": (f"{door}/{FJORDVIK.url_token[:-1]}", body, form),
        "a token and more": (f"{door}/{FJORDVIK.url_token}x", body, form),
        "a token in another case": (f"{door}/{FJORDVIK.url_token.upper()}", body, form),
        "a token with NUL": (f"{door}/{FJORDVIK.url_token}%00", body, form),
        "a signature where a token belongs": (f"{door}/x", body, good),
        "our token at another's door": (f"{NABO.operator}/{FJORDVIK.url_token}", body, form),
        "no such connection": (f"{uuid.uuid4()}/{FJORDVIK.url_token}", body, form),
        "no connection at all": (f"1/{FJORDVIK.url_token}", body, form),
        "a connector's id": (f"{uuid.uuid5(FJORDVIK.tenant, 'connector HubSpot')}/{FJORDVIK.url_token}", body, form),
        "SQL for an id": (f"'%20OR%201=1--/{FJORDVIK.url_token}", body, form),
        "unicode digits": (f"{'１' * 32}/{FJORDVIK.url_token}", body, form),
    }


@pytest.mark.parametrize("wrong", list(attempts()))
async def test_without_proof_it_is_401_and_nothing_changes(staffed: Product, wrong: str) -> None:
    before = await staffed.dump(without=_IGNORED)
    path, body, headers = attempts()[wrong]
    status, said = await post(staffed, path, body, headers)
    assert (status, said) == (401, "the sender could not prove who it is")
    assert await staffed.dump(without=_IGNORED) == before


async def test_a_replay_is_taken_once(staffed: Product) -> None:
    body = body_of("replayed")
    headers = signed(body, FJORDVIK.signing_secret)
    for _ in range(3):
        assert (await post(staffed, str(FJORDVIK.operator), body, headers))[0] == 200
    found = await staffed.sql("SELECT count(*) AS n FROM smartcall.delivery WHERE tenant_id = $1", FJORDVIK.tenant)
    assert found[0]["n"] == 1


async def test_a_delivery_of_one_is_no_replay_of_the_others(staffed: Product) -> None:
    for town in (FJORDVIK, NABO):
        body = body_of("same delivery")
        headers = signed(body, town.signing_secret, delivery="the-same-everywhere")
        assert (await post(staffed, str(town.operator), body, headers))[0] == 200
    await staffed.quiet()
    assert len(await calls_of(staffed, FJORDVIK)) == len(await calls_of(staffed, NABO)) + 1  # the one replayed above


async def calls_of(product: Product, town: Town) -> list[Any]:
    return await product.sql("SELECT * FROM smartcall.call WHERE tenant_id = $1", town.tenant)


async def test_a_number_that_is_not_ours_is_acknowledged_and_not_kept(staffed: Product) -> None:
    before, since = await staffed.dump(without=_IGNORED), len(staffed.logged)
    for number in ("4790000099", "4722222222", "112", "anonymous"):
        assert await staffed.tell(FJORDVIK, to=number, callId=f"not ours {number}") == 200
    assert await staffed.dump(without=_IGNORED) == before
    said = [record.getMessage() for record in staffed.logged[since:] if record.name == "bot.events_door"]
    assert len([line for line in said if "no_line_of_this_tenant" in line]) == 4


async def test_a_door_that_is_switched_off_is_no_door(staffed: Product) -> None:
    change = "UPDATE smartcall.connection SET enabled = $2 WHERE connection_id = $1"
    await staffed.sql(change, NABO.operator, False)
    try:
        assert await staffed.tell(NABO) == 401
    finally:
        await staffed.sql(change, NABO.operator, True)
    assert await staffed.tell(NABO, callId="open again") == 200


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff"])
async def test_what_no_database_keeps_is_400(staffed: Product, text: str) -> None:
    body = json.dumps({**RING, "callId": "odd", "user": [text]}).encode()
    path = f"{FJORDVIK.operator}/{FJORDVIK.url_token}"
    assert (await post(staffed, path, body, {"Content-Type": "application/json"}))[0] == 400


async def test_a_flood_of_strangers_keeps_no_operator_waiting(
    staffed: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy minute, all at once, in the middle of a crowd that knocks with made-up ids and wrong tokens: no event is
    refused, and the strangers have the room of one connection in the database."""
    asking: list[uuid.UUID] = []
    most = 0
    find = acquaintances.find_connection

    async def watched(database: Any, connection_id: uuid.UUID) -> Any:
        nonlocal most
        asking.append(connection_id)
        most = max(most, sum(each not in (FJORDVIK.operator, NABO.operator) for each in asking))
        try:
            return await find(database, connection_id)
        finally:
            asking.remove(connection_id)

    for town in (FJORDVIK, NABO):
        assert await staffed.tell(town, callId="known from now on") == 200
    monkeypatch.setattr(acquaintances, "find_connection", watched)
    strangers = [
        post(staffed, f"{uuid.uuid4() if number % 2 else FJORDVIK.operator}/made-up", body_of(f"flood {number}"), {})
        for number in range(400)
    ]
    kinds = ("newCall", "answer", "hangup")
    honest = [
        staffed.tell(town, callId=f"busy {number}", event=kind, to="4790000001" if number < 3 else "4790000099")
        for number in range(25)
        for kind in kinds
        for town in (FJORDVIK, NABO)
    ]
    refused, taken = await asyncio.gather(_all(strangers), _all(honest))
    assert {status for status, _ in refused} == {401}
    assert taken == [200] * 150
    assert 0 < most <= acquaintances.ROOM
    await staffed.quiet()


async def test_who_knows_an_operators_id_keeps_it_not_waiting(
    staffed: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong tokens have us look at the connection anew, one behind the other; who has the right one needs no look."""
    assert await staffed.tell(FJORDVIK, callId="known from now on") == 200
    looked, over = asyncio.Event(), asyncio.Event()

    async def stuck(*_: Any) -> None:
        looked.set()
        await over.wait()

    monkeypatch.setattr(acquaintances, "find_connection", stuck)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        door = staffed.door(FJORDVIK, token="made-up")
        strangers = [asyncio.create_task(_status(http, door, f"guess {number}")) for number in range(100)]
        await looked.wait()
        assert await staffed.tell(FJORDVIK, callId="known from now on", event="hangup") == 200
        over.set()
        assert set(await asyncio.gather(*strangers)) == {401}


async def test_one_tenants_flood_is_stored_a_few_at_a_time_and_keeps_no_other_waiting(
    staffed: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All with the right token, while the database is slow: the others have their part of it, and of the sockets."""
    take_in, over = events_door.take_in, asyncio.Event()
    inside = most = 0

    async def slow(database: Any, bell: Any, connection: Any, *rest: Any) -> Any:
        nonlocal inside, most
        if connection.tenant_id != FJORDVIK.tenant:
            return await take_in(database, bell, connection, *rest)
        inside += 1
        most = max(most, inside)
        await over.wait()
        inside -= 1
        return await take_in(database, bell, connection, *rest)

    monkeypatch.setattr(events_door, "take_in", slow)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        door, stored = staffed.door(FJORDVIK), events_door.ROOM + events_door.LINE
        flood = [asyncio.create_task(_status(http, door, f"flood {number}")) for number in range(stored + 100)]

        async def rest_is_put_off() -> bool:
            return sum(each.done() for each in flood) == 100

        await until(rest_is_put_off)
        assert await staffed.tell(NABO, callId="in the middle of it") == 200
        over.set()
        answers = await asyncio.gather(*flood)
    assert most == events_door.ROOM
    assert (answers.count(200), answers.count(503)) == (stored, 100)
    await staffed.quiet()


async def _status(http: aiohttp.ClientSession, door: str, call: str) -> int:
    """Of an event about nobody's telephone."""
    body = {"event": "newCall", "callId": call, "from": "4722334455", "to": "4790000099", "direction": "in"}
    async with http.post(door, data=body) as answer:
        assert (answer.status == 503) == ("Retry-After" in answer.headers)
        return answer.status


async def _all(tried: list[Any]) -> list[Any]:
    return list(await asyncio.gather(*tried))


async def test_a_body_is_not_read_for_who_names_nobody(staffed: Product) -> None:
    """Refused by the address alone: nothing of the body was sent."""
    for path in (f"{uuid.uuid4()}/x", "no-id/x", "%00", f"{uuid.uuid4()}"):
        head = f"POST /api/events/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
        assert (await exchange(staffed.address, head.encode())).status == 401


async def test_nothing_of_it_was_a_failure_of_ours(staffed: Product) -> None:
    """Runs last."""
    assert not [record.getMessage() for record in staffed.logged if record.levelname == "ERROR"]
