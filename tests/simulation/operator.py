"""A telephone exchange that knows what really happened, and tells it as badly as exchanges do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from calls.model import Direction, Event, EventKind, Outcome, Party, Presentation, Queue
from calls.numbers import Number, NumberKind
from tests.simulation.faults import Faults
from tests.support.clock import BEGINNING
from tests.support.companies import NUMBER_OF_EMPLOYEES
from tests.support.events import line

_STRANGER = Party(number=Number(kind=NumberKind.E164, digits="4799999999"), alias="nobody here")
_FOREIGN = ("46", "45", "44", "49", "1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One event on its way to us."""

    at: float  # virtual seconds
    place: int  # which tenant
    event: Event  # received_at is filled in when it arrives
    delivery_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallTruth:
    """One call as it was."""

    ref: str
    place: int
    at: float
    caller: Party
    events: tuple[tuple[float, Event], ...]  # seconds after its beginning


class Exchange:
    """Generates a day's calls over several tenants."""

    def __init__(self, seed: str, faults: Faults, tenants: int) -> None:
        self._chance = random.Random(f"{seed} exchange")
        self._faults = faults
        self._tenants = tenants

    def day(self, calls: int, *, apart: float) -> tuple[list[CallTruth], list[Delivery]]:
        """What happens and what is told of it, by time. ``apart``: mean seconds between two calls."""
        truths: list[CallTruth] = []
        deliveries: list[Delivery] = []
        at = 1.0
        for number in range(calls):
            # Busy quarters of an hour and quiet ones.
            at += self._chance.expovariate(1 / apart) * (0.3 if number // 40 % 2 else 1.7)
            truth = self._call(number, at)
            truths.append(truth)
            deliveries += self.tell(truth)
        return truths, sorted(deliveries, key=lambda delivery: delivery.at)

    def _call(self, number: int, at: float) -> CallTruth:
        chance = self._chance
        place = chance.randrange(self._tenants)
        ref = f"t{place}-{number}"
        members = chance.sample(range(NUMBER_OF_EMPLOYEES), chance.choice((1, 1, 1, 1, 2, 3, 5)))
        caller, direction = self._caller(number, members)
        queue = Queue(name="Salg") if len(members) > 1 else None

        def event(kind: EventKind, what: str, **more: object) -> Event:
            return Event(
                event_id=f"{ref} {what}",
                kind=kind,
                call_ref=ref,
                received_at=BEGINNING,
                direction=direction,
                **more,  # type: ignore[arg-type]
            )

        def told() -> dict[str, Party]:
            return {"caller": caller} if direction is not Direction.OUTBOUND else {"caller": line(0), "called": caller}

        phones = [line(member) for member in members]
        events: list[tuple[float, Event]] = []
        if chance.random() < 0.03:
            phones = [_STRANGER]
        if direction is Direction.OUTBOUND:
            events.append((0.0, event(EventKind.RINGING, "ring", agents=(line(0),), **told())))
        elif chance.random() < 0.5:
            events.append((0.0, event(EventKind.RINGING, "ring", agents=tuple(phones), queue=queue, **told())))
        else:
            for turn, phone in enumerate(phones):
                ring = event(EventKind.RINGING, f"ring {turn}", agents=(phone,), queue=queue, **told())
                events.append((turn * chance.choice((0.0, 0.05, 4.0)), ring))
        events += self._middle_and_end(event, phones, last_ring=events[-1][0])
        return CallTruth(ref=ref, place=place, at=at, caller=caller, events=tuple(events))

    def _caller(self, number: int, members: list[int]) -> tuple[Party, Direction]:
        chance, kind = self._chance, self._chance.random()
        if kind < 0.08:
            return Party(presentation=Presentation.WITHHELD), Direction.INBOUND
        if kind < 0.11:
            return Party(presentation=Presentation.UNAVAILABLE), Direction.INBOUND
        if kind < 0.2:
            others = [place for place in range(NUMBER_OF_EMPLOYEES) if place not in members]
            return line(chance.choice(others)), Direction.INBOUND  # a colleague, and the exchange does not say so
        # Everybody calls once, so that what was asked and written can be told apart by number.
        digits = f"{chance.choice(_FOREIGN)}2{number:07d}" if kind < 0.3 else f"472{number:07d}"
        outside = Party(number=Number(kind=NumberKind.E164, digits=digits))
        return outside, Direction.OUTBOUND if chance.random() < 0.1 else Direction.INBOUND

    def _middle_and_end(self, event: object, phones: list[Party], *, last_ring: float) -> Iterator[tuple[float, Event]]:
        make = event
        chance = self._chance
        at = last_ring
        if len(phones) > 1 and chance.random() < 0.3:
            at += chance.uniform(0.5, 4)
            outcome = chance.choice((Outcome.REJECTED, Outcome.BUSY, Outcome.UNREACHABLE))
            yield at, make(EventKind.LEG_ENDED, "leg end", agents=(phones[0],), outcome=outcome)  # type: ignore[operator]
        if chance.random() < 0.6:
            at += chance.uniform(1, 25)
            by = phones[-1] if chance.random() < 0.9 else None
            yield at, make(EventKind.ANSWERED, "answer", answered_by=by)  # type: ignore[operator]
            at += chance.choice((chance.uniform(2, 40), chance.uniform(20, 900)))
            yield at, make(EventKind.ENDED, "end", outcome=Outcome.COMPLETED)  # type: ignore[operator]
            return
        at += chance.uniform(2, 40)
        outcome = chance.choice((Outcome.CALLER_CANCELLED, Outcome.CALLER_CANCELLED, Outcome.MISSED, Outcome.REJECTED))
        yield at, make(EventKind.ENDED, "end", outcome=outcome)  # type: ignore[operator]

    def tell(self, truth: CallTruth, *, all_but_its_end: bool = False) -> Iterator[Delivery]:
        """The deliveries of a call: late, twice, overtaking each other, or never."""
        chance, faults = self._chance, self._faults
        for seconds, event in truth.events:
            if event.kind is EventKind.ENDED and faults.happens("end_dropped"):
                continue
            if event.kind is not EventKind.ENDED and not all_but_its_end and faults.happens("event_dropped"):
                continue
            at = truth.at + seconds + chance.expovariate(10)
            if faults.happens("event_late"):
                at += chance.choice((chance.uniform(0.5, 5), chance.uniform(5, 60), chance.uniform(60, 6000)))
            ids = truth.place == 1  # this tenant's exchange numbers its deliveries
            yield self._delivery(truth, at, event, "1" if ids else None)
            if faults.happens("event_twice"):
                again = chance.choice(("1", "2")) if ids else None
                yield self._delivery(truth, at + chance.expovariate(0.5), event, again)

    def _delivery(self, truth: CallTruth, at: float, event: Event, number: str | None) -> Delivery:
        delivery_id = f"{event.event_id} {number}" if number else None
        return Delivery(at=at, place=truth.place, event=event, delivery_id=delivery_id)


def arriving(event: Event, now: datetime) -> Event:
    return replace(event, received_at=now)


def tenant_id(place: int) -> UUID:
    return UUID(f"{place + 1:08x}-2222-4333-8444-555555555555")
