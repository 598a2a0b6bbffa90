"""Calling back from a card: the button, and the line that says how far a call asked for there has come."""

from __future__ import annotations

from urllib.parse import quote

from adaptive_cards.card import ActionExecute, ActionOpenUrl, RichTextBlock
from adaptive_cards.types import Spacing

from bot.cards.elements import GAP, line, run
from bot.texts import Texts
from calls.calling.call_requests import CallBack, CallRoute, RequestState
from calls.numbers import format_number
from calls.orders import CallRefusal
from calls.popups.popup import Popup, PopupState, Verb

_ICON = "☎\ufe0e"
# "4:" is a telephone number:
# https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-workflow
_TEAMS_CALL = "https://teams.microsoft.com/l/call/0/0?users=4:"


def call_buttons(popup: Popup, texts: Texts) -> list[ActionOpenUrl | ActionExecute]:
    """One quiet button, or none. Through Teams it is a link that the employee's own Teams opens."""
    offered = popup.call_back
    if offered is None or offered.route is None or popup.number is None:
        return []
    title = texts.button.call if popup.state is PopupState.ENDED else texts.button.call_back
    if offered.route is CallRoute.TEAMS:
        return [ActionOpenUrl(title=title, url=_TEAMS_CALL + quote(popup.number.e164 or "", safe=""))]
    data: dict[str, object] = {"popup_id": str(popup.popup_id), "made": offered.made}
    return [ActionExecute(title=title, verb=Verb.CALL_BACK.value, data=data)]


def call_lines(popup: Popup, texts: Texts) -> list[RichTextBlock]:
    """How far the newest call asked for here has come; nothing when none was."""
    said = say_state(popup, texts)
    return [line(run(f"{_ICON}{GAP}{said}", bold=True), spacing=Spacing.MEDIUM)] if said else []


def say_state(popup: Popup, texts: Texts) -> str | None:
    """The same in words alone."""
    if popup.call_back is None or popup.call_back.state is None:
        return None
    number = format_number(popup.number) if popup.number else ""
    return _words(popup.call_back, texts).format(number=number)


def _words(call: CallBack, texts: Texts) -> str:
    if call.state is RequestState.REFUSED:
        return refusal_words(call.code, texts)
    if call.code is not None and call.code in texts.calling.how:
        return texts.calling.how[call.code]
    return texts.calling.state[RequestState(call.state or RequestState.UNKNOWN)]


def refusal_words(code: str | None, texts: Texts) -> str:
    """Why a call was not placed."""
    known = CallRefusal(code) if code in set(CallRefusal) else CallRefusal.OPERATOR_ERROR
    return texts.calling.refusal[known]
