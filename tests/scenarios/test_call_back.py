"""Calling back from a card: real nodes, the exchange's door for orders, and its own log of what it was asked."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.live.play import Play
from tests.support.live.stack import FOLDER, Stack
from tests.support.live.waiting import until

pytestmark = pytest.mark.processes

_OPERATOR = 'name = "Sentralbord"\n'
_CALLS = (
    'name = "Sentralbord"\nsettings = { call_url = "${SCENARIO_TWINS}/exchange/click-to-dial" }\n',
    '[connections.secrets]\ncall_token = { env = "SCENARIO_CALL_TOKEN" }\n',
)
_TARGET = "22334455"


@pytest.fixture(scope="module")
async def placing(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """For this file's tests alone: the scenarios' company, with an exchange that places calls."""
    file = FOLDER / "company.toml"
    text = (
        file.read_text(encoding="utf-8").replace(_OPERATOR, _CALLS[0]).replace("[connections.secrets]\n", _CALLS[1], 1)
    )
    changed = tmp_path_factory.mktemp("company") / "company.toml"
    changed.write_text(text, encoding="utf-8")
    done = await stack.apply(changed)
    assert done.code == 0, done.err
    yield
    assert (await stack.apply(file)).code == 0


@pytest.fixture
async def desk(play: Play, placing: None) -> AsyncIterator[Play]:
    """A company whose exchange places calls."""
    await play.stack.ask("DELETE", "exchange/click-to-dial")
    yield play
    for order in await orders(play):
        if order["callId"]:
            await play.end()
    # Of a call that was asked for, nothing may be taken for the calls of the scenarios that follow.
    await play.stack.sql("DELETE FROM smartcall.call_request")


async def miss(play: Play, caller: str = _TARGET) -> None:
    await play.ring(caller=caller, to="90000001")
    await play.see(who="Kari", state="Ringer")
    await play.hang_up(cause="cancel")
    await play.see(who="Kari", state="Tapt anrop")
    await play.quiet()


async def orders(play: Play) -> list[dict[str, Any]]:
    """What the exchange has been asked to connect."""
    found: list[dict[str, Any]] = await play.stack.ask("GET", "exchange/click-to-dial")
    return found


async def says(play: Play, line: str) -> None:
    """Wait until Kari's one card says so."""

    async def said() -> bool:
        return any(f"☎ {line}" in each for each in (await play.cards("Kari"))[0].lines)

    try:
        await until(said)
    except TimeoutError:
        raise AssertionError(f"never said {line}, but {(await play.cards('Kari'))[0].lines}") from None


async def strip(play: Play, state: str) -> None:
    """Wait until the card of what Kari has asked for says so in its strip."""

    async def said() -> bool:
        return state in [card.state for card in await play.cards("Kari")]

    try:
        await until(said)
    except TimeoutError:
        raise AssertionError(f"never said {state}, but {[card.state for card in await play.cards('Kari')]}") from None


async def other_side(play: Play, does: str) -> None:
    (order,) = [order for order in await orders(play) if order["callId"]]
    await play.stack.ask("POST", f"exchange/click-to-dial/calls/{order['callId']}/other-side", {"does": does})


async def pick_up(play: Play) -> None:
    """Kari takes her own phone."""
    (order,) = [order for order in await orders(play) if order["callId"]]
    await play.stack.ask("POST", f"exchange/calls/{order['callId']}/answer", {"by": "90000001"})


async def test_a_missed_call_is_called_back_and_logged_as_what_it_was(desk: Play) -> None:
    await miss(desk)
    assert (await desk.press(who="Kari", button="Ring tilbake"))["applied"] == "card"
    await says(desk, "Telefonen din ringer")
    await pick_up(desk)
    await says(desk, "Ringer 22 33 44 55")
    await other_side(desk, "answer")
    await says(desk, "Samtale")
    await other_side(desk, "hangup")
    await says(desk, "Samtale avsluttet")
    await desk.quiet()
    (order,) = await orders(desk)
    assert (order["caller"], order["callee"], order["status"]) == ("+4790000001", "+4722334455", 201)
    assert len(await desk.cards("Kari")) == 1
    assert [toast.text for toast in await desk.toasts("Kari")] == ["Nora Lie (Havnelageret AS) ringer – 22 33 44 55"]

    async def two() -> bool:
        return len(await desk.journal()) == 2

    await until(two)
    titles = sorted(str(entry["properties"]["hs_call_title"]) for entry in await desk.journal())
    assert titles == ["Tapt anrop, innringeren la på", "Utgående samtale, ringt av Kari Hansen"]
    assert all(entry["associations"] == {"contacts": ["101"]} for entry in await desk.journal())


async def test_two_quick_presses_are_one_call(desk: Play) -> None:
    await miss(desk)
    (card,) = await desk.cards("Kari")
    data = dict(card.asks["Ring tilbake"]["data"])
    await desk.press(who="Kari", button="Ring tilbake", retry=1)
    await desk.press(who="Kari", verb="call_back", data=data, force=1)
    await says(desk, "Telefonen din ringer")
    await desk.quiet()
    assert len(await orders(desk)) == 1


async def test_ones_own_phone_is_busy(desk: Play) -> None:
    await miss(desk)
    await desk.ring(caller="90099887", to="90000001", call="other")
    await desk.answer(call="other")
    cards = await desk.cards("Kari")
    missed = next(card for card in cards if "Ring tilbake" in card.asks)
    ask = missed.asks["Ring tilbake"]
    body = {"message": missed.id, "verb": ask["verb"], "data": ask["data"]}
    await desk.stack.ask("POST", f"teams/users/{desk.people['Kari']}/invoke", body)
    await says(desk, "Telefonen din er opptatt eller slått av.")
    assert [order["code"] for order in await orders(desk)] == ["CALLER_NOT_AVAILABLE"]


