"""What people write, and what the settings card sends back."""

from __future__ import annotations

import json

import pytest

from bot.cards.chat_cards import preferences_card
from bot.conversation import Command, read_command, read_number
from bot.preferences import read_preferences
from bot.texts import languages, load_texts
from calls.calling.call_requests import CallRoute
from calls.store.tenants import NO_PREFERENCES, JournalMode, Preferences, TenantSettings


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("hjelp", (Command.HELP, "")),
        ("  HELP! ", (Command.HELP, "")),
        ("<at>SmartCall</at>&nbsp;".replace("&nbsp;", "\u00a0") + "siste.", (Command.RECENT, "")),
        ("/recent", (Command.RECENT, "")),
        ("Innstillinger ", (Command.SETTINGS, "")),
        ("settings?", (Command.SETTINGS, "")),
        ("ring 22 33 44 55", (Command.CALL, "22 33 44 55")),
        ("Call: +47 22334455.", (Command.CALL, "+47 22334455")),
        ("ring", (Command.CALL, "")),
        ("ring Nora", (Command.CALL, "Nora")),
        ("siste nytt fra Bergen", None),
        ("hei", None),
        ("", None),
        ("👋", None),
    ],
)
def test_commands_are_understood_however_they_are_written(text: str, command: object) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("22 33 44 55", "+4722334455"),
        ("+47 22334455", "+4722334455"),
        ("0047 22.33.44-55", "+4722334455"),
        ("(22) 33 44 55", "+4722334455"),
        ("Nora", None),
        ("22 33 44 55 Nora", None),
        ("", None),
    ],
)
def test_numbers_are_read_leniently_and_names_are_not_numbers(text: str, e164: str | None) -> None:
    number = read_number(text, "NO")
    assert (number.e164 if number else None) == e164


def test_what_stands_as_the_company_has_it_is_not_kept() -> None:
    data = {"popup_direct": "true", "popup_queue": "true", "popup_internal": "false", "journal_answered": "company"}
    assert read_preferences(data, TenantSettings()) == NO_PREFERENCES
    kept = read_preferences(
        {**data, "popup_queue": "false", "popup_internal": "true", "journal_missed": "never", "language": "en"},
        TenantSettings(),
    )
    assert kept == Preferences(popup_queue=False, popup_internal=True, journal_missed=JournalMode.NEVER, language="en")
    assert read_preferences({"language": "en"}, TenantSettings()) is None


def test_how_one_calls_is_a_choice_only_where_the_company_leaves_it() -> None:
    data = {"popup_direct": "true", "popup_queue": "true", "call_through": "teams", "journal_outgoing": "never"}
    left = TenantSettings(employees_choose_calling=True)
    assert read_preferences(data, TenantSettings()) == Preferences(journal_outgoing="never")
    chosen = read_preferences(data, left)
    assert chosen is not None
    assert chosen == Preferences(journal_outgoing="never", call_through=CallRoute.TEAMS)
    names = [
        {item.get("id") for item in preferences_card(settings, chosen, load_texts("nb")).card["body"]}
        for settings in (TenantSettings(), left)
    ]
    assert names[1] - names[0] == {"call_through"}
    values = {item["id"]: item["value"] for item in preferences_card(left, chosen, load_texts("nb")).card["body"][2:]}
    assert read_preferences(values, left) == chosen


@pytest.mark.parametrize("language", languages())
def test_the_settings_card_shows_what_is_chosen(language: str) -> None:
    chosen = Preferences(popup_queue=False, journal_missed=JournalMode.NEVER, language="en")
    card = preferences_card(TenantSettings(), chosen, load_texts(language), saved=True).card
    values = {item["id"]: item["value"] for item in card["body"] if "id" in item}
    assert read_preferences(values, TenantSettings()) == chosen
    assert load_texts(language).chat.saved in json.dumps(card, ensure_ascii=False)
