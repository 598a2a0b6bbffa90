"""Events on their way to an address of ours."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from calls.intake.ingest import Taken, take_in
from calls.jobs.queue import Bell
from calls.ports import Parsed, Proof
from tests.simulation.operator import Delivery, arriving

if TYPE_CHECKING:
    from tests.simulation.world import World


async def deliver(world: World, delivery: Delivery) -> None:
    """As an exchange does: again, until somebody says that it was taken."""
    proof = Proof(method="url_token", delivery_id=delivery.delivery_id)
    wait = 0.5
    while True:
        node = world.any_node()
        if node is not None:
            now = node.now()
            parsed = Parsed(events=(arriving(delivery.event, now),))
            operator = world.connections[delivery.place]
            taken: Taken | None = await world.on(node, take_in(node.database, Bell(), operator, proof, parsed, now))
            if taken is not None:
                event = delivery.event
                if taken.ignored:
                    world.ignored.add(event.event_id)
                if taken.stored or (taken.repeated and event.event_id not in world.ignored):
                    world.delivered[event.call_ref][event.event_id] = event
                return
            world.note("webhooks tried again")
        await asyncio.sleep(wait)
        wait = min(wait * 2, 10.0)
