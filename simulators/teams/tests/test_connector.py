from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest


async def _create(twin: Any, people: dict[str, str], **changes: Any) -> tuple[int, Any]:
    body = {"isGroup": False, "members": [{"id": "29:kari"}], "tenantId": people["tenant"]} | changes
    status, answer = await twin.connect("POST", "conversations", body)
    return status, answer


async def test_without_a_token_nothing_is_done(twin: Any, people: dict[str, str], as_activity: Any, card: Any) -> None:
    conversation = await twin.install()
    path = f"/simulators/connector/v3/conversations/{conversation}/activities"
    status, body = await twin.call("POST", path, as_activity(card))
    assert (status, body) == (401, {"message": "Authorization has been denied for this request."})
    for token in ("garbage", twin.bot.headers[0]["authorization"].removeprefix("Bearer ")):
        assert (await twin.connect("POST", f"conversations/{conversation}/activities", as_activity(card), token))[
            0
        ] == 401
    assert await twin.messages() == []


async def test_a_token_of_another_app_or_resource_is_refused(twin: Any, card: Any, as_activity: Any) -> None:
    conversation = await twin.install()
    await twin.sign_in(client_id="11111111-0000-4000-8000-000000000001", client_secret="another-secret")
    assert (await twin.connect("POST", f"conversations/{conversation}/activities", as_activity(card)))[0] == 401
    await twin.sign_in(scope="https://graph.microsoft.com/.default")
    assert (await twin.connect("POST", f"conversations/{conversation}/activities", as_activity(card)))[0] == 401


async def test_a_card_is_posted_edited_and_deleted(twin: Any, card: Any, as_activity: Any) -> None:
    path = f"conversations/{await twin.install()}/activities"
    status, posted = await twin.connect("POST", path, as_activity(card, summary="Nora Lie ringer"))
    assert status == 201
    [message] = await twin.messages()
    assert (message["id"], message["card"], message["summary"]) == (posted["id"], card, "Nora Lie ringer")
    assert (message["from"], message["edits"], message["deleted"]) == ("bot", 0, False)

    card["body"][0]["text"] = "Besvart"
    status, edited = await twin.connect("PUT", f"{path}/{posted['id']}", as_activity(card))
    assert (status, edited) == (200, {"id": posted["id"]})
    [message] = await twin.messages()
    assert (message["card"]["body"][0]["text"], message["edits"]) == ("Besvart", 1)
    assert message["edited"]

    assert (await twin.connect("DELETE", f"{path}/{posted['id']}"))[0] == 200
    [message] = await twin.messages()
    assert message["deleted"]
    for method in ("PUT", "DELETE"):
        status, body = await twin.connect(method, f"{path}/{posted['id']}", as_activity(card))
        assert (status, body["error"]["code"]) == (404, "ActivityNotFoundInConversation")


async def test_creating_gives_the_same_chat_every_time(twin: Any, people: dict[str, str]) -> None:
    conversation = await twin.install()
    assert await _create(twin, people) == (201, {"id": conversation})
    assert await _create(twin, people) == (201, {"id": conversation})


@pytest.mark.parametrize(
    "changes",
    [
        {"members": []},
        {"members": [{"id": "29:kari"}, {"id": "29:ola"}]},
        {"members": [{"id": "0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d01"}]},
        {"members": [{"id": "29:nobody"}]},
        {"isGroup": True},
        {"tenantId": None},
        {"tenantId": None, "tenantID": "9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"},
        {"tenantId": "another"},
    ],
    ids=str,
)
async def test_what_cannot_be_created(twin: Any, people: dict[str, str], changes: dict[str, Any]) -> None:
    await twin.install()
    status, body = await _create(twin, people, **changes)
    assert (status, body["error"]["code"]) == (400, "BadArgument")


async def test_the_tenant_may_be_in_channel_data(twin: Any, people: dict[str, str]) -> None:
    await twin.install()
    channel_data = {"tenant": {"id": people["tenant"]}}
    assert (await _create(twin, people, tenantId=None, channelData=channel_data))[0] == 201


async def test_who_has_not_installed_the_app_cannot_be_reached(
    twin: Any, people: dict[str, str], card: Any, as_activity: Any
) -> None:
    await twin.sign_in()
    status, body = await _create(twin, people)
    assert (status, body["error"]["code"]) == (403, "ForbiddenOperationException")
    conversation = await twin.install()
    await twin.call("POST", f"/simulators/teams/users/{people['kari']}/uninstall")
    status, body = await twin.connect("POST", f"conversations/{conversation}/activities", as_activity(card))
    assert (status, body["error"]["code"]) == (403, "BotNotInConversationRoster")


