"""From an activity to our own values. Everything here was written by Teams or, through it, by a client: check types."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from botbuilder.schema import Activity

from bot.teams.activities import SUBMIT_VERB
from bot.teams.ports import CardAction, InstalledChat, TeamsUser


def read_chat(activity: Activity, app_id: str, now: datetime) -> InstalledChat | None:
    """The chat an activity came from; None when it is not a personal chat of a tenant that Teams names.

    The tenant is in ``channelData.tenant.id``; ``conversation.tenantId`` is lost by the SDK's model.
    """
    conversation = activity.conversation
    entra_tenant = _id(_at(activity.channel_data, "tenant", "id"))
    user = _user(activity)
    if conversation is None or not conversation.id or user is None or not entra_tenant:
        return None
    if conversation.is_group or (conversation.conversation_type or "personal") != "personal":
        return None
    return InstalledChat(
        app_id=app_id,
        entra_tenant=entra_tenant,
        conversation_id=conversation.id,
        service_url=activity.service_url,
        user=user,
        seen_at=_time(activity.timestamp) or now,
        locale=activity.locale or None,
    )


def read_execute(activity: Activity, chat: InstalledChat) -> CardAction | None:
    """The press in an ``adaptiveCard/action`` invoke; None when the value is not an Action.Execute."""
    action = activity.value.get("action") if isinstance(activity.value, dict) else None
    if not isinstance(action, dict) or action.get("type") != "Action.Execute":
        return None
    verb, data = action.get("verb"), action.get("data")
    return _press(activity, chat, verb, data if isinstance(data, dict) else {})


def read_submit(activity: Activity, chat: InstalledChat) -> CardAction | None:
    """The press in a message with a ``value``: the Action.Submit fallback that old clients use. None: not ours."""
    if not isinstance(activity.value, dict):
        return None
    data = {name: value for name, value in activity.value.items() if name != SUBMIT_VERB}
    return _press(activity, chat, activity.value.get(SUBMIT_VERB), data)


def activity_key(activity: Activity, app_id: str) -> str | None:
    """What tells a repeated activity: a digest over bot, chat, kind and id. None: it carries no id."""
    if not activity.id:
        return None
    parts = (app_id, activity.conversation.id, activity.type, activity.id)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _press(activity: Activity, chat: InstalledChat, verb: Any, data: dict[str, Any]) -> CardAction | None:
    if not isinstance(verb, str) or not verb:
        return None
    return CardAction(
        chat=chat,
        verb=verb,
        data=data,
        activity_id=activity.id or None,
        reply_to_id=activity.reply_to_id or None,
        user=chat.user,
    )


def _user(activity: Activity) -> TeamsUser | None:
    """The person of the chat: the sender, or the member added with the bot when the bot itself is named as sender."""
    bot = activity.recipient.id if activity.recipient else None
    accounts = [activity.from_property, *(activity.members_added or []), *(activity.members_removed or [])]
    for account in accounts:
        if account is not None and account.id and account.id != bot and not account.id.startswith("28:"):
            return TeamsUser(mri=account.id, aad_object_id=account.aad_object_id or None)
    return None


def _time(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)  # not the SDK's own zone object
    except OverflowError:  # the first or the last day of the calendar
        return None


def _id(text: str | None) -> str | None:
    """An Entra id in its usual form; None for anything else."""
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


def _at(value: Any, *path: str) -> str | None:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) and value else None
