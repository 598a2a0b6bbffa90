"""A Teams in memory that keeps messages, carries out what it was sent whether or not anybody still listens, and watches
our manners."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from calls.errors import Gone, OutsideError, Refused, Throttled, Transient, Unknown
from calls.popups.chats import ChatAddress
from calls.popups.popup import Popup, PopupState

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.world import World

_TROUBLE_SECONDS = 60.0  # how long after a node's trouble a card may not be known to it


@dataclass(kw_only=True, eq=False, slots=True)
class Message:
    """A card in somebody's chat."""

    card_id: str
    tenant_id: UUID
    user: UUID
    popup: Popup
    quiet: bool
    deleted: bool = False
    edits: int = 0
    retold: bool = False  # the last edit's sender was not told that it worked


@dataclass(kw_only=True, eq=False, slots=True)
class Request:
    """A POST, and what its sender knows of it."""

    node: Node
    popup: Popup
    began: float
    ended: float | None = None  # when the sender stopped waiting; None: it still does, or died with it
    outcome: str = "under way"  # "card", "declined" or "unknown" as the sender was told
    landed: bool = False


@dataclass(kw_only=True)
class Teams:
    """Everybody's chats."""

    world: World
    messages: dict[str, Message] = field(default_factory=dict)
    installed: dict[tuple[UUID, UUID], bool] = field(default_factory=dict)
    ever_away: set[tuple[UUID, UUID]] = field(default_factory=set)  # whose app was removed at some time
    moves: defaultdict[tuple[UUID, UUID], int] = field(default_factory=lambda: defaultdict(int))
    posts: defaultdict[UUID, list[Request]] = field(default_factory=lambda: defaultdict(list))  # by popup
    edits: int = 0
    second_posts: int = 0

    def chat_id(self, tenant_id: UUID, user: UUID) -> str:
        return f"a:{tenant_id}/{user}/{self.moves[tenant_id, user]}"

    def of(self, popup_id: UUID) -> list[Message]:
        return [message for message in self.messages.values() if message.popup.popup_id == popup_id]

    def begin_post(self, node: Node, popup: Popup, *, quiet: bool) -> Request:
        """Note a POST, and whether it may be made."""
        earlier = [each for each in self.posts[popup.popup_id] if each.outcome != "declined"]
        request = Request(node=node, popup=popup, began=self.world.loop.time())
        for each in earlier:
            if not self._may_be_unknown(each):
                self.world.blame(f"a second card for popup {popup.popup_id}: the first was {each.outcome}")
        if earlier:
            self.second_posts += 1
            if popup.state is PopupState.RINGING:
                self.world.blame(f"a second card while it rings, popup {popup.popup_id}")
            if not quiet:
                self.world.blame(f"a second banner, popup {popup.popup_id}")
        if len(earlier) > 1:
            self.world.blame(f"a third card for popup {popup.popup_id}")
        self.posts[popup.popup_id].append(request)
        return request

    def _may_be_unknown(self, request: Request) -> bool:
        """Whether the sender cannot know, or could not write down, what became of its POST."""
        if request.outcome == "unknown" or request.node.dead:
            return True
        until = (request.ended or self.world.loop.time()) + _TROUBLE_SECONDS
        return self.world.had_trouble(request.node, request.began, until)

    def carry_out_post(self, request: Request, chat: ChatAddress, *, quiet: bool) -> str | OutsideError:
        place = (chat.tenant_id, chat.entra_object_id)
        if not self.installed.get(place):
            return Refused(code="not_installed")
        if chat.conversation_id != self.chat_id(*place):
            return Gone(code="ConversationNotFound")
        card_id = f"card-{len(self.messages)}"
        request.landed = True
        self.messages[card_id] = Message(
            card_id=card_id, tenant_id=chat.tenant_id, user=chat.entra_object_id, popup=request.popup, quiet=quiet
        )
        self.world.card_shown(card_id)
        return card_id

    def carry_out_update(self, chat: ChatAddress, card_id: str, popup: Popup) -> str | OutsideError:
        message = self.messages.get(card_id)
        if not self.installed.get((chat.tenant_id, chat.entra_object_id)):
            return Refused(code="not_installed")
        if message is None or message.deleted:
            return Gone(code="ActivityNotFound")
        if (message.tenant_id, message.user) != (chat.tenant_id, chat.entra_object_id):
            self.world.blame(f"{card_id} updated in somebody else's chat")
        if message.popup == popup and not message.retold:
            self.world.note("updates that change nothing")
        message.popup = popup
        message.edits += 1
        self.edits += 1
        return card_id