async def test_a_blocked_bot_meets_one_of_two_answers(
    twin: Any, people: dict[str, str], card: Any, as_activity: Any
) -> None:
    path = f"conversations/{await twin.install()}/activities"
    user = f"/simulators/teams/users/{people['kari']}"
    await twin.call("POST", f"{user}/block")
    status, body = await twin.connect("POST", path, as_activity(card))
    assert (status, body["error"]["code"]) == (403, "ConversationBlockedByUser")
    await twin.call("POST", f"{user}/block", {"as": "MessageWritesBlocked"})
    status, body = await twin.connect("POST", path, as_activity(card))
    assert (status, body["errorCode"]) == (403, 209)
    assert '"subCode": "MessageWritesBlocked"' in body["message"]
    await twin.call("POST", f"{user}/unblock")
    assert (await twin.connect("POST", path, as_activity(card)))[0] == 201


async def test_an_unknown_chat_is_not_found(twin: Any, people: dict[str, str], card: Any, as_activity: Any) -> None:
    await twin.install()
    for method, path in (("POST", "activities"), ("PUT", "activities/1"), ("GET", "members/29:kari")):
        status, body = await twin.connect(method, f"conversations/a:nothing/{path}", as_activity(card))
        assert (status, body["error"]["code"]) == (404, "ConversationNotFound")


async def test_text_with_a_card_is_split_and_loses_its_id(twin: Any, card: Any, as_activity: Any) -> None:
    path = f"conversations/{await twin.install()}/activities"
    assert await twin.connect("POST", path, as_activity(card, text="Hei")) == (201, {})
    first, second = await twin.messages()
    assert (first["text"], first["card"], second["text"], second["card"]) == ("Hei", None, None, card)


async def test_a_reply_knows_what_it_answers(twin: Any) -> None:
    path = f"conversations/{await twin.install()}/activities"
    _, first = await twin.connect("POST", path, {"type": "message", "text": "en"})
    await twin.connect("POST", f"{path}/{first['id']}", {"type": "message", "text": "to"})
    assert [message["reply_to"] for message in await twin.messages()] == [None, first["id"]]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "message"},
        {"type": "event", "text": "x"},
        {"text": "no type"},
        {"type": "message", "text": 5},
        {"type": "message", "attachments": [{"contentType": "application/pdf", "content": {}}]},
        {"type": "message", "attachments": "none"},
        {"type": "message", "text": "x", "channelData": "y"},
    ],
    ids=str,
)
async def test_what_cannot_be_posted(twin: Any, body: dict[str, Any]) -> None:
    path = f"conversations/{await twin.install()}/activities"
    status, answer = await twin.connect("POST", path, body)
    assert (status, answer["error"]["code"]) == (400, "BadArgument")
    assert await twin.messages() == []


async def test_unreadable_bodies(twin: Any) -> None:
    path = f"/simulators/connector/v3/conversations/{await twin.install()}/activities"
    headers = {"Authorization": f"Bearer {twin.token}", "Content-Type": "application/json"}
    for data in (b"{", b"[]", b"\xff"):
        async with twin.client.post(path, data=data, headers=headers) as response:
            assert response.status == 400
            assert (await response.json())["error"]["code"] == "BadSyntax"


async def test_too_large_a_message(twin: Any) -> None:
    """The limit counts UTF-16, two bytes a letter."""
    path = f"conversations/{await twin.install()}/activities"
    assert (await twin.connect("POST", path, {"type": "message", "text": "a" * 50_000}))[0] == 201
    headers = {"Authorization": f"Bearer {twin.token}", "Content-Type": "application/json"}
    for length in (52_000, 900_000):
        data = io.BytesIO(json.dumps({"type": "message", "text": "a" * length}).encode())
        async with twin.client.post(f"/simulators/connector/v3/{path}", data=data, headers=headers) as response:
            assert response.status == 413
            assert (await response.json())["error"]["code"] == "MessageSizeTooBig"


