"""What employees do with a card: search again, point out another match, call back, write a note. Sometimes twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from calls.calling.asking import NotPlaced
from calls.popups.notes import CallNote
from calls.popups.popup import Popup
from calls.popups.wishes import CallGone, Granted, NotYours, Press

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.teams import Message
    from tests.simulation.world import World

Wish = Callable[["Node", Press], Coroutine[Any, Any, Granted]]


@dataclass(kw_only=True)
class Employees:
    """Everybody at their cards."""

    world: World
    presses: int = 0
    notes: defaultdict[UUID, list[tuple[str, bool]]] = field(default_factory=lambda: defaultdict(list))  # text, sure

    async def press(self, card_id: str) -> None:
        """Use a button of a card, when it has one."""
        world = self.world
        message = world.teams.messages[card_id]
        if message.deleted or not world.teams.installed.get((message.tenant_id, message.user)):
            return
        wishes = list(self._wishes(message.popup))
        if not wishes:
            return
        name, wish = world.chance.choice(wishes)
        self.presses += 1
        world.note(f"pressed: {name}")
        for _ in range(2 if world.chance.random() < 0.2 else 1):  # a finger is quick, and Teams repeats a press
            await self._make(message, wish)

    def _wishes(self, popup: Popup) -> list[tuple[str, Wish]]:
        world, found = self.world, []
        if popup.may_search_again:
            found.append(("search again", lambda node, press: world.wishes(node).search_again(press)))
        if len(popup.matches) > 1 and not popup.chosen:
            second = popup.matches[1].ref
            found.append(
                (
                    "choose",
                    lambda node, press: world.wishes(node).choose_match(
                        press, lambda matches: next((match for match in matches if match.ref == second), None)
                    ),
                )
            )
        if popup.call_back is not None and popup.call_back.route is not None:
            made = popup.call_back.made
            found.append(("call back", lambda node, press: world.calling(node).call_back(press, made)))
        if popup.may_note:
            text = f"note {self.presses}"
            found.append(("note", lambda node, press: self._save_note(node, press, text)))
        return found

    async def _save_note(self, node: Node, press: Press, text: str) -> Granted:
        said = self.notes[press.popup_id]
        said.append((text, False))
        granted = await self.world.after_call(node).save_note(press, CallNote(text=text))
        said[:] = [(text, True)]
        return granted

    async def _make(self, message: Message, wish: Wish) -> None:
        world = self.world
        node = world.any_node()
        if node is None:
            return
        press = Press(
            tenant_id=message.tenant_id,
            popup_id=message.popup.popup_id,
            entra_object_id=message.user,
            card_id=message.card_id,
        )
        try:
            granted: Granted | None = await world.on(node, wish(node, press))
        except NotPlaced as problem:
            world.note(f"calls not placed: {problem.code}")
        except NotYours:
            world.note("presses that came too late")  # the call has gone on meanwhile
        except CallGone:
            world.blame("a press was answered with CallGone")
        else:
            if granted is not None and granted.drawn:
                message.popup = granted.popup  # Teams shows the answer in the card's place
