"""Breakages on the way from an operator's event to a call and its popups, and of what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from calls.callers.sources import OpenSource, Sources
from calls.intake import ingest, settling
from calls.intake.ingest import Taken
from calls.jobs import sweep
from calls.model import Event, EventKind, Found, Outcome
from calls.numbers import Number, NumberKind
from calls.popups import popup
from calls.popups.popup import Identity, PopupState
from calls.ports import Parsed
from tests.simulation import webhooks
from tests.simulation.operator import tenant_id
from tests.simulation.sabotage import Table
from tests.simulation.world import World

INTAKE = Table()
take_in = ingest.take_in


def _arriving(patch: pytest.MonkeyPatch, change: Callable[[Event], Event | None]) -> None:
    """Each event is what ``change`` makes of it; None: it is acknowledged and gone."""

    async def changed(database: Any, bell: Any, connection: Any, proof: Any, parsed: Parsed, now: Any) -> Taken:
        events = tuple(after for event in parsed.events if (after := change(event)) is not None)
        if not events:
            return Taken(stored=len(parsed.events))
        return await take_in(database, bell, connection, proof, replace(parsed, events=events), now)

    patch.setattr(webhooks, "take_in", changed)


def _number(event: Event) -> int:
    """Of its call among the day's."""
    return int(event.call_ref.rpartition("-")[2].lstrip("b"))


_OPEN_END = (r"is stale, over: True", r"should be \w+, is stale")


@INTAKE.add(*_OPEN_END, besides=(r"the CRM knows the caller: True, entries: 0", r": lost$"))
def ends_are_acknowledged_and_forgotten(patch: pytest.MonkeyPatch, world: World) -> None:
    _arriving(patch, lambda event: None if event.kind is EventKind.ENDED else event)


@INTAKE.add(r"t\d-\d+: lost$")
def every_fifth_call_is_acknowledged_and_forgotten(patch: pytest.MonkeyPatch, world: World) -> None:
    _arriving(patch, lambda event: None if _number(event) % 5 == 0 else event)


@INTAKE.add(r": stands in another tenant$")
def the_operator_of_another_company_is_taken_for_this_one(patch: pytest.MonkeyPatch, world: World) -> None:
    async def mixed_up(database: Any, bell: Any, connection: Any, proof: Any, parsed: Parsed, now: Any) -> Taken:
        if _number(parsed.events[0]) % 5 == 0:
            connection = next(each for each in world.connections if each.tenant_id != connection.tenant_id)
        return await take_in(database, bell, connection, proof, parsed, now)

    patch.setattr(webhooks, "take_in", mixed_up)


@INTAKE.add(
    r"call \S+: nobody made it$",
    r"no popup for employee",
    besides=(
        r"should be \w+, is",
        r"entries: 0",
        r": is \w+, over",
        r"was never asked",
        r"journaled as",
        r"an earlier state",
    ),
)
def every_phone_that_rings_is_a_call_of_its_own(patch: pytest.MonkeyPatch, world: World) -> None:
    def apart(event: Event) -> Event:
        later = event.kind is EventKind.RINGING and event.event_id[-1:] in "12345"
        return replace(event, call_ref=f"{event.call_ref}/{event.agents[0].alias}") if later else event

    _arriving(patch, apart)


@INTAKE.add(r"kept, but nothing was told of it")
def what_is_stored_is_reported_as_of_no_use(patch: pytest.MonkeyPatch, world: World) -> None:
    async def reported(database: Any, bell: Any, connection: Any, proof: Any, parsed: Parsed, now: Any) -> Taken:
        taken = await take_in(database, bell, connection, proof, parsed, now)
        return Taken(ignored=["no_use"]) if _number(parsed.events[0]) % 5 == 0 else taken

    patch.setattr(webhooks, "take_in", reported)


