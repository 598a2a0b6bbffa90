"""What one employee should see of a call now: a neutral value, without clock, texts or layout.

``bot/cards`` turns it into a card. Equal popups give equal cards, so an update that changes nothing is never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from calls.callers.lookup import Lookup, Making
from calls.calling.call_requests import CallBack
from calls.journal.journal_modes import is_answered
from calls.matching import rank
from calls.model import Direction, Match, NumberPage, Outcome, Party, Presentation, RecordRef, SourceRole
from calls.numbers import Number
from calls.popups.details import details_of_first
from calls.popups.forms import NO_FORM, Form, FormKind, NewPerson, PeopleSearch, form_on_card
from calls.popups.notes import AfterCall, CallNote
from calls.popups.offers import Memory, add_in, create_in, may_remember, memory_used
from calls.reducer import Call, CallState, Leg, LegState
from calls.store.tenants import JournalMode


class PopupState(StrEnum):
    """The one word that a glance must catch."""

    RINGING = "ringing"
    ANSWERED = "answered"  # by this employee
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    PASSED_ON = "passed_on"  # this phone has stopped; the caller is still being put through to somebody
    FORWARDED = "forwarded"  # sent on before anybody answered: another call, which has cards of its own
    MISSED = "missed"  # nobody answered
    REJECTED = "rejected"  # this employee declined; nobody else has answered
    BUSY = "busy"
    ENDED = "ended"  # the conversation is over
    STALE = "stale"  # the operator went silent; nothing more is known
    PLACED = "placed"  # this employee has asked for it: how far it has come, Popup.call_back says


class Identity(StrEnum):
    """How well we know the caller."""

    MATCHED = "matched"  # a CRM knows the number
    DIRECTORY = "directory"  # only a directory does
    COLLEAGUE = "colleague"  # an internal call
    UNKNOWN = "unknown"  # every source that answered does not know the number
    WITHHELD = "withheld"
    UNAVAILABLE = "unavailable"


class JournalState(StrEnum):
    PENDING = "pending"
    WRITTEN = "written"
    PARKED = "parked"  # keeps failing; the administrator sees why


class Verb(StrEnum):
    """What a button asks the bot to do (Action.Execute). The rest of the buttons are plain addresses."""

    SEARCH_AGAIN = "search_again"
    CHOOSE_MATCH = "choose_match"  # data: the key of one of Popup.matches
    REMEMBER_FOR_ME = "remember_for_me"  # the match that was chosen
    REMEMBER_FOR_ALL = "remember_for_all"
    FORGET_CHOICE = "forget_choice"
    CALL_BACK = "call_back"  # data: CallBack.made
    CALL_LISTED = "call_listed"  # the same from a list of calls; data: which drawing of the list
    OPEN_FORM = "open_form"  # data: a FormKind
    CLOSE_FORM = "close_form"  # and throw away what was typed
    CREATE_RECORD = "create_record"  # data: what is in the form of a new person
    SEARCH_PEOPLE = "search_people"  # data: whom for
    ADD_NUMBER = "add_number"  # data: the key of one of Popup.search.people
    SAVE_NOTE = "save_note"  # data: what is in the form after the call
    WRITE_JOURNAL = "write_journal"  # where calls are journaled on request
    SAVE_PREFERENCES = "save_preferences"  # of the employee's own settings card, which is no popup


@dataclass(frozen=True, kw_only=True, slots=True)
class Popup:
    """One employee's view of one call."""

    popup_id: UUID  # goes into the buttons' data; says nothing by itself
    state: PopupState
    identity: Identity
    direction: Direction
    number: Number | None  # None: withheld, unavailable, or a colleague without a known line
    matches: tuple[Match, ...] = ()  # ranked; the first is the one shown large
    chosen: bool = False  # an employee has said that the first match is the one
    may_remember: bool = False  # that choice, for the next time
    remembered: Memory | None = None  # the first match is shown because somebody asked us to remember it
    create_in: str | None = None  # the name of the source in which the caller may be made a new record
    add_in: str | None = None  # the name of the source in which the number may be added to somebody
    making: Making | None = None  # that was asked for, and is not there
    colleague: str | None = None  # the other one's name on an internal call
    called: Number | None = None  # the number that was dialled, shown when it is not the employee's own line
    phone: Number | None = None  # on PLACED: the employee's phone, which rings first
    queue: str | None = None
    rang: tuple[str, ...] = ()  # the other employees whose phones rang, by name
    answered_by: str | None = None  # on ANSWERED_ELSEWHERE; None: the operator does not say who
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_seconds: int | None = None  # None: unknown or no conversation; never guessed
    outcome: Outcome | None = None
    searching: bool = False  # a source has not answered yet
    silent_sources: tuple[str, ...] = ()  # the names of those that did not answer in time or failed
    journal: JournalState | None = None  # None: nothing to journal
    journal_in: str | None = None  # the name of the source journaled to
    may_search_again: bool = False
    pages: tuple[NumberPage, ...] = ()  # where else to look, when no CRM knows the caller
    call_back: CallBack | None = None  # None: nothing to offer and nothing to tell
    may_journal: bool = False  # it is journaled when this employee asks for it
    may_note: bool = False  # the call is over, this employee took it, and what it came to may be said
    note: CallNote | None = None  # what has been said
    form: FormKind | None = None  # on the card: from then on we edit the card with care (calls/popups/cards.py)
    draft: CallNote | None = None  # what stands in the form of the note, when it is not the note
    person: NewPerson | None = None  # what stands in that of a new person
    search: PeopleSearch | None = None  # what stands in that for the number
    results: tuple[str, ...] = ()  # the tenant's words to choose from; none: ours


