"""The people of the simulated tenant and their one-to-one chats with the bot."""

from __future__ import annotations

import base64
import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulators.event_stream import Broadcast
from simulators.teams.world import TeamsUser, TeamsWorld

KEPT = 10_000
"""Messages remembered, the newest; older ones are as if they had been deleted long ago."""


@dataclass(kw_only=True, slots=True)
class Person:
    """A user, and how the app stands with them."""

    profile: TeamsUser
    conversation: str  # id of the chat with the bot; always the same one
    installed: bool
    known: bool  # the chat exists: the app was installed once, or the bot asked for it
    blocked_as: str | None = None  # the error code the bot meets; None: not blocked

    def show(self) -> dict[str, Any]:
        user = self.profile
        shown = {"id": user.aad_object_id, "name": user.name, "upn": user.upn, "mri": user.mri}
        return shown | {"installed": self.installed}


@dataclass(kw_only=True, slots=True)
class Message:
    """One message of a chat, as its user sees it now."""

    id: str
    conversation: str
    user: str  # aadObjectId of the chat's person
    sender: str  # "bot" or "user"
    text: str | None = None
    card: dict[str, Any] | None = field(default=None, repr=False)
    summary: str | None = None
    posted: datetime
    edited: datetime | None = None
    edits: int = 0  # by the bot's PUT; a card that answered a click is not counted
    deleted: bool = False
    reply_to: str | None = None

    def show(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "conversation": self.conversation,
            "user": self.user,
            "from": self.sender,
            "text": self.text,
            "card": self.card,
            "summary": self.summary,
            "posted": self.posted.isoformat(),
            "edited": self.edited.isoformat() if self.edited else None,
            "edits": self.edits,
            "deleted": self.deleted,
            "reply_to": self.reply_to,
        }


class Chats:
    """All chats; every change is told to the listeners."""

    def __init__(self, world: TeamsWorld) -> None:
        self.world = world
        self.broadcast = Broadcast()
        self.people = {user.aad_object_id: _meet(user, world.bot_app_id) for user in world.users}
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self._last_id = 0

    def show(self) -> dict[str, Any]:
        people, messages = self.people.values(), self._messages.values()
        return {"users": [person.show() for person in people], "messages": [message.show() for message in messages]}

    def find_conversation(self, conversation: str) -> Person | None:
        """Whose chat this is; None when the chat is not there (yet)."""
        return next((p for p in self.people.values() if p.known and p.conversation == conversation), None)

    def find_mri(self, mri: str) -> Person | None:
        return next((person for person in self.people.values() if person.profile.mri == mri), None)

    def find_message(self, message_id: str, person: Person, sender: str | None = None) -> Message | None:
        """A message still shown in this person's chat."""
        message = self._messages.get(message_id)
        if message is None or message.deleted or message.conversation != person.conversation:
            return None
        return message if sender in {None, message.sender} else None

    def install(self, person: Person, *, installed: bool) -> None:
        person.installed = installed
        person.known = person.known or installed
        self.broadcast.send("installed", person.show())

    def post(self, person: Person, sender: str, **content: Any) -> Message:
        """Add a message. One from the bot raises a toast, and is the only thing that ever does."""
        message = Message(
            id=self._next_id(),
            conversation=person.conversation,
            user=person.profile.aad_object_id,
            sender=sender,
            posted=datetime.now(UTC),
            **content,
        )
        self._messages[message.id] = message
        if len(self._messages) > KEPT:
            self._messages.popitem(last=False)
        self.broadcast.send("message", message.show())
        if sender == "bot":
            text = message.summary or message.text or self.world.generic_toast
            self.broadcast.send("toast", {"user": message.user, "message": message.id, "text": text})
        return message

    def edit(self, message: Message, content: Mapping[str, Any]) -> None:
        """The bot's PUT: the whole message anew, silently."""
        message.text, message.card = content.get("text"), content.get("card")
        message.summary = content.get("summary")
        message.edits += 1
        message.edited = datetime.now(UTC)
        self.broadcast.send("edit", message.show())

    def answer(self, message: Message, card: dict[str, Any]) -> None:
        """The card that answered a click takes the old one's place."""
        message.card = card
        self.broadcast.send("edit", message.show())

    def delete(self, message: Message) -> None:
        message.deleted = True
        message.text = message.card = message.summary = None
        self.broadcast.send("delete", message.show())

    def _next_id(self) -> str:
        """Ids look like Teams' own: the time in milliseconds, never twice."""
        self._last_id = max(self._last_id + 1, time.time_ns() // 1_000_000)
        return str(self._last_id)


def _meet(user: TeamsUser, bot: str) -> Person:
    digest = hashlib.sha256(f"{bot} {user.mri}".encode()).digest()
    conversation = "a:1" + base64.urlsafe_b64encode(digest * 3).decode().rstrip("=")
    return Person(profile=user, conversation=conversation, installed=user.installed, known=user.installed)
