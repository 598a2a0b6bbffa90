"""A call as the CRM keeps it, in words."""

from __future__ import annotations

import pytest

from bot.texts import journal_body, journal_title, languages, load_texts
from calls.model import Direction, Outcome
from calls.numbers import Number, NumberKind

NB = load_texts("nb")
CALLER = Number(kind=NumberKind.E164, digits="4722334455")
CALLED = Number(kind=NumberKind.E164, digits="4722000010")
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


@pytest.mark.parametrize(
    ("direction", "outcome", "employee", "queue", "title"),
    [
        (IN, Outcome.COMPLETED, "Kari Hansen", None, "Innkommende samtale, besvart av Kari Hansen"),
        (IN, Outcome.COMPLETED, "Kari Hansen", "Salg", "Innkommende samtale, kø Salg, besvart av Kari Hansen"),
        (IN, Outcome.COMPLETED, None, None, "Innkommende samtale"),
        (IN, Outcome.MISSED, None, "Salg", "Tapt anrop, kø Salg"),
        (IN, Outcome.MISSED, "Kari Hansen", None, "Tapt anrop"),
        (IN, Outcome.CALLER_CANCELLED, None, None, "Tapt anrop, innringeren la på"),
        (IN, Outcome.BUSY, None, None, "Tapt anrop, opptatt"),
        (IN, Outcome.TRANSFERRED, "Kari Hansen", None, "Innkommende samtale, satt over, besvart av Kari Hansen"),
        (OUT, Outcome.COMPLETED, "Kari Hansen", None, "Utgående samtale, ringt av Kari Hansen"),
        (OUT, Outcome.MISSED, "Kari Hansen", None, "Utgående anrop, ikke svar, ringt av Kari Hansen"),
        (Direction.INTERNAL, Outcome.COMPLETED, "Per Berg", None, "Innkommende samtale, besvart av Per Berg"),
    ],
)
def test_titles(direction: Direction, outcome: Outcome, employee: str | None, queue: str | None, title: str) -> None:
    assert journal_title(NB, direction=direction, outcome=outcome, employee=employee, queue=queue) == title


def test_a_body_says_what_is_known_one_fact_a_line() -> None:
    body = journal_body(
        NB, caller=CALLER, called=CALLED, queue="Salg", rang=("Kari Hansen", "Per Berg"), talk_seconds=252
    )
    assert body.splitlines() == [
        "Fra: 22 33 44 55",
        "Til: 22 00 00 10",
        "Kø: Salg",
        "Ringte hos: Kari Hansen og Per Berg",
        "Samtaletid: 4 min 12 s",
    ]


def test_a_body_guesses_nothing() -> None:
    assert journal_body(NB, caller=None, called=CALLED) == "Til: 22 00 00 10"


def test_names_of_others_stay_in_their_line() -> None:
    title = journal_title(NB, direction=IN, outcome=Outcome.MISSED, queue="Salg\r\nFra: 00 00 00 00\u202e")
    assert title == "Tapt anrop, kø Salg Fra: 00 00 00 00"


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_title_in_every_language(language: str, direction: Direction, outcome: Outcome) -> None:
    title = journal_title(load_texts(language), direction=direction, outcome=outcome, employee="Per", queue="Salg")
    assert title
    assert "{" not in title