def popup_for(
    call: Call,
    employee_id: UUID,
    *,
    popup_id: UUID,
    lookup: Lookup,
    names: Mapping[UUID, str],
    asking: bool = False,
    journal: JournalState | None = None,
    journal_in: str | None = None,
    after: AfterCall | None = None,
    form: Form = NO_FORM,
) -> Popup | None:
    """What this employee should see of the call now; None when it is not for them. ``names`` holds the colleagues'.

    ``asking``: the sources are to be asked, perhaps by a node that has died over it. A caller nobody has been asked
    about yet is not called unknown.
    """
    leg, after = call.leg(employee_id), after or AfterCall()
    if leg is None:
        return None
    placed = call.state is CallState.PLACED
    outside = call.called if placed else call.outside
    number = outside.number if outside else None
    ranked = rank(lookup.matches, number) if number else ()
    recalled = lookup.recalled(employee_id) if number else None
    if recalled is not None and lookup.find(recalled.match) is None:
        ranked = (recalled.match, *ranked)  # its source has not answered yet
    matches = _with_chosen_first(ranked, lookup.pointed_out(employee_id))
    identity = _identity(call, outside, matches)
    open_lookup = not lookup.done and (asking or bool(lookup.answers))
    searching = identity is not Identity.COLLEAGUE and number is not None and open_lookup
    own_line = call.called is not None and call.called.employee_id == employee_id
    answerer = call.answered_by
    state = _state(call, leg)
    told = state is not _ELSEWHERE  # whoever answered deals with the caller
    stranger = identity in (Identity.UNKNOWN, Identity.DIRECTORY) and not placed
    matches = details_of_first(matches, call, told=told)
    over = call.state is CallState.ENDED and call.direction is Direction.INBOUND and number is not None
    took = over and _took(call, leg)
    requestable = over and (took or not is_answered(call)) and after.mode is JournalMode.ON_REQUEST
    if requestable and after.requested and after.waiting and journal is None and identity is Identity.MATCHED:
        journal, journal_in = JournalState.PENDING, matches[0].source
    may_note = took and after.mode is not JournalMode.NEVER
    # The form does not come by itself while something would have to be shown soon: what becomes of the entry's first
    # try, or that the call was answered, which is told after its end or never.
    awaited = after.waiting and (after.mode is JournalMode.ALWAYS or after.requested)
    awaited = awaited and identity is Identity.MATCHED and after.note is None
    comes = not searching and not awaited and (leg.answered_at is not None or form.opened is FormKind.NOTE)
    new, more = (of(number, lookup) if stranger and told else None for of in (create_in, add_in))
    offers = {FormKind.NOTE: may_note, FormKind.PERSON: new, FormKind.NUMBER: more}
    offered = [each for each, offer in offers.items() if offer]
    busy = after.calling or (lookup.making is not None and lookup.making.failed is None)
    kind = form_on_card(form, offered, settled=comes, unsaid=after.note is None, busy=busy)
    return Popup(
        popup_id=popup_id,
        state=state,
        identity=identity,
        direction=call.direction,
        number=number,
        matches=matches[:1] if placed else matches,  # whom they call they know: no choice to make
        chosen=bool(matches) and matches[0].ref == lookup.pointed_out(employee_id),
        may_remember=told and may_remember(matches, lookup),
        remembered=memory_used(matches, recalled) if told else None,
        create_in=new,
        add_in=more,
        making=lookup.making if told else None,
        colleague=_name_of(outside, names) if outside and identity is Identity.COLLEAGUE else None,
        called=None if own_line or placed or call.called is None else call.called.number,
        phone=call.caller.number if placed and call.caller else None,
        queue=(call.queue.name or call.queue.ref) if call.queue else None,
        rang=tuple(names[each] for each in rung(call, names) if each != employee_id),
        answered_by=_name_of(answerer, names) if answerer and answerer.employee_id != employee_id else None,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        talk_seconds=call.talk_seconds,
        outcome=leg.outcome,
        searching=searching,
        silent_sources=() if placed else lookup.silent_sources,
        journal=journal,
        journal_in=journal_in,
        pages=lookup.pages if stranger and told else (),
        may_search_again=number is not None and stranger and lookup.done and bool(lookup.answers),
        may_journal=requestable and not after.requested and identity is Identity.MATCHED,
        may_note=may_note,
        note=after.note if may_note else None,
        form=kind,
        draft=form.note if kind is FormKind.NOTE else None,
        person=form.person if kind is FormKind.PERSON else None,
        search=form.search if kind is FormKind.NUMBER else None,
        results=after.results if may_note else (),
    )


