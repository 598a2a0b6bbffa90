"""The operator's door: both formats, both proofs, and everything that must not come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.live.play import Play, signed
from tests.support.live.stack import OPERATOR, Stack

pytestmark = pytest.mark.processes

NEIGHBOUR = "44c1d2e3-f405-4a67-8b89-9cadbecfd0e1"
NEIGHBOUR_TENANT = "5e1d2c3b-0a98-4b76-8c54-3d2e1f0a9b88"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ringing(**more: Any) -> dict[str, Any]:
    return {"event": "newCall", "callId": uuid4().hex, "from": "anonymous", "to": "4790000001", **more}


@pytest.mark.parametrize("shape", ["form", "json"])
@pytest.mark.parametrize("proof", ["url_token", "url_token_before", "signing_secret", "signing_secret_before"])
async def test_a_call_comes_in_whole(play: Play, shape: str, proof: str) -> None:
    """The exchange's own deliveries, sipgate's form with its XML subscription and Zammad's JSON; two secrets each."""
    secret = getattr(play.stack.keys, proof)
    await play.target(shape=shape, **({"token": secret} if "token" in proof else {"secret": secret}))
    await play.ring(to="90000002")
    await play.see(who="Ola", state="Ringer")
    await play.answer()
    await play.see(who="Ola", state="Besvart av deg")
    await play.hang_up()
    await play.see(who="Ola", state="Samtale avsluttet")
    await play.quiet()
    (card,) = await play.cards("Ola")
    assert (card.state, card.name) == ("Samtale avsluttet · <varighet>", "Skjult nummer")
    assert [toast.text for toast in await play.toasts("Ola")] == ["Skjult nummer ringer"]


async def test_a_queue_whose_members_are_named_by_number(play: Play) -> None:
    ref = {"callId": uuid4().hex, "from": "4722334455", "to": "4722000020", "direction": "in", "queue": "Support"}
    members = ["4790000002", "4790000003"]
    assert (await play.deliver({"event": "newCall", "user": members, **ref}, shape="json"))[0] == 200
    await play.see(who="Ola", state="Ringer")
    await play.see(who="Amina", state="Ringer")
    answer = {"event": "answer", "user": members, "answeringNumber": "4790000003", **ref}
    assert (await play.deliver(answer, shape="json"))[0] == 200
    await play.see(who="Ola", state="Besvart av Amina Ali")
    await play.see(who="Amina", state="Besvart av deg")
    assert (await play.deliver({"event": "hangup", "cause": "normalClearing", **ref}, shape="json"))[0] == 200
    await play.quiet()
    assert [card.state for card in await play.cards("Amina")] == ["Samtale avsluttet · <varighet> · kø Support"]
    assert len(await play.journal()) == 1


async def test_a_form_is_answered_with_the_subscription(play: Play) -> None:
    call = ringing()
    status, text = await play.deliver(call)
    address = f"{play.stack.address}/api/events/{OPERATOR}/{play.stack.keys.url_token}"
    assert (status, f'onAnswer="{address}"' in text, f'onHangup="{address}"' in text) == (200, True, True)
    assert await play.deliver({**call, "event": "hangup", "cause": "cancel"}) == (200, "")
    assert await play.deliver(ringing(to="4790000002"), shape="json") == (200, "{}")
    await play.quiet()


async def test_proofs_that_fail(play: Play) -> None:
    now, keys = datetime.now(UTC), play.stack.keys
    other_secret = signed("whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY=")
    stale, early = (signed(keys.signing_secret, at=now + timedelta(minutes=late)) for late in (-6, 6))
    tampered = signed(keys.signing_secret)("another body")
    answers = {
        "wrong token": await play.deliver(ringing(), token="x" * 32),
        "the neighbour's token": await play.deliver(ringing(), token=keys.neighbour_url_token),
        "our token at the neighbour's": await play.deliver(ringing(), connection=NEIGHBOUR),
        "no such connection": await play.deliver(ringing(), connection=str(uuid4())),
        "no connection at all": await play.deliver(ringing(), connection="nothing"),
        "wrong secret": await play.deliver(ringing(), sign=other_secret),
        "six minutes old": await play.deliver(ringing(), sign=stale),
        "six minutes early": await play.deliver(ringing(), sign=early),
        "another body": await play.deliver(ringing(), sign=lambda _: tampered),
        "no signature": await play.deliver(ringing(), sign=lambda _: {}),
        "signed, where no secret is configured": await play.deliver(
            ringing(), connection=NEIGHBOUR, sign=signed(keys.signing_secret)
        ),
    }
    assert {reason: status for reason, (status, _) in answers.items() if status != 401} == {}
    assert len({text for _, text in answers.values()}) == 1  # nothing tells the reasons apart
    await play.quiet()
    assert await play.messages("Kari") == []