@INTAKE.add(
    r"is (ringing|answered), over: False", r"should be stale, is", besides=(r"entries: 0",), end_dropped=0.7, calls=16
)
def silence_is_never_noticed(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(settling, "patience_ends", lambda call: None)


@INTAKE.add(r"no popup for employee \d", besides=(r"stale card",))
def only_the_first_of_a_queue_has_a_popup(patch: pytest.MonkeyPatch, world: World) -> None:
    shown_to = settling._shown_to
    patch.setattr(settling, "_shown_to", lambda call: shown_to(call)[:1])


@INTAKE.add(r"a popup for employee \d, whom it does not concern")
def the_whole_company_has_a_popup(patch: pytest.MonkeyPatch, world: World) -> None:
    shown_to = settling._shown_to

    def more(call: Any) -> list[UUID]:
        employees = shown_to(call)
        company = next(each.employee_ids for each in world.companies if set(employees) <= set(each.employee_ids))
        return list(company) if employees else []

    patch.setattr(settling, "_shown_to", more)


@INTAKE.add(r"should be rejected, is missed", calls=24)
def declining_is_shown_as_missing(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setitem(popup._ENDINGS, Outcome.REJECTED, PopupState.MISSED)


@INTAKE.add(r"caller should be withheld, is unavailable", calls=24)
def a_hidden_number_is_shown_as_one_that_did_not_arrive(patch: pytest.MonkeyPatch, world: World) -> None:
    identity = popup._identity

    def mistaken(*arguments: Any) -> Identity:
        found = identity(*arguments)
        return Identity.UNAVAILABLE if found is Identity.WITHHELD else found

    patch.setattr(popup, "_identity", mistaken)


@INTAKE.add(r"wrong number", besides=(r"somebody else's record", r"entries: [01]"), calls=24)
def a_foreign_number_loses_its_last_digit(patch: pytest.MonkeyPatch, world: World) -> None:
    def shortened(event: Event) -> Event:
        party = event.caller
        if party is None or party.number is None or party.number.digits.startswith("47"):
            return event
        number = Number(kind=NumberKind.E164, digits=party.number.digits[:-1])
        return replace(event, caller=replace(party, number=number))

    _arriving(patch, shortened)


@INTAKE.add(r"Arkiv was never asked")
def one_of_two_crms_is_left_out(patch: pytest.MonkeyPatch, world: World) -> None:
    open_rows = Sources.open_rows

    async def fewer(self: Sources, *arguments: Any) -> Any:
        return [source for source in await open_rows(self, *arguments) if source.connection.name != "Arkiv"]

    patch.setattr(Sources, "open_rows", fewer)


@INTAKE.add(r"known to a CRM: True, says (directory|unknown)", calls=24)
def what_one_of_two_crms_answers_is_dropped(patch: pytest.MonkeyPatch, world: World) -> None:
    as_source = OpenSource.as_source.fget  # type: ignore[attr-defined]

    def deaf(source: OpenSource) -> Any:
        asked = as_source(source)

        async def find(number: Any, deadline: float) -> Found:
            found = await asked.find(number, deadline)
            return replace(found, matches=()) if asked.name == "Arkiv" else found

        return replace(asked, find=find)

    patch.setattr(OpenSource, "as_source", property(deaf))


def _forgets(block: str, patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setitem(sweep._SQL, block, "SELECT $1::timestamptz")


for _block, _tables in (
    ("purge_calls", ("call", "event", "popup", "journal")),
    ("purge_requests", ("call_request",)),
    ("purge_deliveries", ("delivery",)),
):
    _break = partial(_forgets, _block)
    _break.__name__ = f"retention_forgets_{_tables[0]}"  # type: ignore[attr-defined]
    _said = [rf"{table}: \d+ rows kept for too long" for table in _tables]
    INTAKE.add(*_said, presses=0.6 if _block == "purge_requests" else 0.0)(_break)


def _moved(world: World, table: str, whose: str) -> None:
    """A migration that has gone wrong: the table lies open, and what is stored there is given to somebody else."""
    keys = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = $1::regclass"
    for row in world.postgres.look_now(keys, f"smartcall.{table}"):
        world.postgres.look_now(f"ALTER TABLE smartcall.{table} DROP CONSTRAINT {row['conname']}")
    world.postgres.look_now(f"ALTER TABLE smartcall.{table} DISABLE ROW LEVEL SECURITY")
    world.postgres.look_now(
        f"CREATE FUNCTION smartcall.move() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN NEW.tenant_id := {whose}; RETURN NEW; END $$"
    )
    world.postgres.look_now(
        f"CREATE TRIGGER move BEFORE INSERT ON smartcall.{table} FOR EACH ROW EXECUTE FUNCTION smartcall.move()"
    )


@INTAKE.add(r"delivery: rows of unknown tenants")
def deliveries_are_kept_for_companies_there_are_not(patch: pytest.MonkeyPatch, world: World) -> None:
    _moved(world, "delivery", "gen_random_uuid()")


@INTAKE.add(
    r"rows of one tenant hang on calls of another",
    r"popup \S+: stands in another tenant",
    besides=(r"on somebody else's screen", r"popup: \d+ rows kept"),
)
def popups_are_kept_for_another_company(patch: pytest.MonkeyPatch, world: World) -> None:
    _moved(world, "popup", f"'{tenant_id(2)}'")
