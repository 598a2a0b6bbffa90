"""Only web addresses over https, and this machine's own, become buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import render_popup
from bot.cards.links import safe_url
from bot.cards.samples import NORA, sample
from bot.texts import load_texts
from calls.popups.popup import Identity, PopupState


@pytest.mark.parametrize(
    "url",
    [
        "https://app-eu1.hubspot.com/contacts/1234567/record/0-1/101",
        "https://www.1881.no/?query=22334455&x=%C3%A5",
        "http://127.0.0.1:3978/simulators/hubspot/contacts/1/record/0-1/101",
        "http://localhost:8080/x",
        "http://[::1]:8080/x",
        "HTTPS://CRM.example/1",
    ],
)
def test_good_addresses_pass_unchanged(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "data:text/html,x", "tel:+4722334455", "file:///etc/passwd", "//evil.example",
        "http://crm.example/1", "http://10.0.0.1/", "http://127.0.0.1.evil.example/", "https://", "https:///x",
        "https://crm.example@evil.example/", "https://user:pass@crm.example/", "https://crm.example/a b",
        "https://crm.example/\nx", "https://crm.example:port/", "https://[::1", "https://crm.example/" + "x" * 2000,
        "https://crm.example\\@evil.example", " https://crm.example/", "https://кrm.example/",
    ],
)  # fmt: skip
def test_bad_addresses_are_refused(url: str | None) -> None:
    assert safe_url(url) is None


@given(st.text())
def test_nothing_but_web_addresses_ever_passes(url: str) -> None:
    passed = safe_url(url)
    assert passed is None or passed.lower().startswith(("https://", "http://localhost", "http://127.", "http://["))


def test_a_refused_address_takes_the_button_away() -> None:
    match = replace(NORA, url="javascript:alert(1)")
    popup = sample(PopupState.ENDED, Identity.MATCHED, matches=(match,))
    card = render_popup(popup, load_texts("nb")).card
    assert "actions" not in card
    assert "javascript" not in str(card)
