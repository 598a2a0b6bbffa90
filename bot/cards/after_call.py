"""What is on the card when the conversation is over: the form for what it came to, or what was said of it.

The ids of the inputs are what the client sends with every press.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adaptive_cards.card import (
    ActionExecute,
    ActionSet,
    Column,
    ColumnSet,
    Container,
    InputChoice,
    InputChoiceSet,
    InputText,
    RichTextBlock,
)
from adaptive_cards.types import FontSize, Spacing, VerticalAlignment

from bot.cards.elements import ask_button, form_button, line, quiet, run
from bot.cards.untrusted import SHORT, plain
from bot.texts import Texts, clean_lines
from calls.popups.forms import FormKind
from calls.popups.notes import CallNote
from calls.popups.popup import Identity, Popup, Verb

RESULT, NOTE = "result", "note"  # ids of the inputs
NO_RESULT: Final = "-"  # the choice that takes a result back
LONGEST_NOTE: Final = 2000  # characters
_LONGEST_WORD: Final = 60  # of a result
_LINES, _LINE = 8, 300  # of a saved note on the card; the form holds all of it


def after_call(popup: Popup, texts: Texts) -> list[Container]:
    """The form, or what was said. Empty when there is nothing to say here."""
    if popup.form is FormKind.NOTE:
        return [_form(popup, texts)]
    if popup.note is not None and popup.note != CallNote():
        return [_said(popup, popup.note, texts)]
    return []


def after_call_buttons(popup: Popup, texts: Texts) -> list[ActionExecute]:
    """What goes with the other buttons of the card: have it journaled, open the form."""
    buttons = []
    if popup.may_journal and popup.matches:
        title = texts.button.journal.format(source=plain(popup.matches[0].source, SHORT))
        buttons.append(ask_button(title, Verb.WRITE_JOURNAL, popup.popup_id))
    if popup.may_note and popup.form is None and popup.note in (None, CallNote()) and not popup.searching:
        buttons.append(form_button(texts.button.note, FormKind.NOTE, popup.popup_id))
    return buttons


def read_note(data: Mapping[str, Any]) -> CallNote | None:
    """What stands in the form when a button is pressed; None when there was no form on the card. A client leaves out an
    input in which nothing is chosen. Which word is chosen is the employee's own affair: it is text like the note."""
    if RESULT not in data and NOTE not in data:
        return None
    result, text = data.get(RESULT), data.get(NOTE)
    word = clean_lines(result, _LONGEST_WORD).replace("\n", " ") if isinstance(result, str) else ""
    return CallNote(
        result=None if word in ("", NO_RESULT) else word,
        text=clean_lines(text, LONGEST_NOTE) if isinstance(text, str) else "",
    )


def _form(popup: Popup, texts: Texts) -> Container:
    shown = popup.draft or popup.note or CallNote()
    words = texts.after
    results = popup.results or tuple(texts.results)
    if shown.result and shown.result not in results:
        results = (*results, shown.result)  # a word that is no longer among the tenant's
    choices = [InputChoice(title=_result_word(result, texts), value=result) for result in results]
    if shown.result:
        choices.insert(0, InputChoice(title=words.no_result, value=NO_RESULT))
    return Container(
        separator=True,
        spacing=Spacing.MEDIUM,
        items=[
            InputChoiceSet(
                id=RESULT,
                label=words.result,
                placeholder=words.choose_result,
                style="compact",
                choices=choices,
                value=shown.result,
                spacing=Spacing.NONE,
            ),
            InputText(
                id=NOTE,
                label=words.note,
                placeholder=words.write_note,
                is_multiline=True,
                max_length=LONGEST_NOTE,
                value=shown.text or None,
                spacing=Spacing.SMALL,
            ),
            ActionSet(actions=[ask_button(texts.button.save, Verb.SAVE_NOTE, popup.popup_id)], spacing=Spacing.SMALL),
        ],
    )


def _said(popup: Popup, note: CallNote, texts: Texts) -> Container:
    edit = form_button(texts.button.edit, FormKind.NOTE, popup.popup_id, tooltip=texts.button.edit_note)
    columns = [
        Column(
            width="stretch",
            items=list(_said_lines(popup, note, texts)),
            vertical_content_alignment=VerticalAlignment.TOP,
        ),
        Column(width="auto", items=[ActionSet(actions=[edit])], vertical_content_alignment=VerticalAlignment.TOP),
    ]
    return Container(separator=True, spacing=Spacing.MEDIUM, items=[ColumnSet(columns=columns)])


def _said_lines(popup: Popup, note: CallNote, texts: Texts) -> Iterator[RichTextBlock]:
    if note.result:
        word = _result_word(note.result, texts)
        yield line(run(f"{texts.after.result}: ", size=FontSize.SMALL, subtle=True), run(word, bold=True))
    lines = note.text.splitlines()
    for text in lines[:_LINES]:
        if shown := plain(text, _LINE):
            yield line(run(shown))
    if len(lines) > _LINES:
        yield quiet("…")
    if popup.identity is not Identity.MATCHED and not popup.searching:
        yield quiet(texts.after.waits, spacing=Spacing.SMALL)


def _result_word(result: str, texts: Texts) -> str:
    return texts.results.get(result) or plain(result)
