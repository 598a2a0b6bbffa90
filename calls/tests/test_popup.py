"""Popups against a small model of a telephone exchange, kept by hand and told in order; we are told anyhow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from calls.callers.lookup import Answer, Lookup, SourceState
from calls.model import (
    ContactWay,
    Direction,
    Event,
    EvidenceField,
    LastContact,
    Match,
    MatchKind,
    OpenItem,
    OpenItemKind,
    Outcome,
    Party,
    RecordRef,
    SourceRole,
)
from calls.popups.popup import Identity, JournalState, Popup, PopupState, opens, popup_for
from calls.reducer import fold
from tests.support.events import (
    CALLER,
    HIDDEN,
    SALES,
    answer,
    at,
    employee,
    end,
    leg_end,
    phone,
    ring,
    stale,
)

NAMES = {employee(place): name for place, name in enumerate(("Kari", "Ola", "Amina", "Per", "Liv"))}
POPUP = UUID(int=99)
CRM, DIRECTORY = UUID(int=71), UUID(int=72)


def see(
    events: list[Event], place: int = 0, lookup: Lookup | None = None, journal: JournalState | None = None
) -> Popup | None:
    lookup = lookup or Lookup(done=True)
    return popup_for(
        fold(events), employee(place), popup_id=POPUP, lookup=lookup, names=NAMES, journal=journal, journal_in="HubSpot"
    )


def must_see(events: list[Event], place: int = 0, lookup: Lookup | None = None) -> Popup:
    popup = see(events, place, lookup)
    assert popup is not None
    return popup


def match(name: str = "Nora Lie", *, role: SourceRole = SourceRole.CRM, ref: str = "101") -> Match:
    return Match(
        connection_id=CRM if role is SourceRole.CRM else DIRECTORY,
        source="HubSpot" if role is SourceRole.CRM else "1881",
        ref=RecordRef(type="0-1", id=ref),
        kind=MatchKind.PERSON,
        name=name,
        evidence=EvidenceField.PHONE,
        role=role,
    )


def said(*matches: Match, state: SourceState = SourceState.ANSWERED, role: SourceRole = SourceRole.CRM) -> Answer:
    connection, name = (CRM, "HubSpot") if role is SourceRole.CRM else (DIRECTORY, "1881")
    return Answer(connection_id=connection, source=name, role=role, state=state, matches=matches)


# --- the model ----------------------------------------------------------------------------------------------------


@dataclass
class Exchange:
    """One queue call as it truly went. Each step says what everybody's card should say next."""

    cards: dict[int, PopupState]
    told: list[Event]

    def pick_up(self, by: int) -> None:
        self.told.append(answer(phone(by), seconds=len(self.told)))
        self.cards = dict.fromkeys(self.cards, PopupState.ANSWERED_ELSEWHERE) | {by: PopupState.ANSWERED}

    def decline(self, by: int) -> None:
        self.told.append(leg_end(phone(by), Outcome.REJECTED, seconds=len(self.told)))
        self.cards[by] = PopupState.REJECTED

    def hang_up(self) -> None:
        talked = PopupState.ANSWERED in self.cards.values()
        outcome = Outcome.COMPLETED if talked else Outcome.CALLER_CANCELLED
        self.told.append(end(outcome, seconds=len(self.told)))
        becomes = {PopupState.RINGING: PopupState.MISSED, PopupState.ANSWERED: PopupState.ENDED}
        self.cards = {place: becomes.get(state, state) for place, state in self.cards.items()}

    def ringing(self) -> list[int]:
        return [place for place, state in self.cards.items() if state is PopupState.RINGING]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_every_card_says_what_truly_happened(data: st.DataObject) -> None:
    members = data.draw(st.integers(1, 5), "members")
    rings = [ring(phone(place), queue=SALES, seconds=place / 10) for place in range(members)]
    exchange = Exchange(cards=dict.fromkeys(range(members), PopupState.RINGING), told=rings)
    answered = False
    for step in data.draw(st.lists(st.sampled_from(["decline", "pick up", "hang up"]), max_size=6), "steps"):
        ringing = exchange.ringing()
        if step == "decline" and len(ringing) > 1:
            exchange.decline(data.draw(st.sampled_from(ringing)))
        elif step == "pick up" and ringing and not answered:
            exchange.pick_up(data.draw(st.sampled_from(ringing)))
            answered = True
        elif step == "hang up":
            exchange.hang_up()
            break
    told = exchange.told + data.draw(st.lists(st.sampled_from(exchange.told), max_size=3), "repeated")
    received = [replace(event, received_at=at(when)) for when, event in enumerate(data.draw(st.permutations(told)))]
    for place, expected in exchange.cards.items():
        assert must_see(received, place).state is expected


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_cards_of_one_call_agree_with_each_other(data: st.DataObject) -> None:
    event = st.one_of(
        st.builds(lambda place, which: ring(phone(place, which)), st.integers(0, 3), st.integers(0, 1)),
        st.builds(lambda place: answer(phone(place) if place < 4 else None), st.integers(0, 4)),
        st.builds(lambda place, how: leg_end(phone(place), how), st.integers(0, 3), st.sampled_from([None, *Outcome])),
        st.builds(lambda how: end(how), st.sampled_from([None, *Outcome])),
        st.just(stale(seconds=1000)),
    )
    events = [ring(phone(0)), *data.draw(st.lists(event, max_size=8))]
    call = fold(events)
    popups = [must_see(events, place) for place in range(5) if call.leg(employee(place))]
    states = [popup.state for popup in popups]
    assert states.count(PopupState.ANSWERED) <= 1
    answered = call.answered_at is not None
    told = {event.outcome for event in events} >= {Outcome.ANSWERED_ELSEWHERE}
    assert answered or told or not {PopupState.ANSWERED, PopupState.ANSWERED_ELSEWHERE} & set(states)
    assert not answered or PopupState.RINGING not in states
    for popup, leg in zip(popups, call.legs, strict=True):
        assert (popup.outcome is None) == (popup.state in {PopupState.RINGING, PopupState.ANSWERED, PopupState.STALE})
        assert not opens(popup, leg) or popup.state not in {
            PopupState.ANSWERED_ELSEWHERE,
            PopupState.PASSED_ON,
            PopupState.FORWARDED,
            PopupState.STALE,
        }


