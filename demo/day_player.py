"""Plays the working day on a running demo: by the clock at any speed, or as fast as everything outside allows.

As fast as possible still keeps the order that causes have: a call waits for the calls before it on the same
telephones, and somebody answers only when the card is there. Callers come no closer together than HubSpot's search
limit lets the service ask who they are; what Teams' limits hold back is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp

from demo.outside import ExchangeRefusedError, Outside
from demo.working_day import DayCall, Step

PACE = 0.5  # seconds between two callers who are looked up: one or two searches each, of three a second that we use
PATIENCE = 30.0  # seconds until a card that does not come is waited for no longer


@dataclass(slots=True)
class Progress:
    """How far the day has come."""

    calls: int  # in all
    begun: int = 0
    done: int = 0
    answered: int = 0
    unanswered: int = 0
    passed_on: int = 0
    internal: int = 0
    refused: int = 0  # what the exchange would not do: somebody else uses the telephones too
    late: int = 0  # cards that did not come in time
    clock: int = 0  # seconds since midnight, of the newest call
    speed: float | None = None
    state: str = "playing"  # then "done", "stopped" or "failed"

    def show(self) -> dict[str, Any]:
        return asdict(self)


class DayPlayer:
    """One day, played once. ``speed`` None: as fast as possible."""

    def __init__(self, outside: Outside, day: tuple[DayCall, ...], speed: float | None) -> None:
        self.progress = Progress(calls=len(day), speed=speed, clock=day[0].at)
        self._outside = outside
        self._day = day
        self._speed = speed
        self._pace = asyncio.Lock()
        self._talks: list[_Talk] = []

    async def hang_up_all(self) -> None:
        """After a stop: no telephone is left ringing."""
        for talk in self._talks:
            await talk.hang_up()

    async def play(self, tell: Callable[[Progress], None] = lambda _: None) -> Progress:
        """To the end. Raises aiohttp.ClientError when the demo goes away."""
        turns: dict[str, asyncio.Future[None]] = {}  # a telephone's number → the end of its newest call
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.TaskGroup() as calls:
                for call in self._day:
                    numbers = self._telephones(call)
                    before = [turns[number] for number in numbers if number in turns]
                    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    turns |= dict.fromkeys(numbers, over)
                    at = None if self._speed is None else began + (call.at - self._day[0].at) / self._speed
                    calls.create_task(self._play_call(call, before, over, at, tell))
        except* aiohttp.ClientError as problems:
            self.progress.state = "failed"
            raise problems.exceptions[0] from None
        self.progress.state = "done"
        tell(self.progress)
        return self.progress

    async def _play_call(
        self,
        call: DayCall,
        before: list[asyncio.Future[None]],
        over: asyncio.Future[None],
        at: float | None,
        tell: Callable[[Progress], None],
    ) -> None:
        try:
            if at is None:
                await asyncio.gather(*before)
            else:
                await asyncio.sleep(at - asyncio.get_running_loop().time())
            self.progress.begun += 1
            self.progress.clock = max(self.progress.clock, call.at)
            tell(self.progress)
            await self._play_steps(call)
            self.progress.done += 1
            tell(self.progress)
        finally:
            if not over.done():
                over.set_result(None)

    async def _play_steps(self, call: DayCall) -> None:
        inside = call.caller in self._outside.lines
        talk = _Talk(self._outside, self._looked_up if call.caller != "anonymous" else _at_once, self._note_late)
        talk.silent = inside
        talk.waits = self._speed is None
        self._talks.append(talk)
        try:
            await talk.begin(call)
            for step in call.steps:
                if self._speed is not None:
                    await asyncio.sleep(step.after / self._speed)
                if step.verb == "meanwhile" and call.meanwhile is not None:
                    await self._play_steps(call.meanwhile)
                else:
                    await talk.do(step)
        except ExchangeRefusedError:
            self.progress.refused += 1
            await talk.hang_up()
            return
        finally:
            self.progress.passed_on += talk.passed_on
        if inside:
            self.progress.internal += 1
        elif talk.answered:
            self.progress.answered += 1
        else:
            self.progress.unanswered += 1

    async def _looked_up(self) -> None:
        """Somebody with a number calls: not too soon after the last one, when nothing else keeps time."""
        if self._speed is None:
            async with self._pace:
                await asyncio.sleep(PACE)

    def _note_late(self) -> None:
        self.progress.late += 1

    def _telephones(self, call: DayCall) -> list[str]:
        found: dict[str, None] = {}
        for name in sorted(call.names()):
            if name in self._outside.lines:
                found[self._outside.lines[name]] = None
            found |= dict.fromkeys(self._outside.groups.get(name, ()))
        return list(found)


async def _at_once() -> None:
    """Nobody is asked about a hidden number."""


class _Talk:
    """One caller's way through the exchange: the call, and those it is passed on as."""

    def __init__(
        self,
        outside: Outside,
        pace: Callable[[], Coroutine[Any, Any, None]],
        note_late: Callable[[], None],
    ) -> None:
        self.answered = False
        self.passed_on = 0
        self.silent = False  # colleagues: no cards
        self.waits = False  # for the cards, before anything else happens
        self._outside = outside
        self._pace = pace
        self._note_late = note_late
        self._calls: list[dict[str, Any]] = []  # the first one, and those that came of it and still live
        self._told: set[tuple[str, str]] = set()  # call and line that have a card

    async def begin(self, call: DayCall) -> None:
        if not self.silent:
            await self._pace()
        before = self._outside.banners()
        placed = await self._outside.place(call.caller, call.to, call.when_busy)
        self._calls = [placed]
        self.passed_on += bool(placed["diversion"])  # by a busy line, whose owner is not disturbed
        await self._wait(before, placed)

    async def hang_up(self) -> None:
        for call in reversed(self._calls):
            with contextlib.suppress(ExchangeRefusedError):  # it is over
                await self._outside.ask("POST", f"exchange/calls/{call['id']}/hangup", {})

    async def do(self, step: Step) -> None:
        call = self._calls[0 if step.verb == "hang up first" else -1]
        line = self._outside.lines.get(step.who or "")
        passes = step.verb in {"forward", "transfer", "join"}
        if passes:
            await self._pace()
            self.passed_on += 1
        before = self._outside.banners()
        verb = "hangup" if step.verb.startswith("hang up") else step.verb
        body = {"by" if step.verb in {"answer", "reject"} else "to": line} if line else {}
        done = await self._outside.ask("POST", f"exchange/calls/{call['id']}/{verb}", body)
        if step.verb in {"transfer", "consult"}:
            self._calls.append(done)
        elif passes or (step.verb == "answer" and call["parent"]):
            self._calls = [done]  # what it was passed on from is over
        elif done["state"] == "ended" and len(self._calls) > 1 and step.verb != "hang up first":
            self._calls.pop()  # back to the one who asked, or tried to pass it on
        self.answered |= step.verb == "answer"
        await self._wait(before, done)

    async def _wait(self, before: Counter[str], call: dict[str, Any]) -> None:
        """Until those who have begun to ring see their card."""
        ring = {number for number in call["rang"] if (call["id"], number) not in self._told}
        self._told |= {(call["id"], number) for number in ring}
        if self.waits and not self.silent and ring and not call["dialled_by"]:
            wanted = Counter({number: before[number] for number in ring})
            if not await self._outside.posted(wanted, PATIENCE):
                self._note_late()