async def test_members(twin: Any, people: dict[str, str]) -> None:
    conversation = await twin.install()
    for name in ("29:kari", people["kari"]):
        status, member = await twin.connect("GET", f"conversations/{conversation}/members/{name}")
        assert status == 200
        assert (member["id"], member["aadObjectId"], member["tenantId"]) == (
            "29:kari",
            people["kari"],
            people["tenant"],
        )
    status, members = await twin.connect("GET", f"conversations/{conversation}/members")
    assert (status, len(members)) == (200, 1)
    assert (await twin.connect("GET", f"conversations/{conversation}/members/29:ola"))[0] == 404


async def test_a_chat_takes_no_more_than_teams_allows(twin: Any, people: dict[str, str]) -> None:
    """70 at once: more than the 60 of half a minute, so some are refused on the slowest machine."""
    path = f"conversations/{await twin.install()}/activities"
    answers = await asyncio.gather(
        *(twin.connect("POST", path, {"type": "message", "text": str(n)}) for n in range(70))
    )
    refused = [body for status, body in answers if status == 429]
    assert refused
    assert all(body["error"]["code"] == "Throttled" for body in refused)
    assert len(await twin.messages()) == 70 - len(refused)
    _, log = await twin.call("GET", "/simulators/control/connector/requests")
    assert sum(record["status"] == 429 for record in log) == len(refused)


async def test_throttling_says_when_to_come_back(twin: Any) -> None:
    path = f"/simulators/connector/v3/conversations/{await twin.install()}/activities"
    headers = {"Authorization": f"Bearer {twin.token}"}

    async def post() -> str | None:
        async with twin.client.post(path, json={"type": "message", "text": "x"}, headers=headers) as response:
            return response.headers.get("Retry-After") if response.status == 429 else None

    waits = [wait for wait in await asyncio.gather(*(post() for _ in range(70))) if wait]
    assert waits
    assert all(1 <= int(wait) <= 30 for wait in waits)


async def test_creating_has_a_limit_of_its_own(twin: Any, people: dict[str, str]) -> None:
    """Fewer than the tenant's 50 a second, so it is the chat's limit that refuses; sending is counted apart."""
    conversation = await twin.install()
    statuses = [status for status, _ in await asyncio.gather(*(_create(twin, people) for _ in range(45)))]
    assert set(statuses) == {201, 429}
    status, _ = await twin.connect("POST", f"conversations/{conversation}/activities", {"type": "typing"})
    assert status == 201


async def test_the_world_may_lift_the_limits(start: Any, world: Any) -> None:
    world["teams"]["limits"] = False
    twin = await start(world)
    path = f"conversations/{await twin.install()}/activities"
    answers = await asyncio.gather(
        *(twin.connect("POST", path, {"type": "message", "text": str(n)}) for n in range(20))
    )
    assert {status for status, _ in answers} == {201}


async def test_conflicting_operations_when_asked_for(twin: Any) -> None:
    path = f"conversations/{await twin.install()}/activities"
    await twin.call("PUT", "/simulators/teams/connector", {"conflicts": True, "busy_seconds": 0.2})
    answers = await asyncio.gather(*(twin.connect("POST", path, {"type": "message", "text": "x"}) for _ in range(2)))
    assert sorted(status for status, _ in answers) == [201, 412]
    await twin.call("PUT", "/simulators/teams/connector", {"conflicts": False, "busy_seconds": 0})
    assert (await twin.connect("POST", path, {"type": "message", "text": "x"}))[0] == 201


async def test_a_fault_after_the_work_leaves_the_message(twin: Any) -> None:
    path = f"conversations/{await twin.install()}/activities"
    fault = {"path": "/activities", "method": "POST", "times": 1, "status": 502, "after": True}
    await twin.call("POST", "/simulators/control/connector/faults", fault)
    assert (await twin.connect("POST", path, {"type": "message", "text": "x"}))[0] == 502
    assert len(await twin.messages()) == 1


async def test_a_playground_needs_no_token_but_checks_one(start: Any, world: Any, people: Any) -> None:
    world["teams"]["anonymous"] = True
    twin = await start(world)
    conversation = await twin.install()
    assert "authorization" not in twin.bot.headers[-1]
    path = f"/simulators/connector/v3/conversations/{conversation}/activities"
    assert (await twin.call("POST", path, {"type": "message", "text": "x"}))[0] == 201
    assert (await twin.connect("POST", f"conversations/{conversation}/activities", {"type": "typing"}, "bad"))[0] == 401
