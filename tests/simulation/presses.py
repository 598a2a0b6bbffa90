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
from calls.popups.wishes import CallGone, Granted, NotYours, Press, is_late
from tests.simulation import service
from tests.support.companies import NUMBER_OF_EMPLOYEES, object_id

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.teams import Message
    from tests.simulation.world import World

Wish = Callable[["Node", Press], Coroutine[Any, Any, Granted]]
Wished = tuple[int, str, str]  # the tenant's place, the employee's alias at the exchange, the number to be called


@dataclass(kw_only=True)
class Employees:
    """Everybody at their cards."""

    world: World
    presses: int = 0
    # How often: a button that says how many calls were asked for is one press, however often it comes.
    call_backs: defaultdict[Wished, set[tuple[UUID, int]]] = field(default_factory=lambda: defaultdict(set))
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
        if name == "call back":
            self._count_call_back(message)
        for _ in range(2 if world.chance.random() < 0.2 else 1):  # a finger is quick, and Teams repeats a press
            await self._make(message, wish)

    def _count_call_back(self, message: Message) -> None:
        popup, companies = message.popup, self.world.companies
        assert popup.number is not None
        assert popup.call_back is not None
        place = next(at for at, each in enumerate(companies) if each.tenant_id == message.tenant_id)
        employee = next(at for at in range(NUMBER_OF_EMPLOYEES) if object_id(at) == message.user)
        self.call_backs[place, f"w{employee}", popup.number.key].add((popup.popup_id, popup.call_back.made))

    def _wishes(self, popup: Popup) -> list[tuple[str, Wish]]:
        found: list[tuple[str, Wish]] = []
        if popup.may_search_again:
            found.append(("search again", lambda node, press: service.wishes(node).search_again(press)))
        if len(popup.matches) > 1 and not popup.chosen:
            second = popup.matches[1].ref
            found.append(
                (
                    "choose",
                    lambda node, press: service.wishes(node).choose_match(
                        press, lambda matches: next((match for match in matches if match.ref == second), None)
                    ),
                )
            )
        if popup.call_back is not None and popup.call_back.route is not None:
            made = popup.call_back.made
            found.append(("call back", lambda node, press: service.calling(node).call_back(press, made)))
        if popup.may_note:
            text = f"note {self.presses}"
            found.append(("note", lambda node, press: self._save_note(node, press, text)))
        return found

    async def _save_note(self, node: Node, press: Press, text: str) -> Granted:
        said = self.notes[press.popup_id]
        said.append((text, False))
        granted = await service.after_call(node).save_note(press, CallNote(text=text))
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
            if granted is None or not granted.drawn:
                return
            if is_late(granted.as_of, node.now()):
                world.note("answers that came too late to be drawn")
                await world.on(node, service.leave_to_edit(node, press))
                return
            message.popup = granted.popup  # Teams shows the answer in the card's place
