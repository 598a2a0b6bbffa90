"""Two nodes on one database: one dies, hangs or is stopped, the other goes on; the database goes away and comes back.

Windows are made with slow simulators, never with sleeps that hope: a node is killed when a simulator has been asked and
has not answered.
"""

from __future__ import annotations

import signal

import pytest

from tests.support.live.play import Play
from tests.support.live.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

RINGS = "Nora Lie (Havnelageret AS) ringer – 22 33 44 55"
ANSWERED = "Innkommende samtale, besvart av Kari Hansen"


@pytest.fixture
def nodes() -> tuple[str, ...]:
    return ("a", "b")


@pytest.fixture
async def pair(play: Play) -> Play:
    """A play on two nodes; what comes from outside goes to "a" as long as it is there."""
    return play


async def kill(play: Play, name: str) -> None:
    node = play.stack.nodes[name]
    node.signal(signal.SIGKILL)
    await node.ended(5)


async def freeze(play: Play, name: str) -> None:
    """A stopped process takes no work, and does not know that time goes by."""
    play.stack.nodes[name].signal(signal.SIGSTOP)


async def finish_as_if_nothing_had_happened(play: Play) -> None:
    await play.answer(by="90000001")
    await play.see(who="Kari", state="Besvart av deg")
    await play.hang_up()
    await play.see(who="Kari", state="Samtale avsluttet", journal=True)
    await play.quiet()


async def check_the_usual_end(play: Play, *, toast: str = RINGS) -> None:
    (card,) = await play.cards("Kari")
    assert (card.state, card.name) == ("Samtale avsluttet · <varighet>", "Nora Lie")
    assert card.lines[-1] == "✓ Journalført i HubSpot"
    assert [each.text for each in await play.toasts("Kari")] == [toast]
    assert [entry["properties"]["hs_call_title"] for entry in await play.journal()] == [ANSWERED]


async def either_toast(play: Play) -> str:
    """With the name when the sources have told it in time, which a node that has just begun may not manage."""
    (toast,) = await play.toasts("Kari")
    assert toast.text in ("22 33 44 55 ringer", RINGS)
    return toast.text


async def test_killed_between_event_and_card(pair: Play) -> None:
    """ "a" took the event and was asking HubSpot; "b" asks anew and shows the card."""
    await freeze(pair, "b")  # the other one does the work
    await pair.fault(system="hubspot", path="/search", delay=30, times=1)
    await pair.ring(caller="22334455", to="90000001")
    await pair.asked(system="hubspot", method="POST", path="/search")
    await kill(pair, "a")
    assert await pair.toasts("Kari") == []
    pair.stack.nodes["b"].signal(signal.SIGCONT)
    await pair.see(who="Kari", state="Ringer", name="Nora Lie")
    pair.stack.lead_to("b")
    await finish_as_if_nothing_had_happened(pair)
    await check_the_usual_end(pair, toast=await either_toast(pair))


async def test_killed_while_the_card_is_on_its_way(pair: Play) -> None:
    """Teams has the card, "a" never heard of it: nothing tells "b" either, so it waits until the ringing is over."""
    await freeze(pair, "b")  # the other one does the work
    await pair.fault(system="connector", method="POST", path="/activities", after=True, delay=30, times=1)
    await pair.ring(caller="22334455", to="90000001")
    await pair.see(who="Kari", state="Ringer", name="Nora Lie")
    await kill(pair, "a")
    pair.stack.nodes["b"].signal(signal.SIGCONT)
    pair.stack.lead_to("b")
    await pair.answer(by="90000001")
    await pair.quiet()
    assert len(await pair.messages("Kari")) == 1
    await pair.hang_up()
    await pair.quiet()
    cards = await pair.cards("Kari")
    assert len(cards) <= 2
    assert cards[-1].state in ("Ringer", "Samtale avsluttet · <varighet>")
    assert [toast.text for toast in await pair.toasts("Kari")].count(RINGS) == 1
    assert [entry["properties"]["hs_call_title"] for entry in await pair.journal()] == [ANSWERED]


async def test_killed_between_end_and_journal(pair: Play) -> None:
    """ "a" was about to write the entry, and HubSpot had not taken it."""
    await freeze(pair, "b")  # the other one does the work
    await pair.fault(system="hubspot", path="/calls/batch/upsert", delay=60, times=1)
    await pair.ring(caller="22334455", to="90000001")
    await pair.see(who="Kari", state="Ringer", name="Nora Lie")
    await pair.answer(by="90000001")
    await pair.hang_up()
    await pair.asked(system="hubspot", method="POST", path="/calls/batch/upsert")
    await kill(pair, "a")
    assert await pair.journal() == []
    pair.stack.nodes["b"].signal(signal.SIGCONT)
    await expire_journal_lease(pair)
    await pair.see(who="Kari", state="Samtale avsluttet", journal=True)
    await pair.quiet()
    await check_the_usual_end(pair)


async def test_killed_after_the_journal_was_written(pair: Play) -> None:
    """HubSpot has the entry, "a" never heard of it: "b" finds it again and writes no second one."""
    await freeze(pair, "b")  # the other one does the work
    await pair.fault(system="hubspot", path="/calls/batch/upsert", after=True, delay=60, times=1)
    await pair.ring(caller="22334455", to="90000001")
    await pair.see(who="Kari", state="Ringer", name="Nora Lie")
    await pair.answer(by="90000001")
    await pair.hang_up()

    async def written() -> bool:
        return len(await pair.journal()) == 1

    await until(written)
    await kill(pair, "a")
    pair.stack.nodes["b"].signal(signal.SIGCONT)
    await expire_journal_lease(pair)
    await pair.see(who="Kari", state="Samtale avsluttet", journal=True)
    await pair.quiet()
    await check_the_usual_end(pair)
    assert len(await pair.requests("hubspot", "POST", "/calls/batch/upsert")) >= 2


