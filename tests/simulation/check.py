"""The end of a day compared with the model: calls, screens, journals, open work, tenants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from calls.jobs.starts import NEVER_CAME_BACK
from calls.model import Direction, Outcome
from calls.popups.forms import Form
from calls.popups.popup import Identity, PopupState
from calls.popups.scene import Scene, read_scene
from calls.store.database import Database
from tests.simulation.companies import SETTINGS, WITHOUT_APP
from tests.simulation.heard import check_vanished, take_stock
from tests.simulation.model import Expected, expect
from tests.simulation.operator import tenant_id
from tests.simulation.trunk import PLACE
from tests.simulation.world import World
from tests.support.companies import NAMES, NUMBER_OF_EMPLOYEES, object_id
from tests.support.placers import FakeOperator

_ALWAYS_SHOWN = {PopupState.MISSED, PopupState.ENDED, PopupState.REJECTED, PopupState.BUSY}
_CRMS = {"HubSpot", "Arkiv"}
# Whether nobody came back was judged when it was said (starts.py).
_EXCUSES = {"no_chat", "not_installed", "card_gone", NEVER_CAME_BACK}
_NOT_PLACED = {"refused"}
_OVER = {"ended", "refused", "unknown"}


@dataclass(kw_only=True)
class End:
    """Everything that is left after a day."""

    world: World
    calls: Mapping[bytes, Any]  # by the hash of their reference
    popups: Mapping[UUID, list[Any]]  # by call
    journals: Mapping[UUID, Any]  # by call
    scenes: Mapping[UUID, Scene]  # by call
    requests: Sequence[Any]  # calls that employees asked for


async def read_end(world: World) -> End:
    """Read with the service's own eyes (scenes) and with the owner's (rows)."""
    database = await Database.open(world.postgres.url, world.vault, size=2)
    async with database.pool.acquire() as connection:
        await connection.execute("SET ROLE NONE")
        names = ("call", "popup", "journal", "call_request")
        rows = {name: await connection.fetch(f"SELECT * FROM smartcall.{name}") for name in names}
        events = await connection.fetch(
            "SELECT event_hash, received_at FROM smartcall.event WHERE tenant_id = $1", tenant_id(PLACE)
        )
        await connection.execute("SET ROLE smartcall_service")
    scenes, operators = {}, FakeOperator().as_operators
    for row in rows["call"]:
        async with database.tenant(row["tenant_id"]) as unit:
            scene = await read_scene(unit, row["call_id"], operators)
            if scene is not None:
                scenes[row["call_id"]] = scene
    await database.close()
    take_stock(world, {row["event_hash"]: row["received_at"] for row in events})
    popups: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows["popup"]:
        popups[row["call_id"]].append(row)
    return End(
        world=world,
        calls={row["ref_hash"]: row for row in rows["call"]},
        popups=popups,
        journals={row["call_id"]: row for row in rows["journal"]},
        scenes=scenes,
        requests=rows["call_request"],
    )


def check_all(end: End) -> None:
    """Blame the world for whatever is not as it should be."""
    world = end.world
    entries: defaultdict[str, list[str]] = defaultdict(list)
    for key, entry in world.crms.entries.items():
        entries[entry.content.title].append(key)
    for truth in world.truths:
        delivered = world.delivered.get(truth.ref)
        tenant = tenant_id(truth.place)
        row = next((end.calls[hashed] for hashed in _hashes(world, truth.ref) if hashed in end.calls), None)
        if not delivered:
            if row is not None or entries.get(truth.ref):
                world.blame(f"{truth.ref}: kept, but nothing was told of it")
            continue
        if row is None:
            world.blame(f"{truth.ref}: lost")
            continue
        if row["tenant_id"] != tenant:
            world.blame(f"{truth.ref}: stands in another tenant")
            continue
        expected = expect(delivered.values())
        if row["state"] != ("ended" if expected.over else "stale"):
            world.blame(f"{truth.ref}: is {row['state']}, over: {expected.over}")
        scene = end.scenes[row["call_id"]]
        check_vanished(world, truth, row)
        _check_popups(end, truth.ref, truth.place, row, scene, expected)
        _check_journal(end, truth.ref, truth.place, row, scene, expected, entries.get(truth.ref, []))
    _check_requests(end)
    known = {hashed for truth in world.truths for hashed in _hashes(world, truth.ref)}
    for ref_hash, row in end.calls.items():
        if ref_hash not in known:
            world.blame(f"call {row['call_id']}: nobody made it")


def _hashes(world: World, ref: str) -> list[bytes]:
    """A call's reference as each tenant would keep it, its own or not: references are not used twice."""
    return [world.vault.hash(tenant_id(place), "call ref", ref) for place in range(len(SETTINGS))]


