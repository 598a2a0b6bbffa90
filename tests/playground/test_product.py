"""The product in a client that we did not write: the Microsoft 365 Agents Playground, beside a running demo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.playground.playground import Message, run_playground
from tests.support.demo import running_demo

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]


def shows(*texts: str):
    """A message whose card holds all these texts."""

    def look(message: Message) -> bool:
        drawn = json.dumps(message.card, ensure_ascii=False)
        return message.card is not None and all(text in drawn for text in texts)

    return look


async def test_card_is_posted_updated_in_place_and_obeys_its_button(tmp_path: Path):
    folder = tmp_path / "playground"
    folder.mkdir()
    async with (
        running_demo(tmp_path) as demo,
        run_playground(bot=f"{demo.address}/api/messages", folder=folder) as playground,
    ):
        await playground.install()
        call = await demo.ring("22334455", to="90000001")
        ringing = await playground.wait_for(shows("Nora Lie", "Ringer"))
        await demo.exchange(f"calls/{call}/answer", {"by": "90000001"})
        answered = await playground.wait_for(shows("Nora Lie", "Besvart av deg"))
        assert answered.id == ringing.id
        await demo.exchange(f"calls/{call}/hangup", {"cause": None})
        journaled = await playground.wait_for(shows("Samtale avsluttet", "Journalført i HubSpot"))
        assert journaled.id == ringing.id

        await demo.ring("90099887", to="90000001")
        unknown = await playground.wait_for(shows("Ukjent nummer", "Søk igjen"))
        button = _button(unknown, "search_again")
        answer = await playground.invoke(unknown.id, button["verb"], button["data"])
        assert "Søker etter navn" in json.dumps(answer, ensure_ascii=False)

        await playground.say("hei")
        assert await playground.wait_for(lambda message: bool(message.text) and "telefonen din" in (message.text or ""))


def _button(message: Message, verb: str) -> dict:
    found = [action for action in (message.card or {}).get("actions", []) if action.get("verb") == verb]
    assert found, "the card has no such button"
    return found[0]