# --- by example ---------------------------------------------------------------------------------------------------


def test_somebody_the_call_never_touched_sees_nothing() -> None:
    assert see([ring(phone(0))], place=1) is None


def test_colleagues_and_who_took_it_are_named() -> None:
    rings = [ring(phone(place), queue=SALES) for place in range(3)]
    popup = must_see([*rings, answer(phone(1))], place=0)
    assert (popup.answered_by, popup.rang, popup.queue) == ("Ola", ("Amina", "Ola"), "Salg")
    assert must_see([*rings, answer(phone(1))], place=1).answered_by is None


def test_an_ended_part_stays_what_it_was_when_the_rest_goes_silent() -> None:
    rings = [ring(phone(place), queue=SALES) for place in range(2)]
    events = [*rings, leg_end(phone(0), Outcome.REJECTED), stale(seconds=1000)]
    assert must_see(events, 0).state is PopupState.REJECTED
    assert must_see(events, 1).state is PopupState.STALE


def test_how_well_the_caller_is_known() -> None:
    calls = [ring(phone(0))]
    assert must_see(calls).identity is Identity.UNKNOWN
    assert must_see(calls, lookup=Lookup(answers=(said(match()),), done=True)).identity is Identity.MATCHED
    bought = said(match(role=SourceRole.DIRECTORY), role=SourceRole.DIRECTORY)
    assert must_see(calls, lookup=Lookup(answers=(bought,), done=True)).identity is Identity.DIRECTORY
    both = Lookup(answers=(bought, said(match("Nora L"))), done=True)
    assert must_see(calls, lookup=both).matches[0].name == "Nora L"
    assert must_see([ring(phone(0), caller=HIDDEN)]).identity is Identity.WITHHELD
    assert must_see([ring(phone(0), caller=None)]).identity is Identity.UNAVAILABLE
    internal = must_see([ring(phone(0), caller=phone(1))])
    assert (internal.identity, internal.colleague) == (Identity.COLLEAGUE, "Ola")


