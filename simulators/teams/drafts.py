"""What the connector takes in: request bodies read and checked.

Sizes: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages (about 100 KB, counted
as UTF-16). Creating: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from simulators.teams.cards import ADAPTIVE, BadCardError, check_card
from simulators.teams.connector_errors import ConnectorError

MAX_BYTES = 100 * 1024
_OTHER_ATTACHMENTS = frozenset(
    {
        "application/vnd.microsoft.card.hero",
        "application/vnd.microsoft.card.thumbnail",
        "application/vnd.microsoft.card.signin",
        "application/vnd.microsoft.card.oauth",
        "application/vnd.microsoft.teams.card.list",
        "application/vnd.microsoft.teams.card.o365connector",
        "image/png",
        "image/jpeg",
        "image/gif",
    }
)
"""Known to Teams, but nothing this simulator can show: refused with a word that says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A message the bot wants shown."""

    text: str | None = None
    card: dict[str, Any] | None = field(default=None, repr=False)
    summary: str | None = None


async def read_body(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request, within Teams' size limit."""
    if request.content_type != "application/json":
        raise ConnectorError("BadSyntax", "Content-Type must be application/json.")
    try:
        text = (await request.read()).decode("utf-8")
    except web.HTTPRequestEntityTooLarge:
        raise ConnectorError("MessageSizeTooBig") from None
    except UnicodeDecodeError:
        raise ConnectorError("BadSyntax") from None
    if len(text.encode("utf-16-le")) > MAX_BYTES:
        raise ConnectorError("MessageSizeTooBig")
    try:
        body = json.loads(text)
    except ValueError:
        raise ConnectorError("BadSyntax") from None
    if not isinstance(body, dict):
        raise ConnectorError("BadSyntax")
    return body


def read_draft(body: dict[str, Any]) -> Draft | None:
    """The message in an activity; None for one that shows nothing (typing)."""
    if body.get("type") == "typing":
        return None
    if body.get("type") != "message":
        raise ConnectorError("BadArgument", "Unknown activity type.")
    for name in ("text", "summary", "speak", "textFormat"):
        if name in body and not (body[name] is None or isinstance(body[name], str)):
            raise ConnectorError("BadArgument", f"{name} must be a text.")
    if not isinstance(body.get("channelData", {}), dict):
        raise ConnectorError("BadArgument", "channelData must be an object.")
    card = _read_attachments(body.get("attachments") or [])
    text = body.get("text") or None
    if text is None and card is None:
        raise ConnectorError("BadArgument", "Activity must contain non-empty text or an attachment.")
    return Draft(text=text, card=card, summary=body.get("summary") or None)


def _read_attachments(attachments: object) -> dict[str, Any] | None:
    if not isinstance(attachments, list):
        raise ConnectorError("BadArgument", "attachments must be a list.")
    if len(attachments) > 1:
        raise ConnectorError("BadArgument", "This simulator shows one attachment a message.")
    if not attachments:
        return None
    attachment = attachments[0]
    kind = attachment.get("contentType") if isinstance(attachment, dict) else None
    if kind in _OTHER_ATTACHMENTS:
        raise ConnectorError("BadArgument", "This simulator shows adaptive cards only.")
    if kind != ADAPTIVE:
        raise ConnectorError("BadArgument", "Unknown attachment type")
    card = attachment.get("content")
    try:
        check_card(card)
    except BadCardError as error:
        raise ConnectorError("BadArgument", f"Adaptive card: {error}") from None
    return dict(card)


def read_member(body: dict[str, Any], tenant: str) -> str:
    """The one member a personal chat is asked for with."""
    if body.get("isGroup"):
        raise ConnectorError("BadArgument", "Group chats cannot be created by a bot.")
    members = body.get("members")
    if not isinstance(members, list) or len(members) != 1 or not isinstance(members[0], dict):
        raise ConnectorError("BadArgument", "members: exactly one is needed.")
    mri = members[0].get("id")
    if not isinstance(mri, str) or not mri.startswith("29:"):
        raise ConnectorError("BadArgument", "members[0].id must be a user's 29: id.")
    channel_data = body.get("channelData")
    inner = channel_data.get("tenant") if isinstance(channel_data, dict) else None
    named = body.get("tenantId") or (inner.get("id") if isinstance(inner, dict) else None)
    if not named:
        raise ConnectorError("BadArgument", "tenantId is needed.")
    if named != tenant:
        raise ConnectorError("BadArgument", "tenantId: no such tenant for this bot.")
    return mri