class NodeChannel:
    """One node's way to Teams: :class:`calls.popups.cards.CardChannel`."""

    def __init__(self, node: Node, teams: Teams) -> None:
        self._node = node
        self._teams = teams

    async def post(self, chat: ChatAddress, popup: Popup, *, language: str, quiet: bool, deadline: float) -> str:
        await self._node.point("post")
        self._be_in_time(deadline)
        request = self._teams.begin_post(self._node, popup, quiet=quiet)
        try:
            card_id = await self._send(lambda: self._teams.carry_out_post(request, chat, quiet=quiet), deadline)
        except (Throttled, Transient, Refused, Gone):
            request.outcome = "declined"
            raise
        except BaseException:
            request.outcome = "unknown"
            raise
        finally:
            request.ended = self._teams.world.loop.time()
        request.outcome = "card"
        return card_id

    async def update(self, chat: ChatAddress, card_id: str, popup: Popup, *, language: str, deadline: float) -> None:
        await self._node.point("update")
        self._be_in_time(deadline)
        message = self._teams.messages.get(card_id)
        told = False
        try:
            await self._send(lambda: self._teams.carry_out_update(chat, card_id, popup), deadline)
            told = True
        finally:
            if message is not None:
                message.retold = not told

    async def find_chat(self, chat: ChatAddress, *, deadline: float) -> str:
        await self._node.point("find chat")
        if not self._teams.installed.get((chat.tenant_id, chat.entra_object_id)):
            raise Refused(code="not_installed")
        return self._teams.chat_id(chat.tenant_id, chat.entra_object_id)

    def _be_in_time(self, deadline: float) -> None:
        """The gateway sends nothing when there is no time left."""
        if self._teams.world.loop.time() >= deadline:
            raise Transient("no time left to send")

    async def _send(self, carry_out: object, deadline: float) -> str:
        """One request: Teams works on it by itself; we wait until the deadline."""
        world, node = self._teams.world, self._node
        faults, loop = world.faults, world.loop
        delay = faults.chance.uniform(1, 6) if faults.happens("teams_slow") else faults.chance.uniform(0.02, 0.2)
        answer: asyncio.Future[str | OutsideError] = loop.create_future()
        if faults.happens("teams_throttles"):
            loop.call_later(delay, _settle, answer, Throttled(retry_after=faults.chance.choice((0.5, 1.0, 3.0, None))))
        elif faults.happens("teams_fails"):
            loop.call_later(delay, _settle, answer, Transient("502"))
        elif faults.happens("teams_loses_request"):
            loop.call_later(delay, _settle, answer, Unknown("lost on the way there"))
        else:
            lost = faults.happens("teams_loses_answer")
            # What Teams has not begun when the client hangs up, it does not begin.
            if loop.time() + delay <= deadline + 0.2:
                loop.call_later(delay, _carry_out, answer, carry_out, lost)
        try:
            async with asyncio.timeout_at(deadline):
                result = await answer
        except TimeoutError:
            await node.gate("no answer")
            raise Unknown("no answer") from None
        await node.gate("answered")
        if isinstance(result, OutsideError):
            raise result
        return result


def _settle(answer: asyncio.Future[str | OutsideError], result: str | OutsideError) -> None:
    if not answer.done():
        answer.set_result(result)


def _carry_out(answer: asyncio.Future[str | OutsideError], work: object, lost: bool) -> None:
    result: str | OutsideError = work()  # type: ignore[operator]
    if isinstance(result, str) and lost:
        result = Unknown("lost on the way back")
    _settle(answer, result)