def test_searching_lasts_until_every_source_is_done() -> None:
    calls = [ring(phone(0))]
    asked = Lookup(answers=(said(state=SourceState.ASKED),))
    assert must_see(calls, lookup=asked).searching
    assert not must_see(calls, lookup=replace(asked, done=True)).searching
    assert not must_see([ring(phone(0), caller=HIDDEN)], lookup=asked).searching


def test_silent_sources_are_named_and_can_be_asked_again() -> None:
    lookup = Lookup(answers=(said(state=SourceState.FAILED),), done=True)
    popup = must_see([ring(phone(0))], lookup=lookup)
    assert popup.silent_sources == ("HubSpot",)
    assert popup.may_search_again
    assert not must_see([ring(phone(0))], lookup=Lookup(answers=(said(match()),), done=True)).may_search_again


def test_the_match_pointed_out_comes_first() -> None:
    lookup = Lookup(
        answers=(said(match("A", ref="1"), match("B", ref="2")),), done=True, chosen=RecordRef(type="0-1", id="2")
    )
    assert [each.name for each in must_see([ring(phone(0))], lookup=lookup).matches] == ["B", "A"]


def test_what_is_under_way_is_told_of_the_caller_and_to_who_takes_the_call() -> None:
    deal = OpenItem(kind=OpenItemKind.DEAL, title="Reoler")
    last = LastContact(at=at(-86_400), way=ContactWay.CALL)
    known = [replace(match(ref=ref), open_items=(deal,), last_contact=last) for ref in ("101", "102")]
    lookup = Lookup(answers=(said(*known),), done=True)
    events = [ring(phone(0), phone(1)), answer(phone(0), seconds=5)]
    mine, theirs = must_see(events, 0, lookup), must_see(events, 1, lookup)
    assert [(each.open_items, each.last_contact) for each in mine.matches] == [((deal,), last), ((), None)]
    assert theirs.state is PopupState.ANSWERED_ELSEWHERE
    assert all(each.open_items == () and each.last_contact is None for each in theirs.matches)


def test_this_call_itself_is_not_when_we_last_spoke() -> None:
    def seen(seconds: float) -> LastContact | None:
        known = replace(match(), last_contact=LastContact(at=at(seconds), way=ContactWay.CALL))
        return must_see([ring(phone(0))], 0, Lookup(answers=(said(known),), done=True)).matches[0].last_contact

    assert seen(-60) is not None
    assert [seen(-1), seen(0), seen(120)] == [None, None, None]


def _opens(events: list[Event], place: int = 0) -> bool:
    leg = fold(events).leg(employee(place))
    assert leg is not None
    return opens(must_see(events, place), leg)


def test_what_is_worth_a_first_card() -> None:
    both = [ring(phone(0)), ring(phone(1))]
    assert _opens(both)
    assert _opens([*both, answer(phone(0))])
    assert not _opens([*both, answer(phone(0))], place=1)
    assert _opens([*both, end(Outcome.CALLER_CANCELLED)])
    assert not _opens([*both, stale(seconds=1000)])
    assert _opens([answer(phone(0))])
    assert not _opens([leg_end(phone(0))])
    out = ring(phone(0), caller=phone(0), called=CALLER, direction=Direction.OUTBOUND)
    assert not _opens([out])
    assert _opens([ring(phone(0), caller=phone(1))])


def test_a_ringing_told_long_after_it_rang_raises_no_banner() -> None:
    told_late = replace(ring(phone(0), seconds=60), occurred_at=at(0))
    assert not _opens([told_late])
    told_soon = replace(ring(phone(0), seconds=10), occurred_at=at(0))
    assert _opens([told_soon])


def test_the_number_dialled_is_shown_only_when_it_is_not_the_employees_own() -> None:
    main = Party(number=CALLER.number)
    assert must_see([ring(phone(0), called=phone(0))]).called is None
    assert must_see([ring(phone(0), called=main)]).called == main.number
