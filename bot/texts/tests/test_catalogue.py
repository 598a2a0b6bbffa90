"""Every language says everything, with the same placeholders, and a file that does not is refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from bot.texts import DEFAULT_LANGUAGE, Texts, languages, load_texts, texts_for
from calls.calling.call_requests import NO_NEWS, NOT_TAKEN, RequestState
from calls.model import EvidenceField, OpenItemKind, Outcome
from calls.orders import CallRefusal
from calls.popups.popup import PopupState


def _read(language: str) -> dict[str, Any]:
    return tomllib.loads(files("bot.texts").joinpath(f"{language}.toml").read_text(encoding="utf-8"))


def _flatten(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_norwegian_comes_first_and_english_is_there() -> None:
    assert languages()[0] == DEFAULT_LANGUAGE == "nb"
    assert "en" in languages()


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    norwegian, other = dict(_flatten(_read("nb"))), dict(_flatten(_read(language)))
    assert other.keys() == norwegian.keys()
    assert {key: _placeholders(text) for key, text in other.items()} == {
        key: _placeholders(text) for key, text in norwegian.items()
    }


@pytest.mark.parametrize("language", languages())
def test_every_text_says_something_in_one_line(language: str) -> None:
    for key, text in _flatten(_read(language)):
        assert text.strip(), key
        assert "\n" not in text, key


@pytest.mark.parametrize("language", languages())
def test_every_state_evidence_and_outcome_has_its_text(language: str) -> None:
    texts = load_texts(language)
    assert texts.language == language
    assert set(texts.state) == set(texts.state_outbound) == set(PopupState)
    assert set(texts.evidence) == set(EvidenceField)
    assert set(texts.open_item) == set(OpenItemKind)
    assert set(texts.calling.state) == set(RequestState)
    assert set(texts.calling.refusal) == set(CallRefusal)
    assert set(texts.calling.how) <= {*Outcome, NO_NEWS, NOT_TAKEN}
    assert set(texts.journal.inbound) == set(texts.journal.outbound) == set(Outcome)


def test_nothing_was_left_untranslated() -> None:
    norwegian, english = dict(_flatten(_read("nb"))), dict(_flatten(_read("en")))
    same = {key for key, text in norwegian.items() if english[key] == text}
    assert same == {"summary.number", "summary.other", "summary.who_detail", "words.minutes", "words.seconds"}


def test_a_missing_key_is_refused_by_its_name() -> None:
    table = _read("nb")
    del table["card"]["owner"]
    with pytest.raises(ValidationError, match=r"card\.owner"):
        TypeAdapter(Texts).validate_python(table)


def test_a_misspelt_key_is_refused_by_its_name() -> None:
    table = _read("nb")
    table["card"]["onwer"] = "Kundeansvarlig"
    with pytest.raises(ValidationError, match=r"card\.onwer"):
        TypeAdapter(Texts).validate_python(table)


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("nb", "nb"), ("nb-NO", "nb"), ("no", "nb"), ("nn-NO", "nb"), ("en-GB", "en"), ("EN_us", "en"), ("sv-SE", "nb"),
        ("", "nb"), (None, "nb"),
    ],
)  # fmt: skip
def test_the_nearest_language_is_taken(locale: str | None, language: str) -> None:
    assert texts_for(locale).language == language


def test_no_text_is_left_that_nobody_says() -> None:
    """Tables by state, evidence and outcome are covered above; every other text has its name somewhere in bot/."""
    folder = Path(__file__).parents[2]
    modules = [file for file in folder.rglob("*.py") if file.name != "catalogue.py" and "tests" not in file.parts]
    said = set(re.findall(r"\.(\w+)", "\n".join(file.read_text(encoding="utf-8") for file in modules)))
    tables = {"state", "state_outbound", "evidence", "outcome_note", "journal.inbound", "journal.outbound", "results"}
    tables |= {"open_item", "contact_way"}
    tables |= {"calling.state", "calling.how", "calling.refusal"}
    keys = [key.rpartition(".") for key, _ in _flatten(_read("nb"))]
    assert [f"{table}.{name}" for table, _, name in keys if table not in tables and name not in said] == []


def test_an_unknown_language_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        load_texts("../nb")
