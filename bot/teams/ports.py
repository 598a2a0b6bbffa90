"""What the Teams face asks of the rest, and the values that cross that border.

Everything below is ours: no botbuilder type, no SQL. Implementations must be safe to call from many turns at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from bot.teams.identity import BotIdentity

Card: TypeAlias = dict[str, Any]  # an Adaptive Card, ready to be JSON
Activity: TypeAlias = dict[str, Any]  # a Bot Connector activity, made by bot.teams.activities


@dataclass(frozen=True, kw_only=True, slots=True)
class Chat:
    """Where the gateway sends to: one employee's personal chat with one bot."""

    tenant_id: UUID | None  # ours: limits are counted against it; None: a tenant we do not know, no shared limits
    app_id: str  # which bot
    conversation_id: str = field(repr=False)
    service_url: str  # the newest one seen for this chat
    user_mri: str = field(repr=False)  # "29:…", Teams' id of the person towards this bot


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamsUser:
    """A person, as Teams names them to this bot."""

    mri: str  # "29:…"; differs from bot to bot
    aad_object_id: str | None  # Entra object id, the same everywhere; None: Teams did not say


@dataclass(frozen=True, kw_only=True, slots=True)
class InstalledChat:
    """What an authenticated activity tells about the chat it came from. The row to keep, never the SDK's objects.

    ``entra_tenant`` comes from ``channelData.tenant.id``, which the connector fills in; it is proven as far as the
    connector's token is (and not at all for an anonymous activity of the demo).
    """

    app_id: str  # the bot that was addressed, from the token's audience
    entra_tenant: str  # the customer's Entra tenant id
    conversation_id: str = field(repr=False)
    service_url: str  # on the allow-list, and the one the token was issued for
    user: TeamsUser
    seen_at: datetime  # the activity's own time when it has one: tells a late install from a newer uninstall
    locale: str | None = None  # "nb-NO"; the language of the person's client

    def address(self, tenant_id: UUID | None) -> Chat:
        """The same chat as the gateway wants it."""
        return Chat(
            tenant_id=tenant_id,
            app_id=self.app_id,
            conversation_id=self.conversation_id,
            service_url=self.service_url,
            user_mri=self.user.mri,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CardAction:
    """A button of a card was pressed (Action.Execute, or its Action.Submit fallback on an old client)."""

    chat: InstalledChat
    verb: str
    data: Mapping[str, Any] = field(repr=False)  # from the client: check every value
    activity_id: str | None  # the press; None: the client gave none, so repeats cannot be told
    reply_to_id: str | None  # the message with the card, an activity id of ours
    user: TeamsUser


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A new message in the chat. Give a text or a card, never both: Teams would split them and return no id."""

    text: str | None = None
    card: Card | None = field(default=None, repr=False)
    summary: str = ""  # what a banner says for a card


@dataclass(frozen=True, kw_only=True, slots=True)
class CardReply:
    """This card takes the place of the one that was pressed."""

    card: Card = field(repr=False)
    summary: str = ""
    as_of: datetime | None = None  # when what it shows was read; None: nothing of ours overtakes it


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageReply:
    """A short text shown to the person who pressed; the card stays."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorReply:
    """The press could not be carried out; ``message`` is shown to the person, ``code`` is for machines."""

    code: str
    message: str
    status: int = 400  # the body's statusCode; 400: the request was at fault, 500: we were


ActionReply: TypeAlias = CardReply | MessageReply | ErrorReply


class TeamsEvents(Protocol):
    """What happens in Teams, told to the rest. Each method may be called again for the same thing."""

    async def seen(self, chat: InstalledChat) -> None:
        """Any activity but an install or uninstall: keep the newest service URL. Called before the others."""

    async def installed(self, chat: InstalledChat) -> Reply | None:
        """The app was added. Arrives once or twice (installationUpdate, conversationUpdate), in any order; answer with
        a welcome only the first time."""

    async def uninstalled(self, chat: InstalledChat) -> None:
        """The app was removed; nothing can be posted any more. Ignore it when the chat was seen later."""

    async def message(self, chat: InstalledChat, text: str) -> Reply | None:
        """A person wrote. The tenant may be unknown: be friendly, reveal nothing."""

    async def card_action(self, action: CardAction) -> ActionReply:
        """A button was pressed. Answer within a second; do slow work afterwards and update the card."""

    async def answered_again(self, action: CardAction) -> None:
        """The same press has come again and is about to get the first answer, which may be older than the card."""


class SeenActivities(Protocol):
    """Which activities were handled, across nodes: Teams sends an activity again when our answer is slow.

    ``key`` is a digest that is unique over bots, chats and activities (Teams' message ids alone are not: they are
    milliseconds, and two colleagues may write in the same one). Keep rows for some minutes. Stored replies hold names
    and numbers: keep them encrypted.
    """

    async def first_time(self, entra_tenant: str, key: str) -> bool:
        """Claim the activity; False when somebody has."""

    async def reply(self, entra_tenant: str, key: str) -> bytes | None:
        """The stored answer; None while the first handler is still at work (or died)."""

    async def store_reply(self, entra_tenant: str, key: str, reply: bytes) -> None:
        """Keep the answer for a repeated request."""

    async def forget(self, entra_tenant: str, key: str) -> None:
        """The handler failed: let a repeat try again."""


class BotIdentities(Protocol):
    """The bots we are."""

    async def find(self, app_id: str) -> BotIdentity | None:
        """The identity with this app id, or None. Called for every send and every inbound activity, and inbound with
        ids that nobody has checked yet: answer from memory."""


class Outbox(Protocol):
    """The outbound gateway, as the inbound side uses it. Raises the errors of :mod:`calls.errors`."""

    async def post(self, chat: Chat, activity: Activity, *, deadline: float) -> str:
        """Send a new message; returns its activity id."""

    async def update(self, chat: Chat, activity_id: str, activity: Activity, *, deadline: float) -> None:
        """Replace a message."""
