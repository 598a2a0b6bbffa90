"""The same three events in every order, each of them twice: the same card, one message, one entry."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.support.live.play import Play

pytestmark = pytest.mark.processes

RING: dict[str, Any] = {"event": "newCall", "from": "4722334455", "to": "4790000001", "userId": ["w0"]}
ANSWER: dict[str, Any] = {"event": "answer", "from": "4722334455", "to": "4790000001", "userId": "w0"}
END: dict[str, Any] = {"event": "hangup", "from": "4722334455", "to": "4790000001", "cause": "normalClearing"}


@pytest.mark.parametrize(
    "order", list(permutations((RING, ANSWER, END))), ids=lambda order: "-".join(event["event"] for event in order)
)
async def test_every_order_ends_in_the_same_card(order: tuple[dict[str, Any], ...], play: Play) -> None:
    for event in order:
        await play.tell(**event, shape="json", times=2)
    await check_the_usual_end(play)


@pytest.mark.parametrize("first", [(RING, END), (END, RING)], ids=["ringing-first", "end-first"])
async def test_an_answer_told_when_everything_seemed_over(first: tuple[dict[str, Any], ...], play: Play) -> None:
    """Card and entry said all there was to say. No form may keep the answer from the card."""
    for event in first:
        await play.tell(**event, shape="json")
    await play.quiet()
    (card,) = await play.cards("Kari")
    assert (card.state, card.buttons) == ("Samtale avsluttet", ("Åpne i HubSpot", "Skriv notat"))
    await play.tell(**ANSWER, shape="json")
    await check_the_usual_end(play)


async def check_the_usual_end(play: Play) -> None:
    await play.quiet()
    (card,) = await play.cards("Kari")
    assert card.state.removesuffix(" · <varighet>") == "Samtale avsluttet"
    assert card.name == "Nora Lie"
    assert card.lines[0] == "Innkjøpssjef · Havnelageret AS"
    assert "Besvart kl. <tid> · avsluttet kl. <tid>" in card.lines
    assert card.lines[-1] == "✓ Journalført i HubSpot"
    assert card.buttons == ("Åpne i HubSpot", "Lagre")
    assert len(await play.toasts("Kari")) == 1
    (entry,) = await play.journal()
    assert entry["properties"]["hs_call_title"] == "Innkommende samtale, besvart av Kari Hansen"
    assert entry["properties"]["hs_call_status"] == "COMPLETED"
    assert entry["properties"]["hs_call_from_number"] == "+4722334455"
    assert entry["properties"]["hs_call_to_number"] == "+4790000001"


async def test_an_end_alone_shows_nothing(play: Play) -> None:
    await play.tell(**END)
    await play.quiet()
    assert await play.messages("Kari") == []
    assert await play.journal() == []
