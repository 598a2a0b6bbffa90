"""Activities as Teams sends them to a bot in personal chats.

Shapes: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events
(installation), https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability (messages) and
https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model (card actions).
"""

from __future__ import annotations

import html
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulators.teams.chats import Message, Person
from simulators.teams.world import TeamsWorld

Activity = dict[str, Any]


class Activities:
    """Builds them; nothing is sent here."""

    def __init__(self, world: TeamsWorld) -> None:
        self._world = world
        self._zone = _find_zone(world.timezone)

    def installation(self, person: Person, service_url: str, *, added: bool) -> Activity:
        activity = self._begin("installationUpdate", person, service_url)
        activity["action"] = "add" if added else "remove"
        activity["entities"] = [{"type": "clientInfo", "locale": self._world.locale}]
        activity["locale"] = self._world.locale
        activity["channelData"]["source"] = {"name": "message"}
        return activity

    def members_added(self, person: Person, service_url: str) -> Activity:
        activity = self._begin("conversationUpdate", person, service_url)
        user = person.profile
        activity["membersAdded"] = [{"id": self._bot_id()}, {"id": user.mri, "aadObjectId": user.aad_object_id}]
        return activity

    def message(self, person: Person, service_url: str, message: Message) -> Activity:
        """What a person typed."""
        activity = self._begin("message", person, service_url, activity_id=message.id)
        text = message.text or ""
        content = f"<div><div>{html.escape(text)}</div></div>"
        activity |= {"text": text, "textFormat": "plain", "locale": self._world.locale}
        activity["attachments"] = [{"contentType": "text/html", "content": content}]
        return self._add_client(activity)

    def submit(self, person: Person, service_url: str, message: Message, data: Mapping[str, Any]) -> Activity:
        """An Action.Submit: a message without text."""
        activity = self._begin("message", person, service_url)
        activity |= {"value": dict(data), "replyToId": message.id, "locale": self._world.locale}
        activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": f"1:{message.id}"}}
        return self._add_client(activity)

    def invoke(self, person: Person, service_url: str, message: Message, action: Mapping[str, Any]) -> Activity:
        """An Action.Execute: an invoke whose HTTP answer is the result."""
        activity = self._begin("invoke", person, service_url)
        activity |= {"name": "adaptiveCard/action", "value": {"action": dict(action), "trigger": "manual"}}
        activity |= {"replyToId": message.id, "locale": self._world.locale}
        activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": f"1:{message.id}"}}
        return self._add_client(activity)

    def _begin(self, kind: str, person: Person, service_url: str, *, activity_id: str | None = None) -> Activity:
        user, now = person.profile, datetime.now(UTC)
        local = now.astimezone(self._zone)
        sender = {"id": user.mri, "aadObjectId": user.aad_object_id}
        if kind in {"message", "invoke"}:
            sender["name"] = user.name
        conversation = {"conversationType": "personal", "tenantId": self._world.tenant, "id": person.conversation}
        return {
            "type": kind,
            "id": activity_id or f"f:{uuid.uuid4()}",
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "localTimestamp": local.isoformat(timespec="milliseconds"),
            "localTimezone": self._world.timezone,
            "channelId": "msteams",
            "serviceUrl": service_url,
            "from": sender,
            "conversation": conversation,
            "recipient": {"id": self._bot_id(), "name": self._world.bot_name},
            "channelData": {"tenant": {"id": self._world.tenant}},
        }

    def _add_client(self, activity: Activity) -> Activity:
        locale = self._world.locale
        client = {"type": "clientInfo", "locale": locale, "country": locale[-2:], "platform": "Web"}
        activity["entities"] = [client | {"timezone": self._world.timezone}]
        return activity

    def _bot_id(self) -> str:
        return f"28:{self._world.bot_app_id}"


def _find_zone(name: str) -> tzinfo:
    """A machine without time zone data can still run a demo: its people then live by UTC."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return UTC
