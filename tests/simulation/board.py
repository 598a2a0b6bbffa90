"""The queue behind the bell, simulated: rings are real and belong to their transaction, and jobs to whoever takes them.

As PGQueuer does, as far as the service relies on it: a ring's job exists when its transaction is committed; a job whose
node died or stands still is taken over after some seconds under the same id; a key covers waiting and running jobs.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from calls.jobs.queue import Task
from calls.store.database import DATABASE_AWAY
from tests.simulation import service
from tests.simulation.resting import something_due

_COLLECT = "DELETE FROM queue.pgqueuer RETURNING id, entrypoint, headers ->> 'tenant' AS tenant, payload, dedupe_key"

if TYPE_CHECKING:
    from tests.simulation.nodes import Node
    from tests.simulation.world import World


@dataclass(kw_only=True, eq=False, slots=True)
class _Job:
    kind: str
    task: Task
    key: str | None
    done: bool = False
    runs: int = 0
    nodes: list[Node] = field(default_factory=list)


class Board:
    """What waits and what runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keys: set[str] = set()
        self._count = 0
        self.open: set[int] = set()  # numbers of jobs that wait or run
        self.lapsed = 0  # jobs that ended because the database was away
        world.postgres.on_commit = self._collect

    def _collect(self) -> None:
        """What was rung for is in the queue's table once its transaction is committed."""
        rows = self._world.postgres.look_now(_COLLECT)
        for row in sorted(rows, key=lambda row: row["id"]):
            tenant_id, call_id = UUID(row["tenant"]), UUID(row["payload"].decode())
            self.add(row["entrypoint"], tenant_id, call_id, row["dedupe_key"])
        self._world.stir()

    def add(self, kind: str, tenant_id: UUID, call_id: UUID, key: str | None) -> None:
        if key is not None and key in self._keys:
            return
        faults = self._world.faults
        for _ in range(2 if key is None and faults.happens("ring_twice") else 1):
            if faults.happens("ring_lost"):
                continue
            if key is not None:
                self._keys.add(key)
            self._count += 1
            self.open.add(self._count)
            job = _Job(kind=kind, task=Task(tenant_id=tenant_id, call_id=call_id, job_id=str(self._count)), key=key)
            delay = self._world.chance.uniform(0.5, 4) if faults.happens("ring_late") else self._soon()
            self._world.loop.call_later(delay, self._start, job)

    def _soon(self) -> float:
        return self._world.chance.expovariate(100)

    def _start(self, job: _Job) -> None:
        if job.done:
            return
        fit = [node for node in self._world.nodes if node.fit]
        if not fit:
            self._world.loop.call_later(0.5, self._start, job)
            return
        node = self._world.chance.choice(fit)
        job.runs += 1
        _ = node.spawn(self._work(job, node))
        self._world.loop.call_later(self._world.chance.uniform(4.5, 7), self._look_after, job, node)

    def _look_after(self, job: _Job, node: Node) -> None:
        """The heartbeat: whoever is silent for five seconds loses the job to another."""
        if job.done:
            return
        if node.fit:
            self._world.loop.call_later(self._world.chance.uniform(1, 3), self._look_after, job, node)
        elif job.runs < 5:
            self._world.faults.counts["job_taken_over"] += 1
            self._start(job)
        else:
            self._finish(job)

    async def _work(self, job: _Job, node: Node) -> None:
        await node.gate(f"{job.kind} job")
        try:
            await self._world.handlers[node][job.kind](job.task)
        except DATABASE_AWAY:
            self.lapsed += 1
        except Exception as problem:
            self._world.blame(f"{job.kind} job raised {problem!r}")
        await node.gate("job done")
        self._finish(job)

    def _finish(self, job: _Job) -> None:
        if not job.done:
            job.done = True
            self.open.discard(int(job.task.job_id))
            if job.key is not None:
                self._keys.discard(job.key)


async def sweeping(node: Node, world: World) -> None:
    """A node's sweep: every second while something goes on, else when the next row is due."""
    sweep = service.sweep(node)
    while True:
        await asyncio.sleep(world.chance.uniform(0.9, 1.1))
        await node.gate("sweep")
        try:
            await sweep.find_open_work()
        except DATABASE_AWAY:
            continue
        except Exception as problem:
            world.blame(f"sweep raised {problem!r}")
        await something_due(node, world)
