"""What is to be done with one popup under our lease: posted, edited, left alone. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from calls.popups.chats import ChatAddress
from calls.popups.forms import form_from
from calls.popups.popup import Popup, PopupState, opens
from calls.popups.scene import Scene
from calls.store.database import Unit

_POPUP: TypeAdapter[Popup] = TypeAdapter(Popup)
_SETTLED = (PopupState.MISSED, PopupState.ENDED, PopupState.BUSY, PopupState.REJECTED, PopupState.FORWARDED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """With what popups are taken, all that are open at once."""

    lease: UUID
    now: datetime
    until: datetime
    deadline: float  # loop time, counted from before the lease: who stood still meanwhile sends nothing any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """One popup under our lease, and what is to be done with it."""

    row: Any
    hold: Hold
    popup: Popup | None
    digest: bytes | None
    chat: ChatAddress | None
    language: str
    action: str  # "post", "quiet_post", "update", "nothing", or "hold": somebody is at the form
    parked: str | None = None


def plan(unit: Unit, scene: Scene, row: Any, hold: Hold) -> Sending:
    employee_id = row["employee_id"]
    form = form_from(unit, row, hold.now)
    popup = scene.popup(employee_id, row["popup_id"], form)
    chat = scene.chats.get(employee_id)
    language = scene.language(employee_id)
    # Keyed: of an unknown caller the number is all that is not in the open already, and numbers are few enough to try.
    digest = unit.hash("popup", _POPUP.dump_json(popup).decode() + language) if popup else None
    action, parked = "nothing", None
    if popup is not None and row["activity_id"] is not None:
        action = "nothing" if scene.forgotten or digest == row["shown_digest"] else "update"
        if action == "update" and form.on_screen and popup.form is not None:
            action = "hold"
        parked = None if chat else "no_chat"
    elif popup is not None and _may_post(popup, row, scene):
        action = ("quiet_post" if row["post_tried_at"] else "post") if chat else "nothing"
        parked = None if chat else "no_chat"
    return Sending(
        row=row,
        hold=hold,
        popup=popup,
        digest=digest,
        chat=chat,
        language=language,
        action=action,
        parked=parked,
    )


def _may_post(popup: Popup, row: Any, scene: Scene) -> bool:
    """A first card, or the one more that is allowed after a POST whose outcome is unknown and the ringing is over."""
    leg = scene.call.leg(row["employee_id"])
    if leg is None or not opens(popup, leg):
        return False
    return row["post_tried_at"] is None or (row["posts"] < 2 and is_settled(popup))


def is_settled(popup: Popup) -> bool:
    """Whether nothing goes on any more that a second card could disturb."""
    if popup.state is PopupState.PLACED:
        return popup.call_back is not None and not popup.call_back.going_on
    return popup.state in _SETTLED
