"""A click on Action.Execute: the invoke, its retries, and what the answer does to the card.

Answers: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model (response format).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.teams.activities import Activities
from simulators.teams.cards import ADAPTIVE, BadCardError, check_card, find_action
from simulators.teams.chats import Chats, Message, Person
from simulators.teams.messenger import Delivered, Messenger
from simulators.teams.origin import service_url

NOTICE = "application/vnd.microsoft.activity.message"
_ERRORS = ("application/vnd.microsoft.error", "application/vnd.microsoft.error.preconditionFailed")


class NoSuchActionError(ValueError):
    """The card shows nothing to click that has this verb."""


class Clicks:
    def __init__(self, chats: Chats, activities: Activities, messenger: Messenger) -> None:
        self._chats = chats
        self._activities = activities
        self._messenger = messenger

    async def invoke(
        self,
        person: Person,
        message: Message,
        verb: str,
        data: Mapping[str, Any] | None,
        *,
        origin: str,
        times: int,
        force: bool,
    ) -> dict[str, Any]:
        """Send the invoke ``times`` times with one id, as Teams does when an answer is late; the last answer counts.

        ``force`` clicks what the card does not show (a forged verb, a card that has just been edited away).
        Raises :class:`NoSuchActionError`.
        """
        shown = find_action(message.card, "Action.Execute", verb)
        if shown is None and not force:
            raise NoSuchActionError(f"the card has no Action.Execute with verb {verb[:60]!r}")
        action: dict[str, Any] = {"type": "Action.Execute", "verb": verb}
        action |= {name: shown[name] for name in ("id", "title") if shown and name in shown}
        action["data"] = dict(data) if data is not None else (shown or {}).get("data", {})
        activity = self._activities.invoke(person, service_url(origin), message, action)
        attempts = [await self._messenger.send(activity, origin) for _ in range(times)]
        last = attempts[-1]
        result: dict[str, Any] = {"status": last.status, "body": last.body, "attempts": [a.show() for a in attempts]}
        return result | self._apply(message, last)

    def _apply(self, message: Message, answer: Delivered) -> dict[str, Any]:
        """What the client does with the answer: ``applied`` "card", "notice" or None, and ``error`` in words."""
        result: dict[str, Any] = {"applied": None, "notice": None, "error": None}
        if answer.status is None:
            return result | {"error": answer.error}
        if answer.status != 200:
            return result | {"error": f"the bot answered {answer.status}"}
        body = answer.body
        if not isinstance(body, dict) or not isinstance(body.get("statusCode"), int) or "type" not in body:
            return result | {"error": "not an answer to a card action: statusCode, type and value are needed"}
        kind, value = body["type"], body.get("value")
        if kind in _ERRORS:
            text = value.get("message") if isinstance(value, dict) else None
            return result | {"error": str(text or "the app reported an error")}
        if body["statusCode"] != 200:
            return result | {"error": f"statusCode {body['statusCode']}"}
        if kind == NOTICE and isinstance(value, str):
            return result | {"applied": "notice", "notice": value}
        if kind != ADAPTIVE:
            return result | {"error": f"{str(kind)[:60]}: not a type of answer"}
        try:
            check_card(value)
        except BadCardError as error:
            return result | {"error": str(error)}
        if not message.deleted:
            self._chats.answer(message, dict(value) if isinstance(value, dict) else {})
        return result | {"applied": "card"}
