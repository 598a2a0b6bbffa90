"""A Teams that lives in memory: keeps what is on everybody's screen, misbehaves on request, and watches our manners."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from calls.errors import Throttled, Transient, Unknown
from calls.popups.chats import ChatAddress
from calls.popups.popup import Popup, PopupState


@dataclass(kw_only=True, slots=True)
class Card:
    """A message on a screen."""

    card_id: str
    chat: ChatAddress
    popup: Popup
    quiet: bool
    acknowledged: bool  # whether its id reached us
    updates: int = 0


@dataclass(kw_only=True)
class Screen:
    """:class:`calls.popups.cards.CardChannel`. ``before`` and ``after`` run around a request, and may raise or wait."""

    before: Callable[[str], object] = lambda _: None
    after: Callable[[str], object] = lambda _: None
    cards: dict[str, Card] = field(default_factory=dict)
    attempts: Counter[UUID] = field(default_factory=Counter)  # POSTs that may have reached the screen, by popup
    requests: list[tuple[str, UUID]] = field(default_factory=list)
    faults_of_ours: list[str] = field(default_factory=list)
    _under_way: Counter[UUID] = field(default_factory=Counter)
    _repetitions: Counter[str] = field(default_factory=Counter)  # updates of a card that may change nothing

    async def post(self, chat: ChatAddress, popup: Popup, *, language: str, quiet: bool, deadline: float) -> str:
        key = popup.popup_id
        self.requests.append(("post", key))
        if self._under_way[key]:
            self.faults_of_ours.append("two requests under way for one popup")
        if self.attempts[key] and popup.state is PopupState.RINGING:
            self.faults_of_ours.append("a second card while it rings")
        if self.attempts[key] >= 2:
            self.faults_of_ours.append("a third card")
        if bool(self.attempts[key]) is not quiet:
            self.faults_of_ours.append("a second banner, or a first card without one")
        self._under_way[key] += 1
        try:
            await _run(self.before("post"))
            self.attempts[key] += 1
            card = Card(card_id=f"card-{len(self.cards)}", chat=chat, popup=popup, quiet=quiet, acknowledged=False)
            self.cards[card.card_id] = card
            await _run(self.after("post"))
        except Unknown:
            self.attempts[key] = max(self.attempts[key], 1)
            raise
        finally:
            self._under_way[key] -= 1
        card.acknowledged = True
        return card.card_id

    async def update(self, chat: ChatAddress, card_id: str, popup: Popup, *, language: str, deadline: float) -> None:
        key = popup.popup_id
        self.requests.append(("update", key))
        card = self.cards[card_id]
        if card.popup == popup:
            self._repetitions[card_id] -= 1
            if self._repetitions[card_id] < 0:
                self.faults_of_ours.append("an update that changes nothing")
        if self._under_way[key]:
            self.faults_of_ours.append("two requests under way for one popup")
        self._under_way[key] += 1
        try:
            await _run(self.before("update"))
            card.popup, card.updates = popup, card.updates + 1
            await _run(self.after("update"))
        except BaseException as problem:
            # Again; and, where Teams may carry it out yet, once more after that.
            self._repetitions[card_id] += 1 if isinstance(problem, Throttled) else 2
            raise
        finally:
            self._under_way[key] -= 1

    async def find_chat(self, chat: ChatAddress, *, deadline: float) -> str:
        return f"{chat.conversation_id}-anew"

    def of(self, popup_id: UUID) -> list[Card]:
        return [card for card in self.cards.values() if card.popup.popup_id == popup_id]


async def _run(step: object) -> None:
    if asyncio.iscoroutine(step):
        await step


class Weather:
    """Bad days by chance, from a seed: slow, throttled, refused halfway, lost on the way there or back."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.bad = True

    async def before(self, _: str) -> None:
        await asyncio.sleep(self._random.choice((0, 0, 0.001, 0.02)))
        if not self.bad:
            return
        chance = self._random.random()
        if chance < 0.08:
            raise Throttled(retry_after=1.0)
        if chance < 0.16:
            raise Transient("busy")
        if chance < 0.20:
            raise Unknown("lost on the way there")

    async def after(self, _: str) -> None:
        if self.bad and self._random.random() < 0.08:
            raise Unknown("lost on the way back")
