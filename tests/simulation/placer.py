"""The exchange's side of calls that employees ask for: it carries out what it was sent, whether or not anybody still
listens, and tells of it like of any other call. No request may ring a telephone twice."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from calls.errors import OutsideError, Refused, Throttled, Transient, Unknown
from calls.model import Connection, Direction, Event, EventKind, Outcome, Party
from calls.orders import Accepted, CallOrder
from calls.ports import Tools
from tests.simulation.operator import CallTruth
from tests.simulation.presses import Wished
from tests.support.clock import BEGINNING
from tests.support.events import line

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.world import World


@dataclass(kw_only=True)
class Switch:
    """What has been ordered, and what was made of it."""

    world: World
    orders: defaultdict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))  # what the asker was told
    placed: dict[UUID, str] = field(default_factory=dict)  # request → the call's reference
    rung: Counter[Wished] = field(default_factory=Counter)  # how often who was rung up to call whom

    def begin(self, order: CallOrder) -> int:
        """Note an order, and whether it may be given; its place among those of its request."""
        told = self.orders[order.request_id]
        if any(each != "declined" for each in told):
            self.world.blame(f"request {order.request_id} is ordered again, the first was {told[0]}")
        told.append("under way")
        return len(told) - 1

    def carry_out(self, order: CallOrder, place: int) -> str:
        world = self.world
        if order.request_id in self.placed:
            world.blame(f"request {order.request_id} has rung a telephone twice")
        ref = f"t{place}-b{len(self.placed)}"
        self.placed[order.request_id] = ref
        who = (place, order.employee_alias or "", order.target.key)
        self.rung[who] += 1
        times, presses = self.rung[who], len(world.employees.call_backs[who])
        if times > presses:
            world.blame(f"a telephone has rung {times} times for {presses} presses, request {order.request_id}")
        truth = CallTruth(
            ref=ref,
            place=place,
            at=world.loop.time(),
            caller=Party(number=order.target),
            events=tuple(self._events(ref, order)),
        )
        world.truths.append(truth)
        world.tell(truth)
        return ref

    def _events(self, ref: str, order: CallOrder) -> list[tuple[float, Event]]:
        chance = self.world.chance
        employee = line(int((order.employee_alias or "w0")[1:]))
        named = chance.random() < 0.5  # an exchange may hand our id back

        def event(kind: EventKind, what: str, **more: object) -> Event:
            return Event(
                event_id=f"{ref} {what}",
                kind=kind,
                call_ref=ref,
                received_at=BEGINNING,
                direction=Direction.OUTBOUND,
                request_ref=str(order.request_id) if named else None,
                **more,  # type: ignore[arg-type]
            )

        told = {"agents": (employee,), "caller": employee, "called": Party(number=order.target)}
        events = [(0.5, event(EventKind.RINGING, "ring", **told))]
        if chance.random() < 0.7:
            answered = chance.uniform(3, 20)
            events.append((answered, event(EventKind.ANSWERED, "answer")))
            events.append((answered + chance.uniform(2, 60), event(EventKind.ENDED, "end", outcome=Outcome.COMPLETED)))
        else:
            outcome = chance.choice((Outcome.MISSED, Outcome.BUSY))
            events.append((chance.uniform(3, 40), event(EventKind.ENDED, "end", outcome=outcome)))
        return events


class NodePlacer:
    """One node's way to the exchange: :class:`calls.ports.CallPlacer`."""

    def __init__(self, node: Node, switch: Switch) -> None:
        self._node = node
        self._switch = switch

    async def place_call(self, order: CallOrder, connection: Connection, tools: Tools, *, deadline: float) -> Accepted:
        await self._node.point("place")
        told, number = self._switch.orders[order.request_id], self._switch.begin(order)
        told[number] = "unknown"
        try:
            accepted = await self._ask(order, connection, deadline)
        except (Throttled, Transient, Refused):
            told[number] = "declined"
            raise
        told[number] = "accepted"
        return accepted

    async def _ask(self, order: CallOrder, connection: Connection, deadline: float) -> Accepted:
        world, node = self._switch.world, self._node
        faults, loop = world.faults, world.loop
        place = next(at for at, each in enumerate(world.companies) if each.tenant_id == connection.tenant_id)
        delay = faults.chance.uniform(2, 12) if faults.happens("placer_slow") else faults.chance.uniform(0.05, 0.5)
        answer: asyncio.Future[Accepted | OutsideError] = loop.create_future()

        def settle(result: Accepted | OutsideError) -> None:
            if not answer.done():
                answer.set_result(result)

        def carry_out() -> None:
            accepted = Accepted(call_ref=self._switch.carry_out(order, place))
            settle(Unknown("lost on the way back") if lost else accepted)

        lost = False
        if faults.happens("placer_declines"):
            said = (Transient("503"), Throttled(retry_after=1.0), Throttled(), Refused(code="target_unavailable"))
            loop.call_later(delay, settle, faults.chance.choice(said))
        elif faults.happens("placer_loses_request"):
            loop.call_later(delay, settle, Unknown("lost on the way there"))
        else:
            lost = faults.happens("placer_loses_answer")
            if loop.time() + delay <= deadline + 0.2:  # what it has not begun when we hang up, it does not begin
                loop.call_later(delay, carry_out)
        try:
            async with asyncio.timeout_at(deadline):
                result = await answer
        except TimeoutError:
            await node.gate("no answer")
            raise Unknown("no answer") from None
        await node.gate("placed")
        if isinstance(result, OutsideError):
            raise result
        return result
