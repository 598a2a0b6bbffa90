"""The toast, and what a screen reader says first."""

from __future__ import annotations

import pytest

from bot.cards import render_popup, summarize
from bot.cards.samples import SAMPLES
from bot.texts import Texts


@pytest.mark.parametrize(
    ("name", "norwegian", "english"),
    [
        (
            "ringing-matched",
            "Nora Lie (Havnelageret AS) ringer – 22 33 44 55",
            "Nora Lie (Havnelageret AS) is calling – 22 33 44 55",
        ),
        (
            "queue-ringing",
            "Nora Lie (Havnelageret AS) ringer – 22 33 44 55 · kø Salg",
            "Nora Lie (Havnelageret AS) is calling – 22 33 44 55 · queue Salg",
        ),
        (
            "queue-missed",
            "Tapt anrop: Nora Lie (Havnelageret AS) – 22 33 44 55 · kø Salg",
            "Missed call: Nora Lie (Havnelageret AS) – 22 33 44 55 · queue Salg",
        ),
        ("company", "Havnelageret AS ringer – 22 33 44 00", "Havnelageret AS is calling – 22 33 44 00"),
        ("ringing-directory", "Kari Prøve (Oslo) ringer – 900 11 223", "Kari Prøve (Oslo) is calling – 900 11 223"),
        ("ringing-colleague", "Eva Dahl (kollega) ringer – 900 00 002", "Eva Dahl (colleague) is calling – 900 00 002"),
        ("ringing-unknown", "Ukjent nummer ringer – 912 34 567", "Unknown number is calling – 912 34 567"),
        ("searching", "912 34 567 ringer", "912 34 567 is calling"),
        ("ringing-withheld", "Skjult nummer ringer", "Hidden number is calling"),
        ("missed-withheld", "Tapt anrop: Skjult nummer", "Missed call: Hidden number"),
        ("ringing-unavailable", "Noen uten nummer ringer", "Someone without a number is calling"),
        (
            "several-matches",
            "Nora Lie (Havnelageret AS) ringer – 22 33 44 55 · 3 treff",
            "Nora Lie (Havnelageret AS) is calling – 22 33 44 55 · 3 matches",
        ),
        ("answered_elsewhere-withheld", "Besvart av Per Berg: Skjult nummer", "Answered by Per Berg: Hidden number"),
        (
            "outbound-ringing",
            "Du ringer Nora Lie (Havnelageret AS) – 22 33 44 55",
            "You are calling Nora Lie (Havnelageret AS) – 22 33 44 55",
        ),
    ],
)
def test_toasts(name: str, norwegian: str, english: str, nb: Texts, en: Texts) -> None:
    assert summarize(SAMPLES[name], nb) == norwegian
    assert summarize(SAMPLES[name], en) == english


def test_a_screen_reader_hears_state_caller_number_evidence_and_queue(nb: Texts) -> None:
    spoken = render_popup(SAMPLES["queue-ringing"], nb).card["speak"]
    assert spoken == ("Ringer. Nora Lie, Innkjøpssjef, Havnelageret AS. 22 33 44 55. telefonnummer i HubSpot. kø Salg.")


def test_talk_time_is_read_aloud(nb: Texts) -> None:
    assert render_popup(SAMPLES["ended-withheld"], nb).card["speak"] == "Samtale avsluttet, 4 min 12 s. Skjult nummer."
