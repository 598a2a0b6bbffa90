"""What each kind of activity becomes, and what Teams gets back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from bot.teams.ports import Reply

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": []}
CARD_TYPE = "application/vnd.microsoft.card.adaptive"


def invoke(bot: Any, **changes: Any) -> dict[str, Any]:
    action = {"type": "Action.Execute", "verb": "search_again", "data": {"popup": "p-1"}}
    values = {"type": "invoke", "id": "f:1", "name": "adaptiveCard/action", "replyToId": "1:77", "text": None}
    activity: dict[str, Any] = bot.activity(**{**values, "value": {"action": action, "trigger": "manual"}, **changes})
    return activity


def install(bot: Any, action: str = "add", **changes: Any) -> dict[str, Any]:
    activity: dict[str, Any] = bot.activity(
        **{"type": "installationUpdate", "id": "f:i", "action": action, "text": None, **changes}
    )
    return activity


def members(bot: Any, **changes: Any) -> dict[str, Any]:
    values = {"type": "conversationUpdate", "id": "f:c", "text": None}
    activity: dict[str, Any] = bot.activity(**{**values, **changes})
    return activity


class TestTheChat:
    """The record that every activity refreshes."""

    async def test_it_is_read_from_where_teams_puts_things(self, bot: Any, microsoft: Any, serve: Any) -> None:
        client = await serve()
        await client.send(install(bot))
        ((name, chat),) = bot.events.told
        assert name == "installed"
        assert chat.app_id == bot.identity.app_id
        assert chat.entra_tenant == "9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55"
        assert chat.conversation_id == "a:kari"
        assert chat.service_url == microsoft.service_url
        assert (chat.user.mri, chat.user.aad_object_id) == ("29:kari", "0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d01")
        assert chat.seen_at == datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)
        assert chat.seen_at.tzinfo is UTC
        assert chat.locale == "nb-NO"

    async def test_the_tenant_is_channel_datas_and_no_other(self, bot: Any, serve: Any) -> None:
        client = await serve()
        assert await client.send(bot.activity(channelData={"tenant": {}})) == (200, "")
        assert await client.send(bot.activity(channelData=None)) == (200, "")
        assert await client.send(bot.activity(channelData={"tenant": {"id": 7}})) == (200, "")
        assert bot.events.told == []

    @pytest.mark.parametrize("kind", ["groupChat", "channel"])
    async def test_groups_and_channels_are_not_ours(self, bot: Any, serve: Any, kind: str) -> None:
        client = await serve()
        group = {"id": "19:x@thread.v2", "conversationType": kind, "isGroup": True}
        assert await client.send(bot.activity(conversation=group)) == (200, "")
        assert (await client.send(invoke(bot, conversation=group)))[0] == 501
        assert bot.events.told == []

    @pytest.mark.parametrize(
        "kind", ["typing", "messageReaction", "event", "messageUpdate", "endOfConversation", "new"]
    )
    async def test_every_other_activity_still_refreshes_it(self, bot: Any, serve: Any, kind: str) -> None:
        client = await serve()
        assert await client.send(bot.activity(type=kind)) == (200, "")
        assert bot.events.names() == ["seen"]


class TestInstalling:
    async def test_both_kinds_in_any_order(self, bot: Any, serve: Any) -> None:
        client = await serve()
        both = [{"id": bot.activity()["recipient"]["id"]}, {"id": "29:kari", "aadObjectId": "x"}]
        for activity in (members(bot, membersAdded=both), install(bot), members(bot, membersAdded=both)):
            assert await client.send(activity) == (200, "")
        assert bot.events.names() == ["installed"] * 3

    async def test_a_member_is_taken_when_the_bot_is_named_as_sender(self, bot: Any, serve: Any) -> None:
        client = await serve()
        account = bot.activity()["recipient"]
        added = [account, {"id": "29:per", "aadObjectId": "per-object-id"}]
        await client.send(members(bot, **{"from": account, "membersAdded": added}))
        user = bot.events.told[0][1].user
        assert (user.mri, user.aad_object_id) == ("29:per", "per-object-id")

    async def test_nothing_is_asked_of_the_connector(self, bot: Any, microsoft: Any, serve: Any) -> None:
        """The SDK would look each member up."""
        client = await serve()
        await client.send(members(bot, membersAdded=[{"id": "29:kari"}]))
        assert microsoft.requests == []

    @pytest.mark.parametrize(
        ("action", "told"),
        [
            ("add", ["installed"]),
            ("add-upgrade", ["installed"]),
            ("remove", ["uninstalled"]),
            ("remove-upgrade", ["seen"]),
            ("something", ["seen"]),
        ],
    )
    async def test_each_action(self, bot: Any, serve: Any, action: str, told: list[str]) -> None:
        client = await serve()
        assert await client.send(install(bot, action)) == (200, "")
        assert bot.events.names() == told

    async def test_removal_as_a_conversation_update(self, bot: Any, serve: Any) -> None:
        client = await serve()
        await client.send(members(bot, membersRemoved=[bot.activity()["recipient"]]))
        assert bot.events.names() == ["uninstalled"]

    async def test_a_welcome_goes_out_through_the_gateway(self, bot: Any, microsoft: Any, serve: Any) -> None:
        bot.events.installed_reply = Reply(card=CARD, summary="Velkommen")
        client = await serve()
        assert await client.send(install(bot)) == (200, "")
        (sent,) = microsoft.requests
        assert (sent.path, sent.body["summary"]) == ("/v3/conversations/a%3Akari/activities", "Velkommen")
        assert "text" not in sent.body


class TestMessages:
    async def test_the_text_and_the_reply(self, bot: Any, microsoft: Any, serve: Any) -> None:
        bot.events.message_reply = Reply(text="Hei!")
        client = await serve()
        assert await client.send(bot.activity(text="  hjelp \n")) == (200, "")
        name, (_, text) = bot.events.told[-1]
        assert (name, text) == ("message", "hjelp")
        (sent,) = microsoft.requests
        assert (sent.body["text"], sent.body["textFormat"]) == ("Hei!", "plain")
        assert "attachments" not in sent.body

    async def test_a_repeated_message_is_answered_once(self, bot: Any, microsoft: Any, serve: Any) -> None:
        bot.events.message_reply = Reply(text="Hei!")
        client = await serve()
        for _ in range(3):
            assert await client.send(bot.activity()) == (200, "")
        assert bot.events.names().count("message") == 1
        assert len(microsoft.requests) == 1

    async def test_the_same_id_in_another_chat_is_another_message(self, bot: Any, serve: Any) -> None:
        """Teams' message ids are milliseconds: two colleagues may write in the same one."""
        client = await serve()
        await client.send(bot.activity())
        await client.send(bot.activity(conversation={"id": "a:per", "conversationType": "personal"}))
        assert bot.events.names().count("message") == 2

    async def test_a_message_that_failed_may_come_again(self, bot: Any, serve: Any) -> None:
        client = await serve()
        bot.events.fail = RuntimeError("x")
        assert (await client.send(bot.activity()))[0] == 500
        bot.events.fail = None
        assert (await client.send(bot.activity()))[0] == 200
        assert bot.events.names().count("message") == 2

    async def test_a_reply_that_cannot_be_sent_does_not_undo_the_message(
        self, bot: Any, microsoft: Any, serve: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        bot.events.message_reply = Reply(text="Hei!")
        refusal = {"error": {"code": "ConversationBlockedByUser", "message": "m"}}
        microsoft.script.append(lambda request: web.json_response(refusal, status=403))
        client = await serve()
        assert await client.send(bot.activity()) == (200, "")
        assert "BlockedByUser" in caplog.text