def _check_requests(end: End) -> None:
    """That none was placed twice, nor one that nobody asked for, is watched by the exchange itself."""
    world = end.world
    for row in end.requests:
        who, state = f"request {row['request_id']}", row["state"]
        world.note(f"calls asked for: {state}")
        placed = row["request_id"] in world.switch.placed
        if state not in _OVER or row["due_at"] is not None:
            world.blame(f"{who}: left open ({state}, due {row['due_at']})")
        if state in _NOT_PLACED and placed:
            world.blame(f"{who}: {state} ({row['code']}), and it was placed")
        if state not in _NOT_PLACED and state != "unknown" and not placed:
            world.blame(f"{who}: {state}, and nobody placed it")


def _check_popups(end: End, ref: str, place: int, call: Any, scene: Scene, expected: Expected) -> None:
    world = end.world
    tenant = tenant_id(place)
    employees = dict(zip(world.companies[place].employee_ids, range(NUMBER_OF_EMPLOYEES), strict=True))
    rows = {employees[row["employee_id"]]: row for row in end.popups.get(call["call_id"], [])}
    wanted = set(expected.states) if expected.direction is not Direction.OUTBOUND else set()
    if expected.direction is Direction.INTERNAL and not SETTINGS[place].get("popup_internal"):
        wanted = set()
    for missing in wanted - set(rows):
        world.blame(f"{ref}: no popup for employee {missing}")
    # What turns out to be a colleague's call may have been on the screen before.
    for stranger in set(rows) - (set(expected.states) if expected.direction is not Direction.OUTBOUND else set()):
        world.blame(f"{ref}: a popup for employee {stranger}, whom it does not concern")
    for employee, row in rows.items():
        who = f"{ref} employee {employee} popup {row['popup_id']}"
        if row["tenant_id"] != tenant:
            world.blame(f"{who}: stands in another tenant")
        if row["parked"] == NEVER_CAME_BACK and row["due_at"] is None:
            world.note("cards that nobody came back from")
        elif (row["shown"], row["lease"], row["due_at"]) != (row["wanted"], None, None):
            world.blame(f"{who}: left open ({row['shown']} of {row['wanted']}, due {row['due_at']})")
        if row["parked"] is not None and row["parked"] not in _EXCUSES:
            world.blame(f"{who}: parked {row['parked']}")
        if employee in wanted:
            _check_screen(world, who, employee, call, row, scene, expected)


def _check_screen(world: World, who: str, employee: int, call: Any, row: Any, scene: Scene, expected: Expected) -> None:
    place = (row["tenant_id"], object_id(employee))
    cards = world.teams.of(row["popup_id"])
    for card in cards:
        if (card.tenant_id, card.user) != place:
            world.blame(f"{who}: {card.card_id} is on somebody else's screen")
    state = expected.states[employee]
    own = [card for card in cards if card.card_id == row["activity_id"]]
    orphans = len(cards) - len(own)
    world.notes["orphans"] += orphans
    if row["activity_id"] is not None and not own:
        world.blame(f"{who}: knows a card that never was")
    form = Form(left=row["form"] is not None, on_screen=row["form_until"] is not None)  # nobody types in a simulation
    popup = scene.popup(row["employee_id"], row["popup_id"], form)
    if popup is None or popup.state is not state:
        world.blame(f"{who}: should be {state}, is {popup and popup.state}")
        return
    if expected.identity is not None and popup.identity is not expected.identity:
        world.blame(f"{who}: caller should be {expected.identity}, is {popup.identity}")
    if expected.identity is None:
        if popup.number != expected.number:
            world.blame(f"{who}: wrong number")
        asked = {name for name, _, _ in world.crms.asked[popup.number.key if popup.number else ""]}
        for name in set() if call["lookup_parked"] else _CRMS - asked:
            world.blame(f"{who}: {name} was never asked")
        # Who was pointed out by an employee stands first, whoever else is known.
        sure = None if scene.lookup.chosen or call["lookup_parked"] else _surely_known(world, expected)
        known = popup.identity is Identity.MATCHED
        if sure is not None and sure is not known:
            world.blame(f"{who}: known to a CRM: {sure}, says {popup.identity}")
    for card in own:
        if card.deleted or row["parked"] is not None:
            world.note("cards that could not be brought up to date")
        elif card.popup != popup:
            world.blame(f"{who}: stale card {card.card_id}: {_difference(card.popup, popup)}")
    if cards and employee in expected.late:
        world.blame(f"{who}: a card for what rang long before it was told")
    must = state in _ALWAYS_SHOWN and employee in expected.rang and employee != WITHOUT_APP
    if must and not cards:
        parked = row["parked"]
        if row["posts"] >= 2:
            world.note("cards whose two posts were both lost")
        elif parked is None or (parked not in ("card_gone", NEVER_CAME_BACK) and place not in world.teams.ever_away):
            world.blame(f"{who}: no card ({state}, posts {row['posts']}, parked {parked})")
        else:
            world.note("cards not shown because the app was away")


