"""The texts of one language, as frozen values read from ``<language>.toml`` beside this file.

Adding a language is adding that one file: it is found by its name, and reading it fails on a missing or misspelt key.
Texts with a ``{placeholder}`` are filled with ``str.format``; what goes in has been through
:func:`bot.texts.cleaning.clean`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from calls.calling.call_requests import RequestState
from calls.model import ContactWay, EvidenceField, OpenItemKind, Outcome
from calls.orders import CallRefusal
from calls.popups.popup import PopupState

DEFAULT_LANGUAGE = "nb"
_RELATED = {"no": "nb", "nn": "nb"}  # what a Norwegian client may call its language
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class CardTexts:
    """Lines of the call card."""

    withheld: str  # stands where the name would
    unavailable: str  # likewise
    unavailable_note: str
    unknown: str
    unknown_searching: str  # instead of ``unknown`` while a source has not answered
    colleague: str  # the second line of an internal call
    colleague_unnamed: str
    owner: str
    queue: str
    called: str
    ringing_also: str  # whose phones ring too
    rang_also: str  # whose phones rang too
    answered_by: str
    answered_at: str
    ended_at: str
    rang_for: str
    stale_note: str
    last_contact: str  # when one of ours last spoke with them
    others: str  # heading of the other matches
    others_chosen: str  # the same once an employee has chosen
    others_more: str
    remember: str  # before the buttons that remember a choice
    remembered_mine: str
    remembered_all: str
    pick_up: str  # the employee's phone is to be answered first
    own_phone: str  # and has been: from it they call
    searching: str
    silent: str  # the sources that did not answer
    journal_pending: str
    journal_written: str
    journal_parked: str
    journal_somewhere: str  # when the source journaled to has no name


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class ButtonTexts:
    open: str  # a record in a CRM
    view: str  # a page of a directory
    look_up: str  # a page about the number, where nobody has been asked
    search_again: str
    call_back: str  # a call that was not answered
    call: str  # one that was
    call_name: str  # what a screen reader says for it in a list
    call_again: str  # one that the employee has asked for
    choose: str
    create: str  # a record in a CRM; opens the form
    add_number: str  # to somebody who is in the CRM; opens the form
    find: str  # in that form
    cancel: str  # a form
    remember_for_me: str
    remember_for_all: str
    forget: str  # what was remembered
    choose_name: str  # what a screen reader says for ``choose``
    save: str
    edit: str
    edit_note: str  # what a screen reader says for ``edit``
    note: str  # opens the form after the call
    journal: str


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class AfterCallTexts:
    """The form after the call, and what was said in it."""

    result: str
    choose_result: str
    no_result: str
    note: str
    write_note: str
    waits: str  # no CRM knows the caller yet


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class FormTexts:
    """The forms of a new person and of who is to have the number, and what became of them."""

    first_name: str
    last_name: str
    company: str
    email: str
    create: str
    making: str
    email_taken: str
    answer_lost: str  # nobody knows whether it was made
    failed: str
    whose: str  # the number is; what stands over the name to search for
    whose_hint: str
    choose_person: str  # over the people found
    more_people: str  # than are listed
    nobody: str  # was found
    search_failed: str
    adding: str
    no_free_field: str
    person_gone: str  # the one who was chosen
    not_added: str


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class SummaryTexts:
    """The toast: ``ringing`` or ``other``, then number, queue and matches as they apply."""

    ringing: str
    ringing_outbound: str
    other: str
    who_detail: str
    unavailable: str
    colleague: str
    number: str
    queue: str
    matches: str


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class WordTexts:
    and_: str
    more: str
    hours: str
    minutes: str
    seconds: str


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class JournalParts:
    """Title: what happened, queue, who took it. Body: one part a line."""

    queue: str
    answered_by: str
    called_by: str
    talk: str
    caller: str
    called: str
    queue_line: str
    rang: str


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class JournalTexts:
    """The call as the CRM keeps it."""

    inbound: Mapping[Outcome, str]
    outbound: Mapping[Outcome, str]
    parts: JournalParts


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class WelcomeTexts:
    title: str
    intro: str
    follow: str
    line: str  # one line
    lines: str  # several
    no_line: str
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class ReplyTexts:
    """What the bot answers to a message or a button, when a card is not the answer."""

    unknown_message: str
    not_set_up: str  # the person is not an employee of a tenant we serve
    call_gone: str
    card_follows: str  # to a press whose answer would come too late to be drawn
    not_yours: str
    unknown_action: str


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class CallingTexts:
    """A call that the employee has asked for. ``{number}`` is whom it goes to."""

    state: Mapping[RequestState, str]
    how: Mapping[str, str]  # an end, or a silence, of which more is known
    refusal: Mapping[CallRefusal, str]  # why it was not placed


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class ChatTexts:
    """What the bot answers to what an employee writes."""

    help: str
    no_number: str
    no_calls: str
    recent: str
    you_called: str  # beside a call that the employee has made
    call_in_teams: str
    settings: str
    show_cards: str
    direct: str
    queue: str
    internal: str
    journal_answered: str
    journal_missed: str
    journal_outgoing: str
    call_through: str  # how their calls are made
    own_phone: str
    in_teams: str
    as_company: str
    always: str
    on_request: str
    never: str
    language: str
    language_name: str
    saved: str


@dataclass(frozen=True, kw_only=True, slots=True, config=_STRICT)
class Texts:
    """Everything an employee reads, in one language."""

    language: str  # BCP 47, also the card's ``lang``
    state: Mapping[PopupState, str]  # the word of the coloured strip
    state_outbound: Mapping[PopupState, str]
    evidence: Mapping[EvidenceField, str]
    outcome_note: Mapping[Outcome, str]  # only where the outcome adds to the state
    open_item: Mapping[OpenItemKind, str]  # what stands before its title
    contact_way: Mapping[ContactWay, str]  # only where it says something
    card: CardTexts
    button: ButtonTexts
    after: AfterCallTexts
    results: Mapping[str, str]  # what a call came to, where the tenant has no words of its own; the keys are stored
    form: FormTexts
    summary: SummaryTexts
    words: WordTexts
    calling: CallingTexts
    journal: JournalTexts
    welcome: WelcomeTexts
    reply: ReplyTexts
    chat: ChatTexts


@cache
def languages() -> tuple[str, ...]:
    """The languages there are, the default first."""
    names = {entry.name.removesuffix(".toml") for entry in files(__package__).iterdir() if entry.name.endswith(".toml")}
    return (DEFAULT_LANGUAGE, *sorted(names - {DEFAULT_LANGUAGE}))


@cache
def load_texts(language: str) -> Texts:
    """The texts of exactly this language; raises KeyError when there is no such file, ValueError when it is wrong."""
    if language not in languages():
        raise KeyError(language)
    with files(__package__).joinpath(f"{language}.toml").open("rb") as file:
        return TypeAdapter(Texts).validate_python(tomllib.load(file))


def texts_for(locale: str | None) -> Texts:
    """The nearest language for what a client or a tenant asks for ("en-GB", "no"); Norwegian when there is none."""
    primary = (locale or "").replace("_", "-").split("-")[0].lower()
    primary = _RELATED.get(primary, primary)
    return load_texts(primary if primary in languages() else DEFAULT_LANGUAGE)
