from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web


async def _post_card(twin: Any, card: Any, as_activity: Any) -> str:
    path = f"conversations/{await twin.install()}/activities"
    _, posted = await twin.connect("POST", path, as_activity(card, summary="Nora Lie ringer"))
    message: str = posted["id"]
    return message


def _card_answer(card: dict[str, Any]) -> web.Response:
    body = {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": card}
    return web.json_response(body)


async def test_installing_tells_the_bot_twice(twin: Any, people: dict[str, str]) -> None:
    _, answer = await twin.call("POST", f"/simulators/teams/users/{people['kari']}/install")
    assert answer["installed"]
    assert [(one["type"], one["status"]) for one in answer["deliveries"]] == [
        ("installationUpdate", 200),
        ("conversationUpdate", 200),
    ]
    update, added = twin.bot.activities
    assert update["action"] == "add"
    assert [member["id"] for member in added["membersAdded"]] == [f"28:{people['app']}", "29:kari"]
    for activity in (update, added):
        assert activity["channelId"] == "msteams"
        assert activity["serviceUrl"] == f"{twin.url}/simulators/connector/"
        assert activity["from"] == {"id": "29:kari", "aadObjectId": people["kari"]}
        assert activity["recipient"] == {"id": f"28:{people['app']}", "name": "SmartCall"}
        assert activity["channelData"]["tenant"]["id"] == people["tenant"]
        assert activity["conversation"]["conversationType"] == "personal"
        assert activity["conversation"]["tenantId"] == people["tenant"]
        assert activity["conversation"]["id"].startswith("a:")
    assert update["conversation"]["id"] == added["conversation"]["id"]
    assert update["id"] != added["id"]
    for headers in twin.bot.headers:
        assert headers["x-ms-tenant-id"] == people["tenant"]
        assert headers["content-type"].startswith("application/json")


async def test_the_two_may_come_the_other_way_round(twin: Any, people: dict[str, str]) -> None:
    await twin.call("POST", f"/simulators/teams/users/{people['kari']}/install?order=reverse")
    assert [activity["type"] for activity in twin.bot.activities] == ["conversationUpdate", "installationUpdate"]


async def test_uninstalling_tells_the_bot_once(twin: Any, people: dict[str, str]) -> None:
    await twin.install()
    twin.bot.activities.clear()
    _, answer = await twin.call("POST", f"/simulators/teams/users/{people['kari']}/uninstall")
    assert not answer["installed"]
    [activity] = twin.bot.activities
    assert (activity["type"], activity["action"]) == ("installationUpdate", "remove")


async def test_the_chat_keeps_its_id(twin: Any, people: dict[str, str]) -> None:
    first = await twin.install()
    await twin.call("POST", f"/simulators/teams/users/{people['kari']}/uninstall")
    assert await twin.install() == first
    assert await twin.install(people["ola"]) != first


async def test_writing_to_the_bot(twin: Any, people: dict[str, str]) -> None:
    await twin.install()
    user = f"/simulators/teams/users/{people['kari']}"
    status, answer = await twin.call("POST", f"{user}/messages", {"text": "hei <du>"})
    assert (status, answer["status"]) == (201, 200)
    activity = twin.bot.activities[-1]
    assert (activity["type"], activity["text"], activity["textFormat"]) == ("message", "hei <du>", "plain")
    assert activity["attachments"][0]["content"] == "<div><div>hei &lt;du&gt;</div></div>"
    assert activity["from"]["name"] == "Kari Hansen"
    [message] = await twin.messages()
    assert (message["id"], message["from"], message["text"]) == (activity["id"], "user", "hei <du>")
    assert (await twin.call("POST", f"{user}/messages", {"text": ""}))[0] == 400
    assert (await twin.call("POST", "/simulators/teams/users/nobody/messages", {"text": "x"}))[0] == 404
    await twin.call("POST", f"{user}/block")
    assert (await twin.call("POST", f"{user}/messages", {"text": "x"}))[0] == 409


async def test_a_click_replaces_the_card(twin: Any, people: dict[str, str], card: Any, as_activity: Any) -> None:
    message = await _post_card(twin, card, as_activity)
    newer = card | {"body": [{"type": "TextBlock", "text": "Notert"}]}
    twin.bot.answer = lambda activity: _card_answer(newer)
    path = f"/simulators/teams/users/{people['kari']}/invoke"
    status, result = await twin.call("POST", path, {"message": message, "verb": "note", "data": {"call": "c1", "n": 1}})
    assert (status, result["status"], result["applied"], result["error"]) == (200, 200, "card", None)
    assert result["body"]["value"] == newer
    activity = twin.bot.activities[-1]
    assert (activity["type"], activity["name"], activity["replyToId"]) == ("invoke", "adaptiveCard/action", message)
    assert activity["value"] == {
        "action": {"type": "Action.Execute", "title": "Notat", "verb": "note", "data": {"call": "c1", "n": 1}},
        "trigger": "manual",
    }
    assert "authorization" in twin.bot.headers[-1]
    [shown] = await twin.messages()
    assert (shown["card"], shown["edits"]) == (newer, 0)


async def test_a_click_without_data_sends_the_cards_own(
    twin: Any, people: dict[str, str], card: Any, as_activity: Any
) -> None:
    message = await _post_card(twin, card, as_activity)
    await twin.call("POST", f"/simulators/teams/users/{people['kari']}/invoke", {"message": message, "verb": "note"})
    assert twin.bot.activities[-1]["value"]["action"]["data"] == {"call": "c1"}


async def test_a_retried_click_carries_one_id(twin: Any, people: dict[str, str], card: Any, as_activity: Any) -> None:
    message = await _post_card(twin, card, as_activity)
    twin.bot.activities.clear()
    path = f"/simulators/teams/users/{people['kari']}/invoke?retry=1"
    _, result = await twin.call("POST", path, {"message": message, "verb": "note"})
    assert len(result["attempts"]) == 2
    assert len({activity["id"] for activity in twin.bot.activities}) == 1
    assert len(twin.bot.activities) == 2


async def test_the_world_may_retry_every_click(
    start: Any, world: Any, people: dict[str, str], card: Any, as_activity: Any
) -> None:
    world["teams"]["retry_invokes"] = True
    twin = await start(world)
    message = await _post_card(twin, card, as_activity)
    _, result = await twin.call(
        "POST", f"/simulators/teams/users/{people['kari']}/invoke", {"message": message, "verb": "note"}
    )
    assert len(result["attempts"]) == 2


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, None, "the bot answered 500"),
        (200, None, "statusCode"),
        (200, {"statusCode": 400, "type": "x"}, "statusCode 400"),
        (200, {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": {}}, "AdaptiveCard"),
        (200, {"statusCode": 200, "type": "text/plain", "value": "x"}, "not a type of answer"),
        (
            200,
            {"statusCode": 400, "type": "application/vnd.microsoft.error", "value": {"code": "x", "message": "Feil"}},
            "Feil",
        ),
    ],
    ids=str,
)
async def test_bad_answers_to_a_click_are_told(
    twin: Any, people: dict[str, str], card: Any, as_activity: Any, status: int, body: Any, error: str
) -> None:
    message = await _post_card(twin, card, as_activity)
    twin.bot.answer = lambda activity: (
        web.json_response(body, status=status) if body is not None else web.Response(status=status)
    )
    path = f"/simulators/teams/users/{people['kari']}/invoke"
    _, result = await twin.call("POST", path, {"message": message, "verb": "note"})
    assert result["applied"] is None
    assert error in result["error"]
    assert (await twin.messages())[0]["card"] == card