async def test_the_customer_is_busy(desk: Play) -> None:
    await miss(desk, "22334400")
    await desk.press(who="Kari", button="Ring tilbake")
    await says(desk, "Telefonen din ringer")
    await pick_up(desk)
    await says(desk, "22 33 44 00 var opptatt")


async def test_a_lost_answer_is_never_asked_for_again(desk: Play) -> None:
    """The exchange has placed the call and its answer is lost. Its own events say what happened; nobody asks twice."""
    await miss(desk)
    await desk.travel(delay=3.0)
    await desk.fault(system="exchange", path="/click-to-dial/calls", after=True, drop=True, times=1)
    await desk.press(who="Kari", button="Ring tilbake")
    await says(desk, "Vet ikke om samtalen ble satt opp")
    await says(desk, "Telefonen din ringer")
    await desk.quiet()
    assert [order["status"] for order in await orders(desk)] == [201]


async def test_a_node_killed_while_it_asks_leaves_one_call(desk: Play) -> None:
    await miss(desk)
    await desk.stack.need_node("b")
    await desk.stack.only("a", "b")
    await desk.travel(drop_kinds=["newCall", "answer", "hangup"])
    await desk.fault(system="exchange", path="/click-to-dial/calls", after=True, delay=6.0, times=1)
    desk.stack.lead_to("a")
    await desk.press(who="Kari", button="Ring tilbake")

    async def asked() -> bool:
        return bool(await orders(desk))

    await until(asked)
    for name in ("a", "b"):
        desk.stack.nodes[name].signal(signal.SIGKILL)
    await desk.stack.only("c")
    since = datetime.now(UTC) - timedelta(seconds=31)
    await desk.stack.sql("UPDATE smartcall.call_request SET due_at = $1 WHERE due_at IS NOT NULL", since)
    await says(desk, "Vet ikke om samtalen ble satt opp")
    await desk.quiet()
    assert len(await orders(desk)) == 1


async def test_an_emergency_number_is_never_called(desk: Play) -> None:
    await desk.tell(
        event="newCall", **{"from": "113", "to": "4790000001", "direction": "in", "userId": ["w0"], "user": ["Kari"]}
    )
    await desk.see(who="Kari", state="Ringer")
    await desk.tell(event="hangup", cause="cancel", **{"from": "113", "to": "4790000001", "direction": "in"})
    await desk.see(who="Kari", state="Tapt anrop")
    await desk.quiet()
    (card,) = await desk.cards("Kari")
    assert "Ring tilbake" not in card.buttons
    newest = "SELECT popup_id FROM smartcall.popup JOIN smartcall.call USING (call_id) ORDER BY started_at DESC LIMIT 1"
    (popup,) = await desk.stack.sql(newest)
    data = {"popup_id": str(popup["popup_id"]), "made": 0}
    done = await desk.press(who="Kari", verb="call_back", data=data, force=1)
    assert done["notice"] == "Nødnumre må ringes fra telefonen."
    assert await orders(desk) == []


async def test_a_number_written_to_the_bot_is_one_call_and_one_card(desk: Play) -> None:
    await desk.write(who="Kari", text="ring 22 33 44 55")
    await strip(desk, "Telefonen din ringer")
    await pick_up(desk)
    await strip(desk, "Ringer 22 33 44 55")
    await desk.write(who="Kari", text="ring 91 23 45 67")

    async def refused() -> bool:
        return len(await desk.messages("Kari")) == 2

    await until(refused)
    assert (await desk.messages("Kari"))[1]["text"] == "Du blir allerede ringt opp. Vent til det er ferdig."
    await other_side(desk, "answer")
    await strip(desk, "Samtale")
    await other_side(desk, "hangup")
    await strip(desk, "Samtale avsluttet · <varighet>")
    (card,) = await desk.cards("Kari")
    assert (card.name, card.buttons) == ("Nora Lie", ("Åpne i HubSpot", "Ring igjen"))

    async def journaled() -> bool:
        return len(await desk.journal()) == 1

    await until(journaled)
    await desk.quiet()
    (order,) = await orders(desk)
    assert (order["caller"], order["callee"]) == ("+4790000001", "+4722334455")
    (entry,) = await desk.journal()
    assert entry["properties"]["hs_call_title"] == "Utgående samtale, ringt av Kari Hansen"
    assert len(await desk.messages("Kari")) == 2


async def test_a_call_in_the_list_is_called_once_however_often_one_presses(desk: Play) -> None:
    await miss(desk)
    await desk.write(who="Kari", text="siste")
    listed = (await desk.messages("Kari"))[-1]
    asked = next(action for action in actions(listed["card"]) if action.get("verb") == "call_listed")
    body = {"message": listed["id"], "verb": asked["verb"], "data": asked["data"]}
    for _ in range(2):
        done = await desk.stack.ask("POST", f"teams/users/{desk.people['Kari']}/invoke", body)
        assert done["applied"] == "card"
    await strip(desk, "Telefonen din ringer")
    await desk.quiet()
    assert [order["callee"] for order in await orders(desk)] == ["+4722334455"]
    assert len(await desk.messages("Kari")) == 3  # the missed call, the list, and the call that was asked for


def actions(node: Any) -> list[dict[str, Any]]:
    """Every action in a card."""
    if isinstance(node, list):
        return [found for each in node for found in actions(each)]
    if not isinstance(node, dict):
        return []
    found = [node] if str(node.get("type", "")).startswith("Action.") else []
    return found + [each for value in node.values() for each in actions(value)]
