"""Calling back from a card: the button, and the line that says how far a call asked for there has come."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from adaptive_cards.card import ActionExecute, ActionOpenUrl, RichTextBlock
from adaptive_cards.types import Spacing

from bot.cards.elements import GAP, join, line, run
from bot.cards.who import identify
from bot.texts import Texts, format_duration
from calls.calling.call_requests import CallBack, CallRoute, RequestState
from calls.numbers import Number, format_number
from calls.orders import CallRefusal
from calls.popups.popup import Popup, PopupState, Verb

_ICON = "☎\ufe0e"
# "4:" is a telephone number:
# https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-workflow
_TEAMS_CALL = "https://teams.microsoft.com/l/call/0/0?users=4:"


def call_buttons(popup: Popup, texts: Texts, *, drawing: UUID | None = None) -> list[ActionOpenUrl | ActionExecute]:
    """One quiet button, or none. Through Teams it is a link that the employee's own Teams opens. In a list, which is
    ``drawing``, what is asked for is told on a card of its own."""
    offered = popup.call_back
    if offered is None or offered.route is None or popup.number is None:
        return []
    title, name = _title(popup, texts), None
    if drawing is not None:
        title = texts.button.call if popup.state is PopupState.PLACED else title
        name = texts.button.call_name.format(name=identify(popup, texts).name)  # which of so many
    if offered.route is CallRoute.TEAMS:
        return [ActionOpenUrl(title=title, url=teams_call(popup.number), tooltip=name)]
    data: dict[str, object] = {"popup_id": str(popup.popup_id)}
    if drawing is not None:
        verb, data = Verb.CALL_LISTED, data | {"drawing": str(drawing)}
    else:
        verb, data = Verb.CALL_BACK, data | {"made": offered.made}
    return [ActionExecute(title=title, verb=verb.value, data=data, tooltip=name)]


def teams_call(number: Number) -> str:
    """The address at which the employee's own Teams calls."""
    return _TEAMS_CALL + quote(number.e164 or "", safe="")


def call_lines(popup: Popup, texts: Texts) -> list[RichTextBlock]:
    """How far the newest call asked for here has come; nothing when none was, or when the strip says so."""
    said = None if popup.state is PopupState.PLACED else say_state(popup, texts)
    if said is None or popup.call_back is None:
        return []
    if popup.call_back.talk_seconds is not None:
        said = join((said, format_duration(popup.call_back.talk_seconds, texts)))
    return [line(run(f"{_ICON}{GAP}{said}", bold=True), spacing=Spacing.MEDIUM)]


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


def _title(popup: Popup, texts: Texts) -> str:
    if popup.state is PopupState.PLACED:
        return texts.button.call_again
    return texts.button.call if popup.state is PopupState.ENDED else texts.button.call_back


def refusal_words(code: str | None, texts: Texts) -> str:
    """Why a call was not placed."""
    known = CallRefusal(code) if code in set(CallRefusal) else CallRefusal.OPERATOR_ERROR
    return texts.calling.refusal[known]
