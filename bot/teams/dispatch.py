"""One authenticated activity → one call of :class:`bot.teams.ports.TeamsEvents`, and its answer.

Teams waits a few seconds for an invoke and then sends it again; messages are repeated too. Both are claimed first, and
a repeated invoke gets the stored answer, whichever node took the first one.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from botbuilder.core import BotAdapter, InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity, ActivityTypes
from botframework.connector.auth import AuthenticationConstants

from bot.teams.activities import action_response, card_activity, reply_activity, text_activity
from bot.teams.ports import CardAction, CardReply, ErrorReply, InstalledChat, Outbox, Reply, SeenActivities, TeamsEvents
from bot.teams.reading import activity_key, read_chat, read_execute, read_submit
from calls.errors import OutsideError

log = logging.getLogger(__name__)

CARD_ACTION = "adaptiveCard/action"
REPLY_TIME = 8.0  # seconds for sending a reply inside the turn; Teams gives a message about 15
WAIT_FOR_FIRST = 4.0  # seconds a repeated invoke waits for the answer of the first
LOOK_AGAIN = 0.1  # seconds between two looks
_CHAT = "smartcall.chat"
_BAD_ACTION = ErrorReply(code="BadRequest", message="not a card action")  # for a client's developer, never shown


class TeamsDispatch(TeamsActivityHandler):  # type: ignore[misc]  # botbuilder is untyped
    """The bot, as botbuilder sees it. Holds no state of its own."""

    def __init__(
        self,
        *,
        events: TeamsEvents,
        seen: SeenActivities,
        outbox: Outbox,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._events = events
        self._seen = seen
        self._outbox = outbox
        self._now = now

    async def on_turn(self, turn_context: TurnContext) -> None:
        activity = turn_context.activity
        identity = turn_context.turn_state[BotAdapter.BOT_IDENTITY_KEY]
        app_id = identity.get_claim_value(AuthenticationConstants.AUDIENCE_CLAIM)
        chat = read_chat(activity, app_id, self._now())
        if chat is None:  # a group, a channel, or something without tenant: nothing of ours
            if activity.type == ActivityTypes.invoke:
                await _answer(turn_context, InvokeResponse(status=HTTPStatus.NOT_IMPLEMENTED))
            return
        turn_context.turn_state[_CHAT] = chat
        if activity.type not in {ActivityTypes.installation_update, ActivityTypes.conversation_update}:
            await self._events.seen(chat)
        await super().on_turn(turn_context)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        chat: InstalledChat = turn_context.turn_state[_CHAT]
        action = turn_context.activity.action or ""
        if action == "remove":
            await self._events.uninstalled(chat)
        elif action.startswith("add"):
            await self._install(chat)
        else:  # "remove-upgrade" is half of an upgrade: still installed
            await self._events.seen(chat)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Not the SDK's: for each member added it would ask the connector who that is, with a client of its own."""
        chat: InstalledChat = turn_context.turn_state[_CHAT]
        activity = turn_context.activity
        if activity.members_added:
            await self._install(chat)
        elif any(
            activity.recipient and member and member.id == activity.recipient.id
            for member in activity.members_removed or ()
        ):
            await self._events.uninstalled(chat)
        else:
            await self._events.seen(chat)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        chat: InstalledChat = turn_context.turn_state[_CHAT]
        activity = turn_context.activity

        async def handle() -> InvokeResponse:
            if action := read_submit(activity, chat):
                await self._submit(action)
            elif activity.text or activity.value is None:
                await self._send(chat, await self._events.message(chat, (activity.text or "").strip()))
            return InvokeResponse(status=HTTPStatus.OK)

        await self._once(activity, chat, handle)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Not the SDK's: it parses values it then refuses, and fails on its own error answers."""
        chat: InstalledChat = turn_context.turn_state[_CHAT]
        activity = turn_context.activity
        if activity.name != CARD_ACTION:
            return InvokeResponse(status=HTTPStatus.NOT_IMPLEMENTED)
        action = read_execute(activity, chat)
        if action is None:
            return InvokeResponse(status=HTTPStatus.OK, body=action_response(_BAD_ACTION))

        async def handle() -> InvokeResponse:
            return InvokeResponse(status=HTTPStatus.OK, body=action_response(await self._events.card_action(action)))

        return await self._once(activity, chat, handle, again=lambda: self._events.answered_again(action))

    async def _install(self, chat: InstalledChat) -> None:
        await self._send(chat, await self._events.installed(chat))

    async def _submit(self, action: CardAction) -> None:
        """A press of an old client has no answer that could carry a card: update the message, or write one."""
        reply = await self._events.card_action(action)
        if isinstance(reply, CardReply) and action.reply_to_id is not None:
            activity, target = card_activity(reply.card, summary=reply.summary), action.reply_to_id
            await self._try(self._outbox.update(action.chat.address(None), target, activity, deadline=_deadline()))
        elif isinstance(reply, CardReply):
            await self._send(action.chat, Reply(card=reply.card, summary=reply.summary))
        else:
            text = reply.message if isinstance(reply, ErrorReply) else reply.text
            await self._try(self._outbox.post(action.chat.address(None), text_activity(text), deadline=_deadline()))

    async def _send(self, chat: InstalledChat, reply: Reply | None) -> None:
        if reply is not None:
            await self._try(self._outbox.post(chat.address(None), reply_activity(reply), deadline=_deadline()))

    async def _try(self, sending: Awaitable[object]) -> None:
        """A reply that cannot be sent is lost and said so: repeating the whole activity would do its work twice."""
        try:
            await sending
        except OutsideError as error:
            log.warning("a reply to Teams was not sent: %s (%s)", type(error).__name__, error)

    async def _once(
        self,
        activity: Activity,
        chat: InstalledChat,
        handle: Callable[[], Awaitable[InvokeResponse]],
        *,
        again: Callable[[], Awaitable[None]] | None = None,
    ) -> InvokeResponse:
        """Run ``handle`` for the first arrival and keep its answer; give that answer to every other arrival."""
        key = activity_key(activity, chat.app_id)
        if key is None:
            return await handle()
        if not await self._seen.first_time(chat.entra_tenant, key):
            earlier = await self._earlier(chat.entra_tenant, key, wait=activity.type == ActivityTypes.invoke)
            if again is not None and earlier.status == HTTPStatus.OK:
                await again()
            return earlier
        try:
            answer = await handle()
        except BaseException:
            await self._seen.forget(chat.entra_tenant, key)
            raise
        if activity.type == ActivityTypes.invoke:
            stored = json.dumps({"status": int(answer.status), "body": answer.body}, ensure_ascii=False)
            await self._seen.store_reply(chat.entra_tenant, key, stored.encode())
        return answer

    async def _earlier(self, entra_tenant: str, key: str, *, wait: bool) -> InvokeResponse:
        if not wait:
            return InvokeResponse(status=HTTPStatus.OK)
        end = asyncio.get_running_loop().time() + WAIT_FOR_FIRST
        while (stored := await self._seen.reply(entra_tenant, key)) is None:
            if asyncio.get_running_loop().time() >= end:
                return InvokeResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
            await asyncio.sleep(LOOK_AGAIN)
        answer: dict[str, Any] = json.loads(stored)
        return InvokeResponse(status=answer["status"], body=answer["body"])


async def _answer(turn_context: TurnContext, response: InvokeResponse) -> None:
    await turn_context.send_activity(Activity(type=ActivityTypes.invoke_response, value=response))


def _deadline() -> float:
    return asyncio.get_running_loop().time() + REPLY_TIME