def _difference(first: Any, second: Any) -> str:
    names = [name for name in first.__dataclass_fields__ if getattr(first, name) != getattr(second, name)]
    return ", ".join(f"{name} {getattr(first, name)!r:.80} instead of {getattr(second, name)!r:.80}" for name in names)


def _surely_known(world: World, expected: Expected, *names: str) -> bool | None:
    """Whether a CRM (of these names) knows the caller; None when it did not always answer."""
    assert expected.number is not None
    names = names or tuple(_CRMS)
    asked = [each for each in world.crms.asked[expected.number.key] if each[0] in names]
    if {each[0] for each in asked} != set(names) or any(said != "answer" for _, said, _ in asked):
        return None
    return any(found for _, _, found in asked)


def _is_journaled(expected: Expected, place: int) -> bool:
    kind = "journal_answered" if expected.answered else "journal_missed"
    kind = "journal_outgoing" if expected.direction is Direction.OUTBOUND else kind
    return expected.journaled and SETTINGS[place].get(kind, "always") == "always"


def _check_journal(
    end: End, ref: str, place: int, call: Any, scene: Scene, expected: Expected, keys: list[str]
) -> None:
    world = end.world
    row = end.journals.get(call["call_id"])
    # A row that has nothing to write rests; it is not open.
    if row is not None and (row["lease"], row["due_at"]) != (None, None):
        world.blame(f"{ref}: journal left open ({row['written']} of {row['wanted']}, due {row['due_at']})")
    if len(keys) > 1:
        world.blame(f"{ref}: journaled {len(keys)} times")
    if keys and (row is None or str(row["journal_id"]) not in keys):
        world.blame(f"{ref}: an entry in the CRM that no row knows")
    if not _is_journaled(expected, place):
        told = sorted(world.delivered[ref].values(), key=lambda event: event.received_at)
        # A telephone may ring again that was told to be silent long ago: what was written in between was right then.
        if keys and not any(_is_journaled(expect(told[:count]), place) for count in range(1, len(told))):
            world.blame(f"{ref}: journaled, and should not be")
        return
    if row is not None and row["parked"] is not None:
        world.note("journals parked because the CRM refused")
        return
    sure = None if call["lookup_parked"] else _surely_known(world, expected, "HubSpot")
    known = any(match.source == "HubSpot" for match in scene.lookup.matches)
    if sure is not None and sure is not bool(keys):
        world.blame(f"{ref}: the CRM knows the caller: {sure}, entries: {len(keys)}")
    elif known is not bool(keys):
        world.blame(f"{ref}: the popup knows a record: {known}, entries: {len(keys)}")
    for key in keys:
        entry = world.crms.entries[key]
        content = entry.content
        if expected.number and content.record.id not in world.crms.records(entry.connection_id, expected.number):
            world.blame(f"{ref}: the entry hangs on somebody else's record")
        if expected.answered is not (content.outcome is Outcome.COMPLETED):
            world.blame(f"{ref}: journaled as {content.outcome}, answered: {expected.answered}")
        rows = end.popups.get(call["call_id"], [])
        said = [note for popup in rows for note in world.employees.notes[popup["popup_id"]]]
        if any(sure for _, sure in said) and content.note not in {text for text, _ in said}:
            world.blame(f"{ref}: the entry says {content.note}, and the employee {said}")
        if (content.outcome, content.talk_seconds) != (scene.call.came_to, scene.call.talk_seconds):
            world.blame(f"{ref}: the journal tells of an earlier state of the call")
        rang = set() if expected.direction is Direction.OUTBOUND else {NAMES[place] for place in expected.states}
        if {name for name in content.body.partition(": ")[2].split(", ") if name} != rang:
            world.blame(f"{ref}: the journal tells of an earlier state of the call: it rang at {rang}")
