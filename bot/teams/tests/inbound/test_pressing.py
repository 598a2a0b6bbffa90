"""Buttons: Action.Execute, its repeats, and the Action.Submit of old clients."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.teams.ports import CardReply, ErrorReply, MessageReply

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": []}
CARD_TYPE = "application/vnd.microsoft.card.adaptive"


def invoke(bot: Any, **changes: Any) -> dict[str, Any]:
    action = {"type": "Action.Execute", "verb": "search_again", "data": {"popup": "p-1"}}
    values = {"type": "invoke", "id": "f:1", "name": "adaptiveCard/action", "replyToId": "1:77", "text": None}
    activity: dict[str, Any] = bot.activity(**{**values, "value": {"action": action, "trigger": "manual"}, **changes})
    return activity


class TestPressing:
    """Action.Execute."""

    async def test_the_press(self, bot: Any, serve: Any) -> None:
        client = await serve()
        await client.send(invoke(bot))
        assert bot.events.names() == ["seen", "card_action"]
        action = bot.events.told[-1][1]
        assert (action.verb, dict(action.data)) == ("search_again", {"popup": "p-1"})
        assert (action.activity_id, action.reply_to_id) == ("f:1", "1:77")
        assert action.user.aad_object_id == "0d1c7d0e-5b11-4c39-8a7e-3f6a2b9c1d01"

    @pytest.mark.parametrize(
        ("reply", "body"),
        [
            (CardReply(card=CARD), {"statusCode": 200, "type": CARD_TYPE, "value": CARD}),
            (
                MessageReply(text="Lagret"),
                {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Lagret"},
            ),
            (
                ErrorReply(code="Expired", message="For gammelt"),
                {
                    "statusCode": 400,
                    "type": "application/vnd.microsoft.error",
                    "value": {"code": "Expired", "message": "For gammelt"},
                },
            ),
        ],
    )
    async def test_each_answer_has_teams_shape(self, bot: Any, serve: Any, reply: Any, body: dict[str, Any]) -> None:
        bot.events.action = lambda action: reply
        client = await serve()
        assert await client.send(invoke(bot)) == (200, body)

    async def test_a_repeated_press_gets_the_same_answer_and_is_done_once(self, bot: Any, serve: Any) -> None:
        count = iter(range(9))
        bot.events.action = lambda action: CardReply(card={**CARD, "id": str(next(count))})
        client = await serve()
        answers = [await client.send(invoke(bot)) for _ in range(3)]
        assert answers == [answers[0]] * 3
        assert bot.events.names().count("card_action") == 1
        assert bot.events.names().count("answered_again") == 2, "the answer is older than the card may be"

    async def test_a_press_repeated_while_the_first_is_at_work_waits_for_its_answer(self, bot: Any, serve: Any) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(action: Any) -> CardReply:
            begun.set()
            await go_on.wait()
            return CardReply(card=CARD)

        bot.events.action = slow
        client = await serve()
        first = asyncio.create_task(client.send(invoke(bot)))
        await begun.wait()
        second = asyncio.create_task(client.send(invoke(bot)))
        while bot.events.names().count("seen") < 2:  # noqa: ASYNC110 - the second has arrived when it was seen
            await asyncio.sleep(0.01)
        go_on.set()
        assert await first == await second == (200, {"statusCode": 200, "type": CARD_TYPE, "value": CARD})
        assert bot.events.names().count("card_action") == 1

    async def test_a_first_that_never_answers_makes_the_repeat_come_again(
        self, bot: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.teams.dispatch.WAIT_FOR_FIRST", 0.0)
        client = await serve()
        await client.send(invoke(bot))
        for row in bot.seen.rows:
            bot.seen.rows[row] = None  # as a node leaves it that died in the middle
        assert (await client.send(invoke(bot)))[0] == 503

    async def test_a_press_that_failed_may_come_again(self, bot: Any, serve: Any) -> None:
        client = await serve()
        bot.events.fail = RuntimeError("x")
        assert await client.send(invoke(bot)) == (500, "")
        bot.events.fail = None
        assert (await client.send(invoke(bot)))[0] == 200

    async def test_without_an_id_every_press_counts(self, bot: Any, serve: Any) -> None:
        client = await serve()
        await client.send(invoke(bot, id=None))
        await client.send(invoke(bot, id=None))
        assert bot.events.names().count("card_action") == 2

    @pytest.mark.parametrize(
        "value",
        [
            None,
            "text",
            [],
            {},
            {"action": None},
            {"action": {"type": "Action.Submit", "verb": "v"}},
            {"action": {"type": "Action.Execute"}},
            {"action": {"type": "Action.Execute", "verb": 5}},
        ],
    )
    async def test_what_is_no_press_is_an_error_answer_and_not_500(self, bot: Any, serve: Any, value: Any) -> None:
        client = await serve()
        status, body = await client.send(invoke(bot, value=value))
        assert (status, body["statusCode"], body["type"]) == (200, 400, "application/vnd.microsoft.error")
        assert bot.events.names() == ["seen"]

    @pytest.mark.parametrize("data", [None, "x", [1]])
    async def test_data_that_is_no_object_is_empty(self, bot: Any, serve: Any, data: Any) -> None:
        client = await serve()
        await client.send(invoke(bot, value={"action": {"type": "Action.Execute", "verb": "v", "data": data}}))
        assert dict(bot.events.told[-1][1].data) == {}

    @pytest.mark.parametrize(
        "name", ["composeExtension/query", "task/fetch", "fileConsent/invoke", "signin/verifyState", "new/thing", None]
    )
    async def test_other_invokes_are_501(self, bot: Any, serve: Any, name: str | None) -> None:
        client = await serve()
        assert await client.send(invoke(bot, name=name)) == (501, "")


class TestSubmitting:
    """Action.Submit, what an old client makes of the same button: a message with a value."""

    def submit(self, bot: Any, **changes: Any) -> dict[str, Any]:
        value = {"verb": "search_again", "popup": "p-1"}
        activity: dict[str, Any] = bot.activity(**{"text": None, "value": value, "replyToId": "1:77", **changes})
        return activity

    async def test_it_is_the_same_press(self, bot: Any, serve: Any) -> None:
        client = await serve()
        assert await client.send(self.submit(bot)) == (200, "")
        name, action = bot.events.told[-1]
        assert (name, action.verb, dict(action.data)) == ("card_action", "search_again", {"popup": "p-1"})

    async def test_the_card_is_updated_since_the_answer_cannot_carry_it(
        self, bot: Any, microsoft: Any, serve: Any
    ) -> None:
        bot.events.action = lambda action: CardReply(card=CARD, summary="s")
        client = await serve()
        await client.send(self.submit(bot))
        (sent,) = microsoft.requests
        assert (sent.method, sent.path) == ("PUT", "/v3/conversations/a%3Akari/activities/1%3A77")
        assert sent.body["attachments"] == [{"contentType": CARD_TYPE, "content": CARD}]

    async def test_without_the_cards_id_it_is_a_new_message(self, bot: Any, microsoft: Any, serve: Any) -> None:
        client = await serve()
        await client.send(self.submit(bot, replyToId=None))
        assert [sent.method for sent in microsoft.requests] == ["POST"]

    @pytest.mark.parametrize("reply", [MessageReply(text="Lagret"), ErrorReply(code="c", message="Lagret")])
    async def test_a_text_is_a_message(self, bot: Any, microsoft: Any, serve: Any, reply: Any) -> None:
        bot.events.action = lambda action: reply
        client = await serve()
        await client.send(self.submit(bot))
        assert [sent.body["text"] for sent in microsoft.requests] == ["Lagret"]

    async def test_a_value_that_is_not_ours_is_ignored(self, bot: Any, serve: Any) -> None:
        client = await serve()
        assert await client.send(self.submit(bot, value={"x": 1})) == (200, "")
        assert bot.events.names() == ["seen"]
