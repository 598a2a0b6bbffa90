"""Delivers events to the customer, in the order of each call, as a patient operator does.

Three tries on a failed connection, a time-out or a 5xx; anything else is final. A form-mode (sipgate) customer gets
only what its reply to ``newCall`` asked for. Signatures: https://www.standardwebhooks.com (same ``webhook-id`` for all
tries of one event, a fresh time each).
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from standardwebhooks import Webhook

from simulators.exchange.bodies import FORM_TYPE, JSON_TYPE
from simulators.exchange.orders import Target, Travel
from simulators.exchange.replies import Subscription, read_reply

TIME_LIMIT = 3.0
"""Seconds an endpoint has for its answer."""
WAITS = (0.2, 0.5)
"""Seconds before the second and the third try."""
HOLD = 1.0
"""Seconds a reordered event waits for the one it changes places with."""
KEPT = 2000
"""Deliveries remembered, the newest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something to tell the customer, written down when it happened."""

    call: str
    kind: str
    form: str = field(repr=False)
    json: str = field(repr=False)
    id: str = field(default_factory=lambda: f"msg_{uuid.uuid4().hex}")


class Courier:
    """One worker per call, so that a slow delivery holds up its own call only."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.travel = Travel()
        self.log: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._waiting: dict[str, asyncio.Queue[Event]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIME_LIMIT)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def take(self, event: Event) -> None:
        """Accept an event; returns at once."""
        queue = self._waiting.get(event.call)
        if queue is None:
            queue = self._waiting[event.call] = asyncio.Queue()
            worker = asyncio.create_task(self._work(event.call, queue))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        queue.put_nowait(event)

    async def _work(self, call: str, queue: asyncio.Queue[Event]) -> None:
        subscription = Subscription()
        over = False
        while not over:
            events = await self._next(queue)
            over = any(event.kind == "hangup" for event in events)
            for event in events:
                for _ in range(2 if self.travel.duplicate else 1):
                    subscription = await self._deliver(event, subscription)
        del self._waiting[call]

    async def _next(self, queue: asyncio.Queue[Event]) -> list[Event]:
        event = await queue.get()
        first = event.kind == "newCall" and self.target.format == "form"  # nothing else can go before it
        if not self.travel.reorder or first or event.kind == "hangup":
            return [event]
        try:
            return [await asyncio.wait_for(queue.get(), HOLD), event]
        except TimeoutError:
            return [event]

    async def _deliver(self, event: Event, subscription: Subscription) -> Subscription:
        target, travel = self.target, self.travel
        address: str | None = target.url
        if target.format == "form" and event.kind != "newCall":
            address = subscription.address(event.kind)
        if event.kind in travel.drop_kinds:
            self._note(event, 0, error="dropped on purpose")
        elif not address:
            self._note(event, 0, error="not subscribed" if target.url else "no target")
        else:
            if travel.delay:
                await asyncio.sleep(travel.delay)
            return await self._try(event, target, address, subscription)
        return subscription

    async def _try(self, event: Event, target: Target, address: str, subscription: Subscription) -> Subscription:
        for attempt, wait in enumerate((*WAITS, None), start=1):
            status, kind, text, error = await self._post(event, target, address)
            if status is not None and 200 <= status < 300 and event.kind == "newCall" and target.format == "form":
                subscription = read_reply(kind, text)
                error = subscription.problem
            self._note(event, attempt, status=status, reply=text, error=error)
            if wait is None or (status is not None and status < 500):
                break
            await asyncio.sleep(wait)
        return subscription

    async def _post(self, event: Event, target: Target, address: str) -> tuple[int | None, str, str, str | None]:
        if self._session is None:
            raise RuntimeError("the application has not been started")
        form = target.format == "form"
        body = event.form if form else event.json
        headers = {"Content-Type": FORM_TYPE if form else JSON_TYPE, "User-Agent": "exchange-simulator"}
        if target.secret is not None:
            headers |= _sign(target.secret, event.id, body)
        try:
            async with self._session.post(
                address, data=body.encode(), headers=headers, allow_redirects=False
            ) as response:
                return response.status, response.content_type, (await response.text(errors="replace"))[:2000], None
        except TimeoutError:
            return None, "", "", "no answer in time"
        except aiohttp.ClientError as error:
            return None, "", "", f"not reached ({type(error).__name__})"

    def _note(
        self, event: Event, attempt: int, *, status: int | None = None, reply: str = "", error: str | None = None
    ) -> None:
        now = datetime.now(UTC).isoformat()
        line = {"at": now, "id": event.id, "call": event.call, "kind": event.kind, "status": status, "reply": reply}
        self.log.append(line | {"attempt": attempt, "error": error})


def _sign(secret: str, event_id: str, body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, body),
    }