async def test_a_text_answer_is_a_passing_notice(
    twin: Any, people: dict[str, str], card: Any, as_activity: Any
) -> None:
    message = await _post_card(twin, card, as_activity)
    answer = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Lagret"}
    twin.bot.answer = lambda activity: web.json_response(answer)
    path = f"/simulators/teams/users/{people['kari']}/invoke"
    _, result = await twin.call("POST", path, {"message": message, "verb": "note"})
    assert (result["applied"], result["notice"]) == ("notice", "Lagret")
    assert (await twin.messages())[0]["card"] == card


async def test_only_what_is_shown_can_be_clicked(
    twin: Any, people: dict[str, str], card: Any, as_activity: Any
) -> None:
    message = await _post_card(twin, card, as_activity)
    twin.bot.activities.clear()
    kari, ola = (f"/simulators/teams/users/{people[name]}" for name in ("kari", "ola"))
    assert (await twin.call("POST", f"{kari}/invoke", {"message": message, "verb": "other"}))[0] == 409
    assert (await twin.call("POST", f"{kari}/invoke", {"message": "1", "verb": "note"}))[0] == 404
    await twin.install(people["ola"])
    assert (await twin.call("POST", f"{ola}/invoke", {"message": message, "verb": "note"}))[0] == 404
    twin.bot.activities.clear()
    assert (await twin.call("POST", f"{kari}/invoke?force=1", {"message": message, "verb": "other"}))[0] == 200
    assert twin.bot.activities[-1]["value"]["action"]["verb"] == "other"


