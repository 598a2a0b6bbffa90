"""Breakages on the way from a popup to a card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from calls.errors import Refused, Transient, Unknown
from calls.popups import cards, plans
from calls.popups.cards import Cards
from calls.popups.plans import Sending
from calls.popups.popup import Popup, PopupState
from tests.simulation import resting
from tests.simulation.sabotage import Table, block, rewrite
from tests.simulation.world import World

CARDS = Table()


@CARDS.add(r"a second card while it rings", r"a second banner", besides=(r"a third card",), teams_loses_answer=0.4)
def a_post_is_repeated_after_a_lost_answer(patch: pytest.MonkeyPatch, world: World) -> None:
    put = Cards._put_on_screen

    async def stubborn(self: Cards, tenant_id: Any, sending: Sending) -> str | None:
        try:
            return await put(self, tenant_id, sending)
        except Unknown:
            if sending.action == "update":
                raise
            return await put(self, tenant_id, sending)

    patch.setattr(Cards, "_put_on_screen", stubborn)


@CARDS.add(r"a second card for popup \S+: the first was card")
def the_id_of_a_card_is_not_kept(patch: pytest.MonkeyPatch, world: World) -> None:
    note = Cards._note_shown

    async def forgetful(self: Cards, tenant_id: Any, sending: Sending, card_id: Any = None, **more: Any) -> bool:
        return await note(self, tenant_id, sending, None, **more)

    patch.setattr(Cards, "_note_shown", forgetful)


@CARDS.add(r"knows a card that never was")
def the_id_of_a_card_is_kept_wrong(patch: pytest.MonkeyPatch, world: World) -> None:
    note = Cards._note_shown

    async def mistaken(self: Cards, tenant_id: Any, sending: Sending, card_id: Any = None, **more: Any) -> bool:
        return await note(self, tenant_id, sending, card_id and card_id.upper(), **more)

    patch.setattr(Cards, "_note_shown", mistaken)


@CARDS.add(r"a second banner", teams_loses_request=0.6)
def the_second_post_has_a_banner_too(patch: pytest.MonkeyPatch, world: World) -> None:
    _planned(patch, lambda sending: replace(sending, action="post") if sending.action == "quiet_post" else sending)


@CARDS.add(r"a second card while it rings", besides=(r"a third card",), teams_loses_request=0.6)
def the_second_post_does_not_wait_for_the_end(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(plans, "is_settled", lambda popup: True)


@CARDS.add(r"a third card", teams_loses_request=1.0)
def posts_are_not_counted(patch: pytest.MonkeyPatch, world: World) -> None:
    may_post = plans._may_post
    patch.setattr(plans, "_may_post", lambda popup, row, scene: may_post(popup, {**row, "posts": 0}, scene))


@CARDS.add(r"on somebody else's screen", besides=(r"updated in somebody else's chat",))
def a_card_is_posted_to_a_colleague(patch: pytest.MonkeyPatch, world: World) -> None:
    _misled(patch, "post")


@CARDS.add(r"updated in somebody else's chat")
def a_card_is_updated_at_a_colleagues(patch: pytest.MonkeyPatch, world: World) -> None:
    _misled(patch, "update")


@CARDS.add(r"stale card \S+: journal")
def an_update_that_only_tells_of_the_journal_is_left_out(patch: pytest.MonkeyPatch, world: World) -> None:
    class Fewer:
        def dump_json(self, popup: Popup) -> bytes:
            return whole.dump_json(replace(popup, journal=None, journal_in=None))

    whole = plans._POPUP
    patch.setattr(plans, "_POPUP", Fewer())


@CARDS.add(r"stale card \S+: state", besides=(r"stale card",))
def a_card_of_an_older_state_is_sent_last(patch: pytest.MonkeyPatch, world: World) -> None:
    put = Cards._put_on_screen
    last: dict[Any, Popup | None] = {}

    async def late(self: Cards, tenant_id: Any, sending: Sending) -> str | None:
        older = last.get(sending.row["popup_id"], sending.popup)
        last[sending.row["popup_id"]] = sending.popup
        return await put(self, tenant_id, replace(sending, popup=older))

    patch.setattr(Cards, "_put_on_screen", late)


@CARDS.add(r"stale card", teams_slow=0.7, ring_late=0.5, event_twice=0.3)
def what_was_wanted_while_a_card_was_sent_counts_as_shown(patch: pytest.MonkeyPatch, world: World) -> None:
    rewrite(world, "note_shown", "GREATEST(p.shown, answered)", "p.wanted")
    rewrite(world, "note_shown", "p.wanted > answered AS newer", "false AS newer")


@CARDS.add(r"no card \(missed", teams_loses_request=0.6)
def missed_calls_are_not_worth_a_card(patch: pytest.MonkeyPatch, world: World) -> None:
    opens = plans.opens
    patch.setattr(plans, "opens", lambda popup, leg: popup.state is not PopupState.MISSED and opens(popup, leg))


@CARDS.add(r"parked http_502", besides=(r"no card \(",), teams_fails=0.3)
def a_busy_teams_is_taken_for_one_that_says_no(patch: pytest.MonkeyPatch, world: World) -> None:
    put_off = Cards._put_off

    async def hasty(self: Cards, tenant_id: Any, sending: Sending, problem: Exception) -> bool:
        told = Refused(code="http_502") if isinstance(problem, Transient) else problem
        return await put_off(self, tenant_id, sending, told)

    patch.setattr(Cards, "_put_off", hasty)


@CARDS.add(r"left open \(\d of \d, due None\)", besides=(r"no card \(", r"stale card"), teams_fails=0.3)
def a_card_that_failed_is_not_tried_again(patch: pytest.MonkeyPatch, world: World) -> None:
    block(patch, cards.SQL, "put_off", "due_at = $3", "due_at = $3 - $3::timestamptz + NULL::timestamptz")


@CARDS.add(r"there is always something left to do", besides=(r"left open",), calls=4)
def what_is_done_is_due_again(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(resting, "_QUIET_ROUNDS", 10)
    rewrite(world, "note_shown", "due_at = CASE WHEN m.newer THEN as_of", "due_at = CASE WHEN true THEN as_of")


@CARDS.add(
    r"cards job raised KeyError", besides=(r"no card \(", r"left open", r"stale card", r"something left"), calls=12
)
def a_mistake_in_our_own_code(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(resting, "_QUIET_ROUNDS", 10)

    def mistaken(sending: Sending) -> Sending:
        if sending.popup is not None and sending.popup.state is PopupState.MISSED:
            raise KeyError("missed")
        return sending

    _planned(patch, mistaken)


@CARDS.add(
    r"logged: popup \S+: KeyError in our own code",
    r"parked keeps_failing",
    besides=(r"no card \(", r"stale card", r"left open"),
    calls=12,
)
def a_mistake_while_a_card_is_made(patch: pytest.MonkeyPatch, world: World) -> None:
    put = Cards._put_on_screen

    async def mistaken(self: Cards, tenant_id: Any, sending: Sending) -> str | None:
        if sending.popup is not None and sending.popup.queue:
            raise KeyError("queue")
        return await put(self, tenant_id, sending)

    patch.setattr(Cards, "_put_on_screen", mistaken)


def _planned(patch: pytest.MonkeyPatch, change: Callable[[Sending], Sending]) -> None:
    plan = plans.plan
    patch.setattr(cards, "plan", lambda *arguments: change(plan(*arguments)))


def _misled(patch: pytest.MonkeyPatch, action: str) -> None:
    """What is sent to one of two employees goes to the other."""
    plan = plans.plan

    def mistaken(unit: Any, scene: Any, row: Any, *rest: Any) -> Sending:
        sending = plan(unit, scene, row, *rest)
        other = next((chat for employee, chat in scene.chats.items() if employee != row["employee_id"]), None)
        return replace(sending, chat=other) if sending.action == action and other else sending

    patch.setattr(cards, "plan", mistaken)
