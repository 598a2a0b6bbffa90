"""Our JSON bodies: activities for the Bot Connector, and answers to a pressed button.

Shapes: learn.microsoft.com, "Bot Framework REST API: send and receive messages" and "Universal Actions for Adaptive
Cards: response format". A card is sent without ``text`` (Teams would split the two into two messages and return no id)
and with ``summary``, which is what the banner shows.
"""

from __future__ import annotations

from typing import Any

from bot.teams.ports import ActionReply, Activity, Card, CardReply, Chat, MessageReply, Reply

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
SUBMIT_VERB = "verb"  # where the Action.Submit fallback of a button keeps the verb, inside its data


def card_activity(card: Card, *, summary: str, alert: bool = False) -> Activity:
    """A message that is one card. ``alert`` also puts it in the activity feed (a second banner: off by default)."""
    activity: Activity = {
        "type": "message",
        "summary": summary,
        "attachments": [{"contentType": CARD_TYPE, "content": card}],
    }
    if alert:
        activity["channelData"] = {"notification": {"alert": True}}
    return activity


def text_activity(text: str) -> Activity:
    """A message that is plain text: nothing in it is read as formatting."""
    return {"type": "message", "text": text, "textFormat": "plain"}


def reply_activity(reply: Reply) -> Activity:
    """The message for a reply. ValueError when it is neither text nor card, or both: a mistake of ours."""
    if (reply.text is None) == (reply.card is None):
        raise ValueError("a reply is either a text or a card")
    if reply.card is not None:
        return card_activity(reply.card, summary=reply.summary)
    return text_activity(reply.text or "")


def addressed(activity: Activity, chat: Chat) -> Activity:
    """The activity with sender, recipient and conversation filled in."""
    return activity | {
        "from": {"id": f"28:{chat.app_id}"},
        "recipient": {"id": chat.user_mri},
        "conversation": {"id": chat.conversation_id},
    }


def new_conversation(app_id: str, entra_tenant: str, member_mri: str) -> Activity:
    """The body that opens (or finds again) a personal chat. No first activity: no id would come back for it."""
    return {
        "isGroup": False,
        "bot": {"id": f"28:{app_id}"},
        "members": [{"id": member_mri}],
        "tenantId": entra_tenant,
        "channelData": {"tenant": {"id": entra_tenant}},
    }


def action_response(reply: ActionReply) -> dict[str, Any]:
    """The body that answers an ``adaptiveCard/action`` invoke; the HTTP status is 200 in every case."""
    if isinstance(reply, CardReply):
        return {"statusCode": 200, "type": CARD_TYPE, "value": reply.card}
    if isinstance(reply, MessageReply):
        return {"statusCode": 200, "type": MESSAGE_TYPE, "value": reply.text}
    return {"statusCode": reply.status, "type": ERROR_TYPE, "value": {"code": reply.code, "message": reply.message}}
