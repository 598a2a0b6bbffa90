"""What the Bot Connector answers when it does not do what was asked.

Codes and messages: table of status codes in
https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability. The body of a blocked write is
the one printed in
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages: no ``error``
object, but ``errorCode`` 209 and a JSON text inside ``message``.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

_STATUS = {
    "BadSyntax": (400, "Unable to parse the request body."),
    "BadArgument": (400, "Bad argument."),
    "BotNotRegistered": (401, "No registration found for this bot."),
    "BotNotInConversationRoster": (403, "The bot is not part of the conversation roster."),
    "ConversationBlockedByUser": (403, "User blocked the conversation with the bot."),
    "ForbiddenOperationException": (403, "Bot is not installed in user's personal scope"),
    "ActivityNotFoundInConversation": (404, "Conversation not found."),
    "ConversationNotFound": (404, "Conversation not found."),
    "MemberNotFoundInConversation": (404, "Member not found in conversation."),
    "PreconditionFailed": (412, "Precondition failed, please try again."),
    "MessageSizeTooBig": (413, "Message size too large."),
    "Throttled": (429, "Too many requests."),
}
WRITES_BLOCKED = "MessageWritesBlocked"
BLOCKED_CODES = ("ConversationBlockedByUser", WRITES_BLOCKED)


class ConnectorError(Exception):
    """A refusal. ``detail`` replaces the table's message; it never holds what the bot sent."""

    def __init__(self, code: str, detail: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    def answer(self) -> web.Response:
        if self.code == WRITES_BLOCKED:
            return web.json_response(_blocked_body(), status=403)
        status, message = _STATUS[self.code]
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        body = {"error": {"code": self.code, "message": self.detail or message}}
        return web.json_response(body, status=status, headers=headers)


def _blocked_body() -> dict[str, Any]:
    inner = {
        "subCode": WRITES_BLOCKED,
        "details": "Thread is blocked from message writes.",
        "errorCode": None,
        "errorSubCode": None,
    }
    return {"errorCode": 209, "message": json.dumps(inner, indent=2).replace("\n", "\r\n")}


def deny() -> web.Response:
    """The answer to a missing, foreign or expired token."""
    body = {"message": "Authorization has been denied for this request."}
    return web.json_response(body, status=401, headers={"WWW-Authenticate": "Bearer"})