async def test_a_submit_is_a_message_without_text(
    twin: Any, people: dict[str, str], card: Any, as_activity: Any
) -> None:
    message = await _post_card(twin, card, as_activity)
    path = f"/simulators/teams/users/{people['kari']}/submit"
    _, result = await twin.call("POST", path, {"message": message, "data": {"call": "c1"}})
    assert result["status"] == 200
    activity = twin.bot.activities[-1]
    assert (activity["type"], activity["value"], activity["replyToId"]) == ("message", {"call": "c1"}, message)
    assert "text" not in activity


async def test_a_silent_bot_is_told_of(twin: Any, start: Any, world: Any, people: dict[str, str]) -> None:
    def vanish(_: dict[str, Any]) -> web.Response:
        raise web.HTTPServiceUnavailable

    twin.bot.answer = vanish
    _, answer = await twin.call("POST", f"/simulators/teams/users/{people['kari']}/install")
    assert [one["status"] for one in answer["deliveries"]] == [503, 503]


async def _read_events(twin: Any, wanted: int, ready: asyncio.Event) -> list[tuple[str, Any]]:
    """The stream's events until ``wanted`` have come after the first state; ``ready`` is set when it listens."""
    events: list[tuple[str, Any]] = []
    async with twin.client.get("/simulators/teams/stream") as response:
        assert response.content_type == "text/event-stream"
        ready.set()
        name = ""
        async for line in response.content:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text.removeprefix("event: ")
            elif text.startswith("data: "):
                events.append((name, json.loads(text.removeprefix("data: "))))
                if len(events) > wanted:
                    return events
    return events


async def test_the_stream_tells_everything_and_toasts_only_new_messages(
    twin: Any, people: dict[str, str], card: Any, as_activity: Any
) -> None:
    ready = asyncio.Event()
    listening = asyncio.create_task(_read_events(twin, 7, ready))
    await ready.wait()
    path = f"conversations/{await twin.install()}/activities"
    _, posted = await twin.connect("POST", path, as_activity(card, summary="Nora Lie ringer"))
    await twin.connect("PUT", f"{path}/{posted['id']}", as_activity(card, summary="Besvart"))
    await twin.connect("DELETE", f"{path}/{posted['id']}")
    await twin.connect("POST", path, as_activity(card))
    events = await listening
    assert [name for name, _ in events] == [
        "state",
        "installed",
        "message",
        "toast",
        "edit",
        "delete",
        "message",
        "toast",
    ]
    by_name = dict(events[:6])
    assert by_name["state"]["messages"] == []
    assert by_name["message"]["card"] == card
    assert by_name["toast"] == {"user": people["kari"], "message": posted["id"], "text": "Nora Lie ringer"}
    assert by_name["edit"]["edits"] == 1
    assert events[-1][1]["text"] == "Sent a card"


async def test_open_streams_do_not_hold_up_the_end(start: Any, world: Any) -> None:
    twin = await start(world)
    response = await twin.client.get("/simulators/teams/stream")
    await response.content.readline()
    await twin.client.server.close()
    assert "event: toast" not in (await response.text())


async def test_people_who_begin_with_the_app(start: Any, world: Any) -> None:
    world["teams"]["users"][0]["installed"] = True
    twin = await start(world)
    _, state = await twin.call("GET", "/simulators/teams/state")
    assert [user["installed"] for user in state["users"]] == [True, False]
    assert set(state["users"][0]) == {"id", "name", "upn", "mri", "installed"}
    assert twin.bot.activities == []
