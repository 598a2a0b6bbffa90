"""What an employee reads on the card, line by line, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.cards import render_popup
from bot.cards.samples import JONAS, LISTED, NORA, SAMPLES, WAREHOUSE, sample
from bot.texts import Texts
from calls.model import Direction, Outcome
from calls.popups.popup import Identity, PopupState

Card = dict[str, Any]
Read = Callable[[Card], list[str]]

BEGAN, ANSWERED, ENDED = (f"{{{{TIME(2026-11-12T12:{at}Z)}}}}" for at in ("45:03", "45:10", "49:22"))
NORA_LINES = [
    "Nora Lie",
    "Innkjøpssjef · Havnelageret AS",
    "22 33 44 55\u2002telefonnummer i HubSpot",
    "Kundeansvarlig: Kari Hansen",
]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("ringing-matched", ["☎\ufe0e\u2002Ringer", BEGAN, *NORA_LINES, "[Åpne i HubSpot]"]),
        (
            "queue-ringing",
            [
                "☎\ufe0e\u2002Ringer · kø Salg", BEGAN, *NORA_LINES, "Ringer også hos Per Berg og Ola Nes",
                "[Åpne i HubSpot]",
            ],
        ),
        (
            "answered-matched",
            ["✓\u2002Besvart av deg", BEGAN, *NORA_LINES, f"Besvart kl. {ANSWERED}", "[Åpne i HubSpot]"],
        ),
        (
            "queue-elsewhere",
            [
                "→\u2002Besvart av Per Berg · 1 min 4 s · kø Salg", BEGAN, *NORA_LINES,
                "Ringte også hos Ola Nes", "[Åpne i HubSpot]",
            ],
        ),
        (
            "main-number",
            [
                "✕\u2002Tapt anrop", BEGAN, *NORA_LINES, "Til 22 00 00 10 · ringte i 18 s · innringeren la på",
                "[Åpne i HubSpot]",
            ],
        ),
        (
            "journal-written",
            [
                "■\u2002Samtale avsluttet · 4 min 12 s", BEGAN, *NORA_LINES,
                f"Besvart kl. {ANSWERED} · avsluttet kl. {ENDED}", "✓\u2002Journalført i HubSpot", "[Åpne i HubSpot]",
            ],
        ),
        (
            "several-matches",
            [
                "☎\ufe0e\u2002Ringer", BEGAN, *NORA_LINES, "Kan også være",
                "Jonas Vik · Lagersjef · Havnelageret AS", "jobbnummer i HubSpot", "[Velg]",
                "Havnelageret AS · Bergen", "sentralbord i HubSpot", "[Velg]", "[Åpne i HubSpot]",
            ],
        ),
        (
            "silent-source",
            [
                "☎\ufe0e\u2002Ringer", BEGAN, "Kari Prøve", "Oslo", "900 11 223\u2002mobilnummer i 1881",
                "HubSpot svarte ikke", "[Vis i 1881]", "[Søk igjen]",
            ],
        ),
        (
            "customer",
            [
                "☎\ufe0e\u2002Ringer", BEGAN, *NORA_LINES,
                "Sist kontakt {{DATE(2026-11-06T12:45:03Z,COMPACT)}} · samtale · Ola Berg",
                "Sak\u2002Feil på leveranse 4711 · Venter på oss",
                "Avtale\u2002Nye reoler til lageret · Tilbud sendt · 240 000 NOK", "[Åpne i HubSpot]",
            ],
        ),
        (
            "choice-made",
            [
                "✓\u2002Besvart av deg", BEGAN, "Jonas Vik", "Lagersjef · Havnelageret AS",
                "22 33 44 55\u2002jobbnummer i HubSpot", "Kundeansvarlig: Kari Hansen",
                "Neste gang dette nummeret ringer:", "[Husk for meg]", "[Husk for alle]", "Andre treff",
                "Nora Lie · Innkjøpssjef · Havnelageret AS", "telefonnummer i HubSpot", "[Velg]",
                f"Besvart kl. {ANSWERED}", "[Åpne i HubSpot]",
            ],
        ),
        (
            "choice-remembered",
            [
                "☎\ufe0e\u2002Ringer", BEGAN, "Jonas Vik", "Lagersjef · Havnelageret AS",
                "22 33 44 55\u2002jobbnummer i HubSpot", "Kundeansvarlig: Kari Hansen",
                "Du har bedt om Jonas Vik når dette nummeret ringer", "[Glem]", "Andre treff",
                "Nora Lie · Innkjøpssjef · Havnelageret AS", "telefonnummer i HubSpot", "[Velg]", "[Åpne i HubSpot]",
            ],
        ),
        ("searching", ["☎\ufe0e\u2002Ringer", BEGAN, "912 34 567", "Søker etter navn …"]),
        ("searching-more", ["☎\ufe0e\u2002Ringer", BEGAN, *NORA_LINES, "Søker fortsatt …", "[Åpne i HubSpot]"]),
        ("ringing-unknown", ["☎\ufe0e\u2002Ringer", BEGAN, "912 34 567", "Ukjent nummer", "[Søk igjen]"]),
        ("ringing-withheld", ["☎\ufe0e\u2002Ringer", BEGAN, "Skjult nummer"]),
        ("ringing-unavailable", ["☎\ufe0e\u2002Ringer", BEGAN, "Uten nummer", "Nummeret fulgte ikke med anropet"]),
        ("ringing-colleague", ["☎\ufe0e\u2002Ringer", BEGAN, "Eva Dahl", "Kollega", "900 00 002"]),
        ("busy-withheld", ["⊘\u2002Opptatt", BEGAN, "Skjult nummer"]),
        ("rejected-withheld", ["✕\u2002Avvist av deg", BEGAN, "Skjult nummer"]),
        (
            "stale-withheld",
            ["?\u2002Ukjent utfall", BEGAN, "Skjult nummer", "Operatøren har ikke meldt hvordan anropet endte"],
        ),
        ("outbound-ringing", ["☎\ufe0e\u2002Ringer ut", BEGAN, *NORA_LINES, "[Åpne i HubSpot]"]),
    ],
)  # fmt: skip
def test_cards_read_as_written_by_hand(name: str, lines: list[str], nb: Texts, read: Read) -> None:
    assert read(render_popup(SAMPLES[name], nb).card) == lines


def test_other_matches_go_away_once_somebody_else_answered(nb: Texts, read: Read) -> None:
    popup = sample(PopupState.ANSWERED_ELSEWHERE, Identity.MATCHED, matches=(NORA, JONAS))
    assert "Kan også være" not in read(render_popup(popup, nb).card)


def test_matches_beyond_five_are_counted(nb: Texts, read: Read) -> None:
    popup = sample(PopupState.RINGING, Identity.MATCHED, matches=(NORA, JONAS, WAREHOUSE, NORA, JONAS, NORA, JONAS))
    lines = read(render_popup(popup, nb).card)
    assert lines.count("[Velg]") == 4
    assert "og 2 treff til" in lines


def test_a_choice_names_its_match_whatever_the_ranking(nb: Texts) -> None:
    card = render_popup(SAMPLES["several-matches"], nb).card
    chosen = [row["columns"][1]["items"][0]["actions"][0]["data"]["match"] for row in card["body"][2]["items"][1:]]
    assert chosen == [JONAS.key, WAREHOUSE.key]


def test_an_unnamed_answerer_is_somebody_else(nb: Texts, read: Read) -> None:
    popup = sample(PopupState.ANSWERED_ELSEWHERE, Identity.WITHHELD, answered_by=None)
    assert read(render_popup(popup, nb).card)[0] == "→\u2002Besvart av en annen"


@pytest.mark.parametrize(
    ("colleague", "number", "lines"),
    [
        (None, LISTED, ["900 11 223", "Kollega"]),
        (None, None, ["En kollega"]),
        ("Per Berg", None, ["Per Berg", "Kollega"]),
    ],
)
def test_colleagues_without_name_or_line(
    colleague: str | None, number: object, lines: list[str], nb: Texts, read: Read
) -> None:
    own = SAMPLES["ringing-directory"].number if number else None
    popup = sample(PopupState.RINGING, Identity.COLLEAGUE, colleague=colleague, number=own)
    assert read(render_popup(popup, nb).card)[2:] == lines


def test_a_match_without_a_name_shows_its_company_once(nb: Texts, read: Read) -> None:
    popup = sample(PopupState.RINGING, Identity.MATCHED, matches=(replace(NORA, name="\u200b", owner=None),))
    assert read(render_popup(popup, nb).card)[2:4] == ["Havnelageret AS", "Innkjøpssjef"]


def test_how_a_call_ended_is_said_where_it_adds_something(nb: Texts, read: Read) -> None:
    popup = sample(PopupState.MISSED, Identity.WITHHELD, outcome=Outcome.UNREACHABLE)
    assert read(render_popup(popup, nb).card)[-1] == "Ringte i 18 s · telefonen var ikke tilgjengelig"
    assert read(render_popup(SAMPLES["transferred"], nb).card)[-2].endswith(" · satt over")


def test_on_our_own_call_nobody_is_told_that_the_caller_hung_up(nb: Texts, read: Read) -> None:
    popup = sample(PopupState.MISSED, Identity.WITHHELD, direction=Direction.OUTBOUND)
    assert read(render_popup(popup, nb).card)[-1] == "Ringte i 18 s"


def test_talk_time_is_never_guessed(nb: Texts, read: Read) -> None:
    popup = sample(PopupState.ENDED, Identity.WITHHELD, talk_seconds=None)
    assert read(render_popup(popup, nb).card)[0] == "■\u2002Samtale avsluttet"


def test_a_choice_is_not_asked_for_again(nb: Texts, read: Read) -> None:
    popup = replace(SAMPLES["several-matches"], chosen=True)
    rendered = render_popup(popup, nb)
    assert nb.card.others_chosen in read(rendered.card)
    assert "treff" not in rendered.summary


def test_an_open_case_is_a_link_to_its_record(nb: Texts) -> None:
    text = str(render_popup(SAMPLES["customer"], nb).card)
    assert "record/0-3/301" in text
    assert "record/0-5/402" in text