async def expire_journal_lease(play: Play) -> None:
    """As if the minute had passed after which a journal's holder counts as gone."""
    await play.stack.sql(
        "UPDATE smartcall.journal SET lease_until = now() - interval '1 second', due_at = now() - interval '1 second' "
        "FROM smartcall.call c WHERE c.call_id = journal.call_id AND c.started_at >= $1 AND lease IS NOT NULL",
        play.began,
    )


async def test_stopped_in_the_middle_of_a_call(pair: Play) -> None:
    """SIGTERM: the node finishes what it has begun, is gone within ten seconds with everything it started, and the
    call goes on at the other one."""
    node = pair.stack.nodes["a"]
    await pair.ring(caller="22334455", to="90000001")
    await pair.see(who="Kari", state="Ringer", name="Nora Lie")
    family = node.family()
    node.signal(signal.SIGTERM)
    assert await node.ended(10) == 0
    assert [process for process in family if process.is_running()] == []
    pair.stack.lead_to("b")
    await finish_as_if_nothing_had_happened(pair)
    await check_the_usual_end(pair)


async def test_stopped_while_it_asks_who_is_calling(pair: Play) -> None:
    """A lookup that has begun is finished, or taken over; the card comes and there is one toast."""
    node = pair.stack.nodes["a"]
    await freeze(pair, "b")  # the other one does the work
    await pair.fault(system="hubspot", path="/search", delay=3, times=1)
    await pair.ring(caller="22334455", to="90000001")
    await pair.asked(system="hubspot", method="POST", path="/search")
    node.signal(signal.SIGTERM)
    pair.stack.nodes["b"].signal(signal.SIGCONT)
    assert await node.ended(10) == 0
    pair.stack.lead_to("b")
    await pair.see(who="Kari", state="Ringer", name="Nora Lie")
    await finish_as_if_nothing_had_happened(pair)
    (card,) = await pair.cards("Kari")
    assert (card.state, card.name) == ("Samtale avsluttet · <varighet>", "Nora Lie")
    assert len(await pair.toasts("Kari")) == 1
    assert len(await pair.journal()) == 1


async def test_a_node_that_hangs_puts_no_old_card_back(pair: Play) -> None:
    """ "a" is frozen while its update is on the way; "b" shows what is true. Awake again, "a" changes nothing."""
    await freeze(pair, "b")  # the other one does the work
    await pair.ring(caller="22334455", to="90000001")
    await pair.see(who="Kari", state="Ringer", name="Nora Lie")
    await pair.quiet()
    await pair.fault(system="connector", method="PUT", path="/activities", delay=4, times=1)
    updates = len(await pair.requests("connector", "PUT"))
    await pair.answer(by="90000001")
    await pair.asked(system="connector", method="PUT", path="/activities", times=updates + 1)
    await freeze(pair, "a")
    pair.stack.nodes["b"].signal(signal.SIGCONT)
    pair.stack.lead_to("b")
    await pair.hang_up()
    await pair.see(who="Kari", state="Samtale avsluttet")
    pair.stack.nodes["a"].signal(signal.SIGCONT)
    await pair.see(who="Kari", state="Samtale avsluttet", journal=True)
    await pair.quiet()
    await check_the_usual_end(pair)


async def test_the_database_restarts_in_the_middle_of_a_call(pair: Play) -> None:
    """It falls over as in a crash. What had been acknowledged is there afterwards, and the nodes find back by
    themselves."""
    await pair.ring(caller="22334455", to="90000001")
    await pair.see(who="Kari", state="Ringer", name="Nora Lie")
    postgres = pair.stack.server.postgres
    await postgres.stop("immediate")
    assert await pair.deliver({"event": "newCall", "callId": "meanwhile", "from": "1", "to": "4790000001"}) == (
        503,
        "try again in a moment",
    )
    async with pair.stack.http.get(pair.stack.address + "/healthz") as answer:
        assert answer.status == 200
    async with pair.stack.http.get(pair.stack.address + "/readyz") as answer:
        assert answer.status == 503
    await postgres.start()
    await finish_as_if_nothing_had_happened(pair)
    await check_the_usual_end(pair)


async def test_the_database_restarts_while_a_lookup_runs(pair: Play) -> None:
    await pair.fault(system="hubspot", path="/search", delay=1.0, times=1)
    await pair.ring(caller="22334455", to="90000001")
    await pair.asked(system="hubspot", method="POST", path="/search")
    postgres = pair.stack.server.postgres
    await postgres.stop("immediate")
    await postgres.start()
    await pair.see(who="Kari", state="Ringer")
    await pair.answer(by="90000001")
    await pair.hang_up()
    await pair.see(who="Kari", state="Samtale avsluttet", name="Nora Lie", journal=True)
    await pair.quiet()
    (card,) = await pair.cards("Kari")
    assert (card.state, card.name) == ("Samtale avsluttet · <varighet>", "Nora Lie")
    assert len(await pair.toasts("Kari")) == 1
    assert len(await pair.journal()) == 1
