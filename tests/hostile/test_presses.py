"""Buttons in the wrong hands, pressed again by the network, or answered too late."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from calls.popups import wishes
from tests.hostile.product import Product, until
from tests.hostile.towns import FJORDVIK, KARI, NABO, OLA, Town

_IGNORED = ("queue.pgqueuer_log", "queue.pgqueuer", "smartcall.rate")


async def card_of(product: Product, town: Town, who: uuid.UUID, **fields: str) -> dict[str, Any]:
    """A card that rings on somebody's screen."""
    known = {message["id"] for message in await product.messages(town)}
    assert await product.tell(town, **fields) == 200

    async def newer() -> Any:
        found = [each for each in await product.messages(town) if each["id"] not in known and each["user"] == str(who)]
        return found[0] if found else None

    message: dict[str, Any] = await until(newer)
    await product.quiet()
    return message


def press(product: Product, town: Town, who: uuid.UUID, card: dict[str, Any], **data: Any) -> dict[str, Any]:
    """The invoke of a button of this card."""
    action = {"type": "Action.Execute", "verb": data.pop("verb", "search_again"), "data": data}
    conversation = {"conversationType": "personal", "id": card["conversation"]}
    return product.activity(
        town,
        who=who,
        type="invoke",
        name="adaptiveCard/action",
        value={"action": action, "trigger": "manual"},
        conversation=conversation,
        replyToId=card["id"],
    )


async def settled(product: Product) -> None:
    """After a press a card is sent once more, seconds later; until that is over."""

    async def nothing_due() -> bool:
        rows = await product.sql("SELECT count(*) AS n FROM smartcall.popup WHERE due_at IS NOT NULL")
        return not rows[0]["n"]

    await until(nothing_due)
    await product.quiet()


async def edits_of(product: Product, card: dict[str, Any]) -> int:
    asked = await product.asked(FJORDVIK, "connector")
    return sum(each["method"] == "PUT" and each["path"].endswith(card["id"]) for each in asked)


async def popup_of(product: Product, town: Town, card: dict[str, Any]) -> str:
    """What stands in the buttons of this card."""
    found = "SELECT popup_id FROM smartcall.popup WHERE tenant_id = $1 AND activity_id = $2"
    (row,) = await product.sql(found, town.tenant, card["id"])
    return str(row["popup_id"])


@pytest.mark.parametrize("verb", ["search_again", "choose_match"])
async def test_a_popup_of_another_tenant_is_not_there(staffed: Product, verb: str) -> None:
    """The same person, the same number, the same call id next door: the button of a card we never showed."""
    card = await card_of(staffed, FJORDVIK, KARI, callId=f"theirs {verb}")
    theirs = await popup_of(staffed, FJORDVIK, card)
    await settled(staffed)
    before = await staffed.dump(without=(*_IGNORED, "smartcall.seen_activity", "smartcall.chat"))
    activity = press(staffed, NABO, KARI, card, verb=verb, popup_id=theirs, match="x")
    status, said = await staffed.send(activity, await staffed.forge(NABO))
    assert status == 200
    assert json.loads(said)["type"] == "application/vnd.microsoft.activity.message"  # the call is gone
    assert "Nora" not in said
    after = await staffed.dump(without=(*_IGNORED, "smartcall.seen_activity", "smartcall.chat"))
    assert after == before


async def test_a_popup_of_a_colleague_is_refused(staffed: Product) -> None:
    card = await card_of(staffed, FJORDVIK, KARI, callId="a colleague's")
    activity = press(staffed, FJORDVIK, OLA, card, popup_id=await popup_of(staffed, FJORDVIK, card))
    status, said = await staffed.send(activity, await staffed.forge())
    assert (status, json.loads(said)["statusCode"]) == (200, 403)
    assert "Nora" not in said


@pytest.mark.parametrize("popup", ["", "x", None, 7, [], "00000000-0000-0000-0000-000000000000", "' OR 1=1"])
async def test_a_made_up_popup_changes_nothing(staffed: Product, popup: Any) -> None:
    card = {"id": "1", "conversation": "a:made-up"}
    activity = press(staffed, FJORDVIK, KARI, card, popup_id=popup)
    status, said = await staffed.send(activity, await staffed.forge())
    assert status == 200
    assert json.loads(said)["type"] != "application/vnd.microsoft.card.adaptive"


async def test_a_replayed_press_gets_the_first_answer_and_does_nothing_again(staffed: Product) -> None:
    card = await card_of(staffed, FJORDVIK, KARI, callId="replayed")
    activity = press(staffed, FJORDVIK, KARI, card, popup_id=await popup_of(staffed, FJORDVIK, card))
    token = await staffed.forge()
    first = await staffed.send(activity, token)
    await settled(staffed)
    before = await staffed.dump(without=(*_IGNORED, "smartcall.chat", "smartcall.popup"))
    asked, edits = len(await staffed.asked(FJORDVIK, "hubspot")), await edits_of(staffed, card)
    assert await staffed.send(activity, token) == first
    await settled(staffed)
    assert await staffed.dump(without=(*_IGNORED, "smartcall.chat", "smartcall.popup")) == before
    assert len(await staffed.asked(FJORDVIK, "hubspot")) == asked
    assert await edits_of(staffed, card) > edits, "the answer said that it searches, and an edit comes after it"


async def test_an_answer_that_took_too_long_is_a_sentence_and_the_card_follows(
    staffed: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the form that would have been in it: what nobody got to see holds no edit back."""
    call = {"callId": "slow", "userId": "w0"}
    card = await card_of(staffed, FJORDVIK, KARI, **call)
    assert await staffed.tell(FJORDVIK, event="answer", **call) == 200
    assert await staffed.tell(FJORDVIK, event="hangup", cause="normalClearing", **call) == 200
    await staffed.quiet()
    edits, popup = await edits_of(staffed, card), await popup_of(staffed, FJORDVIK, card)
    monkeypatch.setattr(wishes, "_ANSWERED_WITHIN", timedelta(seconds=-1))
    activity = press(staffed, FJORDVIK, KARI, card, verb="open_form", popup_id=popup, form="note")
    status, said = await staffed.send(activity, await staffed.forge())
    assert (status, json.loads(said)["type"]) == (200, "application/vnd.microsoft.activity.message")

    async def followed() -> bool:
        return await edits_of(staffed, card) > edits

    await until(followed)