async def test_a_replayed_delivery_changes_nothing(play: Play) -> None:
    """The same delivery id, once with the same body and once with another: taken, counted, and without effect."""
    call, sign = ringing(), signed(play.stack.keys.signing_secret, delivery=f"msg_{uuid4().hex}")
    assert (await play.deliver(call, sign=sign))[0] == 200
    await play.see(who="Kari", state="Ringer")
    await play.quiet()
    assert (await play.deliver(call, sign=sign))[0] == 200
    assert (await play.deliver({**call, "event": "hangup", "cause": "cancel"}, sign=sign))[0] == 200
    await play.quiet()
    assert [card.state for card in await play.cards("Kari")] == ["Ringer"]
    assert (await play.deliver({**call, "event": "hangup", "cause": "cancel"}))[0] == 200
    await play.see(who="Kari", state="Tapt anrop")


async def test_another_tenants_number_is_nobody_here(play: Play) -> None:
    """Nor is anybody asked who the caller is, though the operator goes on to tell how the call went."""
    for called in ({"to": "4790000009"}, {"to": "4790000009", "userId": ["n0"]}, {"userId": ["n0"]}):
        call = {**ringing(), "from": "4790011223", "to": "4722009999", **called}
        assert (await play.deliver(call))[0] == 200
        assert (await play.deliver({**call, "event": "answer"}))[0] == 200
        assert (await play.deliver({**call, "event": "hangup", "cause": "normalClearing"}))[0] == 200
    await play.quiet()
    assert await play.requests("hubspot") == await play.requests("1881") == await play.requests("connector") == []
    rows = await play.stack.sql(
        "SELECT 1 FROM smartcall.call WHERE started_at >= $1 AND tenant_id = $2", play.began, UUID(NEIGHBOUR_TENANT)
    )
    assert rows == []


async def test_the_same_call_id_at_two_tenants_is_two_calls(play: Play) -> None:
    ref = uuid4().hex
    assert (await play.deliver(ringing(callId=ref)))[0] == 200
    theirs = ringing(callId=ref, to="4790000009", userId=["n0"])
    token = play.stack.keys.neighbour_url_token
    assert (await play.deliver(theirs, connection=NEIGHBOUR, token=token))[0] == 200
    ending = {**theirs, "event": "hangup", "cause": "cancel"}
    assert (await play.deliver(ending, connection=NEIGHBOUR, token=token))[0] == 200
    await play.see(who="Kari", state="Ringer")
    await play.quiet()
    assert [card.state for card in await play.cards("Kari")] == ["Ringer"]
    rows = await play.stack.sql(
        "SELECT state FROM smartcall.call WHERE started_at >= $1 AND tenant_id = $2", play.began, UUID(NEIGHBOUR_TENANT)
    )
    assert [row["state"] for row in rows] == ["ended"]
    assert (await play.deliver(ringing(callId=ref, event="hangup", cause="cancel")))[0] == 200


async def _drip(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 8192):
        yield b"x" * 8192
        await asyncio.sleep(0)


async def test_bodies_that_are_refused(play: Play, stack: Stack) -> None:
    door = f"/api/events/{OPERATOR}/{stack.keys.url_token}"
    assert (await play.send(door, b"event=newCall&callId=1&x=" + b"y" * 70_000, FORM))[0] == 413
    async with stack.http.post(stack.address + door, data=_drip(200_000), headers=FORM) as answer:
        assert answer.status == 413  # its length was not told
    for kind in (
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=latin-1",
    ):
        assert (await play.send(door, b"{}", {"Content-Type": kind}))[0] == 400, kind
    json_bodies = (b"", b"[]", b'"x"', b"{", b"\xff\xfe", b"null", b"[" * 50_000, b'{"event":"newCall"}')
    for body in json_bodies:
        assert (await play.send(door, body, {"Content-Type": "application/json"}))[0] == 400, body[:20]
    for body in (
        b"",
        b"event=newCall",
        b"callId=1",
        b"event=newCall&callId=%ff%fe",
        b"event=newCall&callId=" + b"1" * 600,
    ):
        assert (await play.send(door, body, FORM))[0] == 400, body[:30]
    async with stack.http.get(stack.address + door) as answer:
        assert answer.status == 405
    for readable in (
        b"event=dtmf&callId=1",
        b"event=somethingNew&callId=1",
        b"event=newCall&callId=1&direction=sideways",
    ):
        assert (await play.send(door, readable, FORM))[0] == 200
    await play.quiet()
    assert [await play.messages(who) for who in ("Kari", "Ola", "Amina")] == [[], [], []]


async def test_it_says_whether_it_is_well(stack: Stack, play: Play) -> None:
    for path in ("/healthz", "/readyz"):
        async with stack.http.get(stack.address + path) as answer:
            assert answer.status == 200
