"""The service's parts as one node of the simulation has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from calls.callers.identify import CardsJob
from calls.callers.sources import Sources
from calls.calling.asking import Calling
from calls.calling.placing import PlacingJob
from calls.jobs.queue import CALLING, CARDS, JOURNAL, Bell, Work
from calls.jobs.sweep import Sweep
from calls.journal.journaling import JournalJob
from calls.popups.after_call import AfterCallWishes
from calls.popups.cards import Cards
from calls.popups.wishes import Press, Wishes, follow_by_edit
from calls.ports import Operator, Tools
from calls.reducer import Call
from tests.simulation.placer import NodePlacer
from tests.simulation.sources import connector_maker
from tests.simulation.teams import NodeChannel
from tests.support.placers import FakeOperator, FakePlacer

if TYPE_CHECKING:
    from tests.simulation.nodes import Node


class CallRefTexts:
    """:class:`calls.journal.journaling.JournalTexts` that says which call it is about."""

    def write(self, call: Call, *, employee: str | None, rang: Sequence[str], language: str) -> tuple[str, str]:
        return call.call_ref, f"{employee}: {', '.join(rang)}"


def operators(node: Node) -> Mapping[str, Operator]:
    placer = NodePlacer(node, node.world.switch)
    return FakeOperator(call_placer=cast("FakePlacer", placer)).as_operators


def jobs(node: Node) -> Mapping[str, Work]:
    world = node.world
    sources = Sources(node.database, connector_maker(node, world.crms))
    kinds, tools = operators(node), cast("Tools", None)  # the placer uses none of them
    cards = Cards(node.database, NodeChannel(node, world.teams), node.now, kinds)
    return {
        CARDS: CardsJob(node.database, sources, cards, node.now),
        JOURNAL: JournalJob(node.database, Bell(), sources, CallRefTexts(), node.now, world.chance.random),
        CALLING: PlacingJob(node.database, Bell(), kinds, tools, node.now),
    }


def sweep(node: Node) -> Sweep:
    return Sweep(node.database, Bell(), node.now)


def wishes(node: Node) -> Wishes:
    return Wishes(node.database, Bell(), node.now, operators(node))


async def leave_to_edit(node: Node, press: Press) -> None:
    """What the bot does with an answer that comes too late."""
    await follow_by_edit(node.database, Bell(), press, node.now(), answered=False)


def after_call(node: Node) -> AfterCallWishes:
    return AfterCallWishes(node.database, Bell(), node.now, operators(node))


def calling(node: Node) -> Calling:
    return Calling(node.database, Bell(), operators(node), node.now)
