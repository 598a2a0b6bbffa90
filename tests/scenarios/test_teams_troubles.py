"""Teams in ways a card must survive: an answer that is lost, an app that is gone, a card that was deleted."""

from __future__ import annotations

import pytest

from tests.support.live.play import Play

pytestmark = pytest.mark.processes

RINGS = "Nora Lie (Havnelageret AS) ringer – 22 33 44 55"


async def test_a_card_whose_answer_is_lost_rings_once(play: Play) -> None:
    """Teams has it, we do not know: no second card while it rings, and at most one more afterwards."""
    await play.fault(system="connector", method="POST", path="/activities", after=True, drop=True, times=1)
    await play.ring(caller="22334455", to="90000001")
    await play.see(who="Kari", state="Ringer")
    await play.quiet()
    assert [toast.text for toast in await play.toasts("Kari")] == [RINGS]
    await play.answer()
    await play.quiet()
    assert len(await play.messages("Kari")) == 1
    await play.hang_up()
    await play.quiet()
    cards = await play.cards("Kari")
    assert [card.state for card in cards] in (["Ringer"], ["Ringer", "Samtale avsluttet · <varighet>"])
    assert [toast.text for toast in await play.toasts("Kari")].count(RINGS) == 1
    assert len(await play.journal()) == 1


async def test_a_press_adopts_the_card_whose_answer_was_lost(play: Play) -> None:
    await play.fault(system="connector", method="POST", path="/activities", after=True, drop=True, times=1)
    await play.ring(caller="91234567", to="90000002")
    await play.see(who="Ola", state="Ringer", name="Per Bakke")
    await play.quiet()
    assert (await play.press(who="Ola", button="Velg"))["applied"] == "card"
    await play.hang_up(cause="busy")
    await play.see(who="Ola", state="Opptatt", name="Siv Bakke", journal=True)
    await play.quiet()
    assert len(await play.messages("Ola")) == 1
    assert len(await play.toasts("Ola")) == 1


async def test_an_app_that_was_removed(play: Play) -> None:
    """Nothing is sent to somebody who has removed the app; installing it again brings the call that still rings."""
    await play.app(who="Amina", does="uninstall")
    await play.ring(caller="22334455", to="90000003")
    await play.quiet()
    assert await play.requests("connector") == []
    await play.app(who="Amina", does="install")
    await play.see(who="Amina", state="Ringer", name="Nora Lie")
    await play.hang_up(cause="busy")
    await play.see(who="Amina", state="Opptatt", journal=True)
    await play.quiet()
    welcome, call = await play.messages("Amina")
    assert (welcome["summary"], call["summary"].partition(":")[0]) == ("SmartCall er klar", "Opptatt")


async def test_an_app_that_was_removed_behind_our_back(play: Play) -> None:
    """Teams refuses the card; that is remembered, and the next call is not even tried."""
    body = {
        "error": {"code": "BotNotInConversationRoster", "message": "The bot is not part of the conversation roster."}
    }
    await play.fault(system="connector", method="POST", path="/activities", status=403, body=body, times=1)
    await play.ring(caller="22334455", to="90000001")
    await play.quiet()
    await play.hang_up(cause="busy")
    await play.quiet()
    assert len(await play.requests("connector", "POST", "/activities")) == 1
    await play.ring(caller="22334455", to="90000001")
    await play.hang_up(cause="busy")
    await play.quiet()
    assert len(await play.requests("connector", "POST", "/activities")) == 1
    assert len(await play.journal()) == 2  # the calls took place all the same
    await play.app(who="Kari", does="install")


@pytest.mark.parametrize("code", ["ConversationBlockedByUser", "MessageWritesBlocked"])
async def test_a_bot_that_was_blocked(play: Play, code: str) -> None:
    await play.stack.ask("POST", f"teams/users/{play.people['Ola']}/block", {"as": code})
    for _ in range(2):
        await play.ring(caller="22334455", to="90000002")
        await play.hang_up(cause="busy")
        await play.quiet()
    assert len(await play.requests("connector", "POST", "/activities")) == 1
    assert await play.messages("Ola") == []
    await play.app(who="Ola", does="unblock")
    await play.write(who="Ola", text="hei")
    await play.ring(caller="22334455", to="90000002")
    await play.see(who="Ola", state="Ringer", name="Nora Lie")
    await play.hang_up(cause="busy")
    await play.quiet()


async def test_a_card_that_was_deleted_stays_away(play: Play) -> None:
    await play.ring(caller="22334455", to="90000003")
    await play.see(who="Amina", state="Ringer")
    await play.quiet()
    await play.delete_card(who="Amina")
    await play.answer()
    await play.quiet()
    await play.hang_up()
    await play.quiet()
    assert await play.messages("Amina") == []
    assert len(await play.toasts("Amina")) == 1
    assert len(await play.journal()) == 1


async def test_a_chat_that_is_gone_is_opened_anew(play: Play) -> None:
    body = {"error": {"code": "ConversationNotFound", "message": "Conversation not found."}}
    await play.fault(system="connector", method="POST", path="/activities", status=404, body=body, times=1)
    await play.ring(caller="22334455", to="90000001")
    await play.see(who="Kari", state="Ringer", name="Nora Lie")
    await play.hang_up(cause="busy")
    await play.quiet()
    assert [card.state for card in await play.cards("Kari")] == ["Opptatt"]
    assert [toast.text for toast in await play.toasts("Kari")] == [RINGS]


async def test_teams_away_for_a_while(play: Play) -> None:
    """Every card in every order ends right once Teams is back, though nobody was shown anything while it rang."""
    await play.fault(system="connector", status=503)
    await play.ring(caller="22334455", to="90000002")
    await play.asked(system="connector", method="POST", path="/activities", times=2)
    await play.hang_up(cause="busy")
    await play.mend(system="connector")
    await play.see(who="Ola", state="Opptatt", name="Nora Lie")
    await play.quiet()
    assert len(await play.messages("Ola")) == 1


async def test_keys_that_are_rolled_over(play: Play) -> None:
    """Teams signs with a key that no node has seen, and the old one is gone: the first press finds the new one."""
    await play.stack.only("fresh")  # an older node may have asked for an unknown key less than a minute ago
    await play.ring(to="90000001")
    await play.see(who="Kari", state="Ringer")
    await play.stack.ask("POST", "teams/keys/rollover", {"drop_old": True})
    done = await play.press(who="Kari", verb="nothing", data={"popup_id": "x"}, force=1)
    assert (done["status"], done["error"]) == (200, "Knappen virker ikke lenger.")