def rung(call: Call, names: Mapping[UUID, str]) -> list[UUID]:
    """The employees whose phones this call has touched, as far as they have names, in the order in which they rang."""
    legs = (leg for leg in call.legs if leg.employee_id in names)
    ordered = sorted(legs, key=lambda leg: (leg.rang_at or call.last_event_at, names[leg.employee_id]))
    return [leg.employee_id for leg in ordered]


def _took(call: Call, leg: Leg) -> bool:
    """Whether this employee had the conversation; of two who may have had it, neither."""
    return leg.answered_at is not None or (leg.outcome is Outcome.COMPLETED and len(call.legs) == 1)


def opens(popup: Popup, leg: Leg) -> bool:
    """Whether a first card may be posted for this popup: it is news to the employee, and still worth a toast."""
    if popup.state is PopupState.PLACED:
        return True
    if popup.direction is Direction.OUTBOUND or popup.state in _NO_NEWS:
        return False
    if leg.rang_late:
        return False
    return leg.rang_at is not None or popup.state is PopupState.ANSWERED


_ELSEWHERE = PopupState.ANSWERED_ELSEWHERE
_NO_NEWS = (_ELSEWHERE, PopupState.PASSED_ON, PopupState.FORWARDED, PopupState.STALE)


def _state(call: Call, leg: Leg) -> PopupState:
    if call.state is CallState.PLACED:
        return PopupState.PLACED
    if leg.outcome is Outcome.ANSWERED_ELSEWHERE:
        return PopupState.ANSWERED_ELSEWHERE
    if call.state is CallState.STALE and leg.state is not LegState.ENDED:
        return PopupState.STALE
    if leg.state is LegState.RINGING:
        return PopupState.RINGING
    if leg.state is LegState.ANSWERED:
        return PopupState.ANSWERED
    if call.state is CallState.RINGING and leg.outcome is Outcome.MISSED:
        return PopupState.PASSED_ON
    return _ENDINGS.get(leg.outcome or Outcome.UNKNOWN, PopupState.ENDED)


_ENDINGS = {
    Outcome.MISSED: PopupState.MISSED,
    Outcome.CALLER_CANCELLED: PopupState.MISSED,
    Outcome.UNREACHABLE: PopupState.MISSED,
    Outcome.FORWARDED: PopupState.FORWARDED,
    Outcome.REJECTED: PopupState.REJECTED,
    Outcome.BUSY: PopupState.BUSY,
}


def _identity(call: Call, outside: Party | None, matches: tuple[Match, ...]) -> Identity:
    if call.direction is Direction.INTERNAL:
        return Identity.COLLEAGUE
    if outside is None or outside.number is None:
        hidden = outside is not None and outside.presentation is Presentation.WITHHELD
        return Identity.WITHHELD if hidden else Identity.UNAVAILABLE
    if not matches:
        return Identity.UNKNOWN
    return Identity.MATCHED if matches[0].role is SourceRole.CRM else Identity.DIRECTORY


def _with_chosen_first(matches: tuple[Match, ...], chosen: RecordRef | None) -> tuple[Match, ...]:
    return tuple(sorted(matches, key=lambda match: match.ref != chosen)) if chosen else matches


def _name_of(party: Party, names: Mapping[UUID, str]) -> str | None:
    return names.get(party.employee_id) if party.employee_id else party.name
