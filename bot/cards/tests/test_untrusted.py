"""Names written by others never become markup, break the card or grow it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.cards import render_popup
from bot.cards.finish import LIMIT_BYTES
from bot.cards.samples import NORA, sample
from bot.cards.untrusted import escape_markdown, plain
from bot.texts import load_texts
from calls.model import (
    ContactWay,
    EvidenceField,
    LastContact,
    Match,
    MatchKind,
    OpenItem,
    OpenItemKind,
    RecordRef,
    SourceRole,
)
from calls.popups.popup import Identity, JournalState, Popup, PopupState

Card = dict[str, Any]

HOSTILE = (
    "[Åpne](https://evil.example)", "**Nora** _Lie_", "<script>alert(1)</script>", "<at>Kari</at>", "`rm`", "~~x~~",
    "![x](https://evil.example/x.png)", "# Nora", "> Nora", "- Nora", "1. Nora", "12) Nora", "123456. Nora", "1.",
    "+ Nora", "https://evil.example", "<https://evil.example>", "www.evil.example", "a@evil.example", "&lt;b&gt;",
    "&#91;", "{{TIME(2026-01-01T00:00:00Z)}}", "{{DATE(2026-01-01T00:00:00Z,SHORT)}}", "${name}", "Nora\n\n# Lie",
    "\\[x](y)", "\u202eeiL aroN", "\u2066Nora", "| a | b |", "---", "===", "***", "~~~", "[x]: https://evil.example",
    "", " ", "\u200b",
    "a" * 5000, "\ud800", "\x00", "💩" * 200, "נורה לי", "Nora\\", "!\\[", "5 > 3 < 4 & \"x\" 'y'",
)  # fmt: skip
ORDINARY = (
    "Nora Lie", "Berg & Sønn (Oslo) A.S.", "O'Hara", "Anne-Marie", "7-Eleven", "AS 3.14", "Bygg+", "C#-huset", "Hva!",
    "A/S Norge", "H&M", "Kr. 5", "-5", "3.14 AS", "Sør-Trøndelag: avd. 2", "“Nora”", "100 % AS",
    "+46 70 123 45 67", "22 33 44 55",
)  # fmt: skip
MARKUP = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NB = load_texts("nb")

texts_of_others = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec=None), max_size=120),
    st.text("[]()*_`#>~!\\<&;{}-+=|.:/@w1 ax\n", max_size=60),
)
urls = st.one_of(
    st.none(), st.sampled_from(["javascript:alert(1)", "https://crm.example/1", "http://x.example"]), texts_of_others
)
open_items = st.builds(
    OpenItem,
    kind=st.sampled_from(OpenItemKind),
    title=texts_of_others,
    stage=st.none() | texts_of_others,
    amount=st.none() | texts_of_others,
    url=urls,
)
contacts = st.builds(
    LastContact,
    at=st.just(datetime(2026, 11, 6, 9, 0, tzinfo=UTC)),
    way=st.sampled_from(ContactWay),
    employee=st.none() | texts_of_others,
)
matches = st.builds(
    Match,
    connection_id=st.uuids(),
    source=texts_of_others,
    ref=st.just(RecordRef(type="0-1", id="101")),
    kind=st.sampled_from(MatchKind),
    name=texts_of_others,
    evidence=st.sampled_from(EvidenceField),
    role=st.sampled_from(SourceRole),
    title=st.none() | texts_of_others,
    company=st.none() | texts_of_others,
    owner=st.none() | texts_of_others,
    place=st.none() | texts_of_others,
    url=urls,
    open_items=st.lists(open_items, max_size=5).map(tuple),
    last_contact=st.none() | contacts,
)
some_names = st.lists(texts_of_others, max_size=6).map(tuple)


@st.composite
def popups(draw: st.DrawFn) -> Popup:
    return sample(
        draw(st.sampled_from(PopupState)),
        draw(st.sampled_from(Identity)),
        matches=tuple(draw(st.lists(matches, max_size=7))),
        colleague=draw(st.none() | texts_of_others),
        queue=draw(st.none() | texts_of_others),
        rang=draw(some_names),
        answered_by=draw(st.none() | texts_of_others),
        searching=draw(st.booleans()),
        silent_sources=draw(some_names),
        journal=draw(st.none() | st.sampled_from(JournalState)),
        journal_in=draw(st.none() | texts_of_others),
        may_search_again=draw(st.booleans()),
    )


@given(popups(), st.sampled_from(["nb", "en"]))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
def test_no_text_of_others_harms_a_card(
    problems: Callable[[Card], list[str]], walk: Callable[[Any], Iterator[Card]], popup: Popup, language: str
) -> None:
    rendered = render_popup(popup, load_texts(language))
    card = rendered.card
    assert problems(card) == []
    assert len(json.dumps(card, ensure_ascii=False).encode()) < LIMIT_BYTES
    assert card["speak"].strip(" .")
    assert not set(card["speak"]) & set("<>&")
    assert card["fallbackText"].strip()
    assert_text_only(card["fallbackText"], rendered.summary)
    for text in (rendered.summary, card["speak"]):
        assert "\n" not in text
        assert text.isprintable() or not re.search("[\\x00-\\x1f\u200b\u202a-\u202e\u2066\u2067]", text)
    for node in walk(card):
        if node.get("type") == "TextBlock":
            assert_text_only(node["text"])
        if node.get("type") == "TextRun":
            ours = ("{{TIME(2026-11-12T12:", "{{DATE(2026-11-06T09:00:00Z,COMPACT)}}")
            assert "{{" not in node["text"].replace(ours[0], "").replace(ours[1], "")
        if "url" in node:
            assert node["url"].startswith("https://")


def assert_text_only(source: str, reads: str | None = None) -> None:
    """CommonMark sees one paragraph of nothing but text; with ``reads``, exactly that text."""
    blocks = MARKUP.parse(source)
    assert [block.type for block in blocks] == ["paragraph_open", "inline", "paragraph_close"], source
    inlines = blocks[1].children or []
    assert {inline.type for inline in inlines} <= {"text", "text_special"}, source
    if reads is not None:
        assert "".join(inline.content for inline in inlines) == reads


@pytest.mark.parametrize("name", [name for name in HOSTILE if plain(name)])
def test_a_hostile_name_reads_as_it_was_written(name: str) -> None:
    assert_text_only(escape_markdown(plain(name)), plain(name))


@given(st.text(st.characters(codec=None), max_size=80) | st.text("[]()*_`#>~!\\<&;-+=|.:/@w1 ax", max_size=40))
@example("0. ")
def test_any_name_reads_as_it_was_written(name: str) -> None:
    if line := plain(name):
        assert_text_only(escape_markdown(line), line)


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_gets_no_backslash(name: str) -> None:
    """Phones would show it: Microsoft's native parser undoes few escapes."""
    assert escape_markdown(plain(name)) == name


def test_time_functions_of_others_are_not_carried_out(walk: Callable[[Any], Iterator[Card]]) -> None:
    match = replace(NORA, name="{{TIME(2026-01-01T00:00:00Z)}}", company="{{DATE(2026-01-01T00:00:00Z)}}")
    card = render_popup(sample(PopupState.RINGING, Identity.MATCHED, matches=(match,)), NB).card
    said = [node["text"] for node in walk(card) if "{{" in node.get("text", "")]
    assert said == ["{{TIME(2026-11-12T12:45:03Z)}}"]
