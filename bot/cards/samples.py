"""Popups to look at: every state with every kind of caller, and the special cases worth a picture.

The snapshot tests and the pictures in docs/pictures are made of these. All people and numbers are made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from calls.callers.lookup import Making
from calls.calling.call_requests import CallBack, CallRoute, RequestState
from calls.model import (
    ContactWay,
    Direction,
    EvidenceField,
    LastContact,
    Match,
    MatchKind,
    NumberPage,
    OpenItem,
    OpenItemKind,
    Outcome,
    RecordRef,
    SourceRole,
)
from calls.numbers import Number, NumberKind
from calls.popups.forms import FormKind, NewPerson, PeopleSearch
from calls.popups.notes import CallNote
from calls.popups.offers import Memory
from calls.popups.popup import Identity, JournalState, Popup, PopupState

_START = datetime(2026, 11, 12, 12, 45, 3, tzinfo=UTC)
_HUBSPOT = UUID("00000000-0000-4000-8000-0000000000a1")
_DIRECTORY = UUID("00000000-0000-4000-8000-0000000000a2")
_RECORDS = "https://app.hubspot.example/contacts/1234567/record"


def _number(digits: str) -> Number:
    return Number(kind=NumberKind.E164, digits=f"47{digits}")


NORA = Match(
    connection_id=_HUBSPOT,
    source="HubSpot",
    ref=RecordRef(type="0-1", id="101"),
    kind=MatchKind.PERSON,
    name="Nora Lie",
    evidence=EvidenceField.PHONE,
    title="Innkjøpssjef",
    company="Havnelageret AS",
    owner="Kari Hansen",
    url=f"{_RECORDS}/0-1/101",
)
WAREHOUSE = Match(
    connection_id=_HUBSPOT,
    source="HubSpot",
    ref=RecordRef(type="0-2", id="201"),
    kind=MatchKind.COMPANY,
    name="Havnelageret AS",
    evidence=EvidenceField.SWITCHBOARD,
    place="Bergen",
    owner="Kari Hansen",
    url=f"{_RECORDS}/0-2/201",
)
JONAS = replace(
    NORA, ref=RecordRef(type="0-1", id="102"), name="Jonas Vik", title="Lagersjef", evidence=EvidenceField.WORK,
    url=f"{_RECORDS}/0-1/102",
)  # fmt: skip
LONG = replace(
    NORA, name="Anne-Margrethe Kristoffersen Bjørkelund-Johannessen", title="Avdelingsleder for innkjøp og logistikk",
    company="Nordvestlandske Fiskeri- og Havbrukstjenester AS",
)  # fmt: skip
_OTHER = replace(NORA, ref=RecordRef(type="0-1", id="103"), name="Lisbeth Lie-Haugen", title=None, company=None)
BUSY_NORA = replace(
    NORA,
    open_items=(
        OpenItem(
            kind=OpenItemKind.TICKET, title="Feil på leveranse 4711", stage="Venter på oss", url=f"{_RECORDS}/0-5/402"
        ),
        OpenItem(
            kind=OpenItemKind.DEAL, title="Nye reoler til lageret", stage="Tilbud sendt", amount="240\u00a0000 NOK",
            url=f"{_RECORDS}/0-3/301",
        ),
    ),
    last_contact=LastContact(at=_START - timedelta(days=6), way=ContactWay.CALL, employee="Ola Berg"),
)  # fmt: skip
LISTED = Match(
    connection_id=_DIRECTORY,
    source="1881",
    ref=RecordRef(type="Person", id="100000001S0"),
    kind=MatchKind.PERSON,
    name="Kari Prøve",
    evidence=EvidenceField.MOBILE,
    role=SourceRole.DIRECTORY,
    place="Oslo",
    url="https://www.1881.no/",
)

PAGE = NumberPage(name="Gulesider", url="https://www.gulesider.no/finn:91234567")
_SAID = CallNote(
    result="follow_up", text="Vil ha tilbud på 40 paller innen fredag.\nRing Per Vik på lageret om levering."
)

_STATES: Mapping[PopupState, Mapping[str, object]] = {
    PopupState.RINGING: {},
    PopupState.ANSWERED: {"answered_at": _START + timedelta(seconds=7)},
    PopupState.ANSWERED_ELSEWHERE: {
        "answered_at": _START + timedelta(seconds=7), "answered_by": "Per Berg", "outcome": Outcome.ANSWERED_ELSEWHERE,
    },
    PopupState.PASSED_ON: {"outcome": Outcome.MISSED},
    PopupState.FORWARDED: {"ended_at": _START + timedelta(seconds=9), "outcome": Outcome.FORWARDED},
    PopupState.MISSED: {"ended_at": _START + timedelta(seconds=18), "outcome": Outcome.CALLER_CANCELLED},
    PopupState.REJECTED: {"ended_at": _START + timedelta(seconds=4), "outcome": Outcome.REJECTED},
    PopupState.BUSY: {"ended_at": _START + timedelta(seconds=1), "outcome": Outcome.BUSY},
    PopupState.ENDED: {
        "answered_at": _START + timedelta(seconds=7), "ended_at": _START + timedelta(seconds=259), "talk_seconds": 252,
        "outcome": Outcome.COMPLETED,
    },
    PopupState.STALE: {},
    PopupState.PLACED: {
        "direction": Direction.OUTBOUND, "phone": _number("90000001"),
        "call_back": CallBack(route=None, made=1, state=RequestState.RINGING_EMPLOYEE),
    },
}  # fmt: skip
_IDENTITIES: Mapping[Identity, Mapping[str, object]] = {
    Identity.MATCHED: {"number": _number("22334455"), "matches": (NORA,)},
    Identity.DIRECTORY: {"number": _number("90011223"), "matches": (LISTED,), "may_search_again": True},
    Identity.COLLEAGUE: {"number": _number("90000002"), "colleague": "Eva Dahl", "direction": Direction.INTERNAL},
    Identity.UNKNOWN: {"number": _number("91234567"), "may_search_again": True},
    Identity.WITHHELD: {"number": None},
    Identity.UNAVAILABLE: {"number": None},
}


def sample(state: PopupState, identity: Identity, **changes: object) -> Popup:
    """One popup; ``changes`` are fields of Popup."""
    fields: dict[str, object] = {"direction": Direction.INBOUND, **_STATES[state], **_IDENTITIES[identity], **changes}
    popup_id = UUID("00000000-0000-4000-8000-00000000c0de")
    return Popup(popup_id=popup_id, state=state, identity=identity, started_at=_START, **fields)  # type: ignore[arg-type]


_PLACED: Mapping[str, tuple[RequestState, str | None, int | None]] = {
    "asked": (RequestState.ASKED, None, None),
    "on-own-phone": (RequestState.EMPLOYEE_ANSWERED, None, None),
    "target": (RequestState.RINGING_TARGET, None, None),
    "talking": (RequestState.CONNECTED, None, None),
    "ended": (RequestState.ENDED, "completed", 252),
    "ended-somehow": (RequestState.ENDED, None, None),
    "busy": (RequestState.ENDED, "busy", None),
    "not-taken": (RequestState.ENDED, "not_taken", None),
    "refused": (RequestState.REFUSED, "employee_unavailable", None),
    "unknown": (RequestState.UNKNOWN, None, None),
    "no-news": (RequestState.UNKNOWN, "no_news", None),
}


def _placed(state: RequestState, code: str | None, talked: int | None) -> Popup:
    """A call that the employee has asked for in the chat."""
    asked = CallBack(route=None, made=1, state=state, code=code, talk_seconds=talked)
    offered = replace(asked, route=None if asked.going_on else CallRoute.OPERATOR)
    return sample(PopupState.PLACED, Identity.MATCHED, call_back=offered)


def _samples() -> dict[str, Popup]:
    plain = {f"{state}-{identity}": sample(state, identity) for state in PopupState for identity in Identity}
    ringing, ended, matched = PopupState.RINGING, PopupState.ENDED, Identity.MATCHED
    journal = {"journal_in": "HubSpot"}
    after: dict[str, object] = {"may_note": True}
    stranger: dict[str, object] = {"create_in": "HubSpot", "add_in": "HubSpot"}
    queue = {"queue": "Salg", "called": _number("22000010"), "rang": ("Per Berg", "Ola Nes")}
    special = {
        "queue-ringing": sample(ringing, matched, **queue),
        "queue-missed": sample(PopupState.MISSED, matched, **queue),
        "queue-elsewhere": sample(PopupState.ANSWERED_ELSEWHERE, matched, **queue, talk_seconds=64),
        "several-matches": sample(ringing, matched, matches=(NORA, JONAS, WAREHOUSE)),
        "customer": sample(ringing, matched, matches=(BUSY_NORA,)),
        "customer-chosen-from": sample(PopupState.ANSWERED, matched, matches=(BUSY_NORA, JONAS), chosen=True),
        "choice-made": sample(PopupState.ANSWERED, matched, matches=(JONAS, NORA), chosen=True, may_remember=True),
        "choice-remembered": sample(ringing, matched, matches=(JONAS, NORA), chosen=True, remembered=Memory.MINE),
        "choice-for-all": sample(ringing, matched, matches=(JONAS, NORA), chosen=True, remembered=Memory.ALL),
        "create": sample(ended, Identity.DIRECTORY, **stranger, form=FormKind.PERSON),
        "create-offered": sample(ended, Identity.DIRECTORY, **stranger, pages=(PAGE,)),
        "create-typed": sample(ended, Identity.UNKNOWN, **stranger, form=FormKind.PERSON, person=NewPerson(
            first_name="Jon", last_name="Prøve", company="Prøve Rør AS", email="jon@prove.example")),
        "creating": sample(ended, Identity.DIRECTORY, **stranger, making=Making()),
        "create-failed": sample(ended, Identity.UNKNOWN, **stranger, making=Making(failed="email_taken")),
        "add": sample(ringing, Identity.DIRECTORY, **stranger, form=FormKind.NUMBER),
        "add-found": sample(
            PopupState.ANSWERED, Identity.UNKNOWN, **stranger, form=FormKind.NUMBER,
            search=PeopleSearch(text="lie", asked="lie", people=(NORA, JONAS, _OTHER), more=True),
        ),
        "add-nobody": sample(ended, Identity.UNKNOWN, **stranger, form=FormKind.NUMBER, search=PeopleSearch(
            text="Nora Lei", asked="Nora Lei")),
        "add-unanswered": sample(ended, Identity.UNKNOWN, **stranger, form=FormKind.NUMBER, search=PeopleSearch(
            text="Nora", asked="Nora", failed=True)),
        "adding": sample(ended, Identity.UNKNOWN, **stranger, making=Making(to="Nora Lie")),
        "add-no-room": sample(
            ended, Identity.UNKNOWN, **stranger, making=Making(to="Nora Lie", failed="no_free_field")
        ),
        "company": sample(ringing, matched, matches=(WAREHOUSE,), number=_number("22334400")),
        "main-number": sample(PopupState.MISSED, matched, called=_number("22000010")),
        "pages": sample(ringing, Identity.UNKNOWN, pages=(PAGE, replace(PAGE, name="Saksregister"))),
        "searching": sample(ringing, Identity.UNKNOWN, searching=True, may_search_again=False),
        "searching-more": sample(ringing, matched, searching=True),
        "silent-source": sample(ringing, Identity.DIRECTORY, silent_sources=("HubSpot",)),
        "journal-pending": sample(ended, matched, journal=JournalState.PENDING, journal_in="HubSpot"),
        "journal-written": sample(ended, matched, journal=JournalState.WRITTEN, **journal),
        "journal-parked": sample(ended, matched, journal=JournalState.PARKED, journal_in="HubSpot"),
        "outbound-ringing": sample(ringing, matched, direction=Direction.OUTBOUND),
        "call-back": sample(PopupState.MISSED, matched, call_back=CallBack(route=CallRoute.OPERATOR)),
        "call-again": sample(ended, matched, call_back=CallBack(route=CallRoute.OPERATOR), **journal,
                             journal=JournalState.WRITTEN),
        "call-in-teams": sample(PopupState.MISSED, matched, call_back=CallBack(route=CallRoute.TEAMS)),
        "call-asked": sample(PopupState.MISSED, matched, call_back=CallBack(
            route=None, made=1, state=RequestState.ACCEPTED)),
        "call-target": sample(PopupState.MISSED, matched, call_back=CallBack(
            route=None, made=1, state=RequestState.RINGING_TARGET)),
        "call-busy": sample(PopupState.MISSED, matched, call_back=CallBack(
            route=CallRoute.OPERATOR, made=1, state=RequestState.ENDED, code="busy")),
        "call-refused": sample(PopupState.MISSED, matched, call_back=CallBack(
            route=CallRoute.OPERATOR, made=1, state=RequestState.REFUSED, code="employee_unavailable")),
        "call-unknown": sample(PopupState.MISSED, matched, call_back=CallBack(
            route=CallRoute.OPERATOR, made=1, state=RequestState.UNKNOWN)),
        **{f"placed-{name}": _placed(*how) for name, how in _PLACED.items()},
        "long-names-missed": sample(
            PopupState.MISSED, matched, matches=(LONG,), call_back=CallBack(route=CallRoute.OPERATOR),
        ),
        "form": sample(ended, matched, journal=JournalState.WRITTEN, **journal, **after, form=FormKind.NOTE),
        "form-typed": sample(
            ended, matched, journal=JournalState.WRITTEN, **journal, **after, form=FormKind.NOTE, draft=_SAID,
            results=("Bestilling", "Reklamasjon", "Følges opp"),
        ),
        "note-saved": sample(ended, matched, journal=JournalState.WRITTEN, **journal, **after, note=_SAID),
        "note-waits": sample(ended, Identity.UNKNOWN, **after, note=_SAID),
        "note-left": sample(ended, matched, journal=JournalState.WRITTEN, **journal, **after),
        "on-request": sample(ended, matched, **after, form=FormKind.NOTE, may_journal=True),
        "on-request-missed": sample(PopupState.MISSED, matched, may_journal=True),
        "transferred": sample(ended, matched, outcome=Outcome.TRANSFERRED),
        "long-names": sample(
            ringing, matched, queue="Kundeservice bedrift og offentlig sektor",
            matches=(LONG,),
            rang=("Per Berg", "Ola Nes", "Eva Dahl", "Siri Moe", "Arne Lund"),
        ),
    }  # fmt: skip
    return plain | special


SAMPLES: Mapping[str, Popup] = MappingProxyType(_samples())

# The last calls, as the list in the chat shows them.
LISTED_CALLS: Sequence[Popup] = tuple(
    replace(SAMPLES[name], started_at=_START - timedelta(hours=hours))
    for hours, name in enumerate(
        (
            "placed-ended",
            "call-back",
            "answered_elsewhere-matched",
            "call-again",
            "missed-withheld",
            "long-names-missed",
        )
    )
)
