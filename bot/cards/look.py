"""What each state looks like: the colour of the strip, and an icon and a word that say the same without colour.

The icons are single characters that every Teams client has and screen readers pronounce; a picture would have to be
fetched from the internet.
"""

from __future__ import annotations

from dataclasses import dataclass

from adaptive_cards.types import ContainerStyle

from bot.texts import Texts
from calls.calling.call_requests import RequestState
from calls.model import Direction, Outcome
from calls.popups.popup import Popup, PopupState


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    style: ContainerStyle
    icon: str


_TALKED = (None, Outcome.COMPLETED, Outcome.TRANSFERRED, Outcome.UNKNOWN)  # codes of an end after a conversation
_TEXT = "\ufe0e"  # asks for the plain form of a character that also exists as a coloured emoji

LOOKS = {
    PopupState.RINGING: Look(style=ContainerStyle.ACCENT, icon="☎" + _TEXT),
    PopupState.ANSWERED: Look(style=ContainerStyle.GOOD, icon="✓"),
    PopupState.ANSWERED_ELSEWHERE: Look(style=ContainerStyle.EMPHASIS, icon="→"),
    PopupState.PASSED_ON: Look(style=ContainerStyle.EMPHASIS, icon="→"),
    PopupState.FORWARDED: Look(style=ContainerStyle.EMPHASIS, icon="→"),
    PopupState.MISSED: Look(style=ContainerStyle.ATTENTION, icon="✕"),
    PopupState.REJECTED: Look(style=ContainerStyle.EMPHASIS, icon="✕"),
    PopupState.BUSY: Look(style=ContainerStyle.WARNING, icon="⊘"),
    PopupState.ENDED: Look(style=ContainerStyle.EMPHASIS, icon="■"),
    PopupState.STALE: Look(style=ContainerStyle.EMPHASIS, icon="?"),
    PopupState.PLACED: Look(style=ContainerStyle.ACCENT, icon="☎" + _TEXT),
}
# How a call stands that the employee has asked for, where that is not being on its way.
_PLACED = {
    RequestState.EMPLOYEE_ANSWERED: Look(style=ContainerStyle.GOOD, icon="☎" + _TEXT),
    RequestState.CONNECTED: LOOKS[PopupState.ANSWERED],
    RequestState.ENDED: LOOKS[PopupState.ENDED],
    RequestState.REFUSED: LOOKS[PopupState.MISSED],
    RequestState.UNKNOWN: LOOKS[PopupState.STALE],
}


def look_of(popup: Popup) -> Look:
    """Colour and icon of the strip."""
    asked = popup.call_back if popup.state is PopupState.PLACED else None
    if asked is None or asked.state is None:
        return LOOKS[popup.state]
    if asked.state is RequestState.ENDED and asked.code not in _TALKED:
        return LOOKS[PopupState.BUSY]
    return _PLACED.get(asked.state, LOOKS[popup.state])


def state_word(popup: Popup, texts: Texts) -> str:
    """The word of the strip, without who answered (that is untrusted text)."""
    words = texts.state_outbound if popup.direction is Direction.OUTBOUND else texts.state
    return words[popup.state]
