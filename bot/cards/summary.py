"""The one line of the toast, and the sentence a screen reader begins with.

Teams shows ``summary`` in the banner of a message that is only a card; it is plain text there.
"""

from __future__ import annotations

from bot.cards.call_back import say_state
from bot.cards.look import state_word
from bot.cards.untrusted import NAME, SHORT, plain
from bot.cards.who import Who, identify
from bot.texts import Texts, format_duration
from calls.model import Direction
from calls.popups.popup import Popup, PopupState

_NO_MARKUP = str.maketrans("<>&", "   ")


def state_line(popup: Popup, texts: Texts) -> str:
    """The state in words, with who answered and for how long: "Besvart av Kari Hansen"."""
    word = state_word(popup, texts)
    if popup.state is PopupState.PLACED:
        return (say_state(popup, texts) or word).removesuffix(".")
    if popup.state is PopupState.ANSWERED_ELSEWHERE and (name := plain(popup.answered_by, NAME)):
        word = texts.card.answered_by.format(name=name)
    return word


def talk_time(popup: Popup, texts: Texts) -> str | None:
    """How long the conversation was, once it is over and when the operator told."""
    seconds = popup.talk_seconds
    if popup.state is PopupState.PLACED and popup.call_back is not None:
        seconds = popup.call_back.talk_seconds
    return None if seconds is None else format_duration(seconds, texts)


def summarize(popup: Popup, texts: Texts) -> str:
    """ "Nora Lie (Havnelageret AS) ringer – 22 33 44 55 · kø Salg"."""
    who = identify(popup, texts)
    named = texts.summary.who_detail.format(name=who.spoken, detail=who.aside) if who.aside else who.spoken
    placed = popup.state is PopupState.PLACED and (popup.call_back is None or popup.call_back.going_on)
    if popup.state is PopupState.RINGING or placed:
        outbound = popup.direction is Direction.OUTBOUND or placed
        said = (texts.summary.ringing_outbound if outbound else texts.summary.ringing).format(who=named)
    else:
        said = texts.summary.other.format(state=state_line(popup, texts), who=named)
    number = who.number or (who.name if who.name != who.spoken and popup.number else None)
    if number:
        said += texts.summary.number.format(number=number)
    if queue := plain(popup.queue, SHORT):
        said += texts.summary.queue.format(queue=queue)
    if len(popup.matches) > 1 and not popup.chosen:
        said += texts.summary.matches.format(count=len(popup.matches))
    return said


def speak(popup: Popup, who: Who, texts: Texts) -> str:
    """What is read aloud, the caller first: state, who, where they belong, number, queue. No markup (SSML) in it."""
    head = state_line(popup, texts)
    if talked := talk_time(popup, texts):
        head = f"{head}, {talked}"
    caller = ", ".join((who.name, *who.details))
    queue = texts.card.queue.format(queue=plain(popup.queue, SHORT)) if plain(popup.queue, SHORT) else None
    said = ". ".join(part for part in (head, caller, who.number, who.evidence, queue) if part)
    return f"{said.translate(_NO_MARKUP).rstrip('…. ')}."
