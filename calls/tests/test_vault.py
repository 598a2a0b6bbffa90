"""The vault: what is sealed opens only where it belongs, and keys can be changed without a gap."""

from __future__ import annotations

from base64 import b64encode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.store.vault import Unsealable, Vault, read_key

OLD, NEW, STRANGE = bytes(range(32)), bytes(range(1, 33)), bytes(32)
ONE, TWO = UUID(int=1), UUID(int=2)


@given(st.binary(max_size=300), st.text(max_size=20))
def test_what_is_sealed_opens_again_and_cannot_be_read(plain: bytes, purpose: str) -> None:
    vault = Vault([OLD])
    sealed = vault.seal(ONE, purpose, plain)
    assert vault.open(ONE, purpose, sealed) == plain
    assert len(plain) < 4 or plain not in sealed
    assert sealed != vault.seal(ONE, purpose, plain)


@pytest.mark.parametrize(("tenant", "purpose"), [(TWO, "name"), (ONE, "number"), (ONE, "nam")])
def test_a_value_moved_elsewhere_does_not_open(tenant: UUID, purpose: str) -> None:
    vault = Vault([OLD])
    with pytest.raises(Unsealable):
        vault.open(tenant, purpose, vault.seal(ONE, "name", b"Kari"))


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    vault = Vault([OLD])
    sealed = bytearray(vault.seal(ONE, "name", b"Kari"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(Unsealable):
        vault.open(ONE, "name", bytes(sealed))


@pytest.mark.parametrize("length", [0, 1, 5, 16, 17, 20])
def test_a_value_cut_short_is_noticed(length: int) -> None:
    vault = Vault([OLD])
    with pytest.raises(Unsealable):
        vault.open(ONE, "name", vault.seal(ONE, "name", b"Kari")[:length])


def test_keys_are_changed_without_a_gap() -> None:
    before, during, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
    sealed = before.seal(ONE, "name", b"Kari")
    assert during.open(ONE, "name", sealed) == b"Kari"
    again = during.seal(ONE, "name", b"Kari")
    assert after.open(ONE, "name", again) == b"Kari"
    for vault, value in ((before, again), (after, sealed), (Vault([STRANGE]), sealed)):
        with pytest.raises(Unsealable):
            vault.open(ONE, "name", value)


def test_what_an_older_key_has_sealed_is_told_apart_without_opening_it() -> None:
    both = Vault([NEW, OLD])
    told = [
        (both.knows(sealed), both.is_newest(sealed))
        for sealed in (Vault([key]).seal(ONE, "name", b"Kari") for key in (NEW, OLD, STRANGE))
    ]
    assert told == [(True, True), (True, False), (False, False)]
    assert (both.knows(b""), both.is_newest(b"")) == (False, False)


def test_hashes_are_found_under_both_keys_and_stored_under_the_first() -> None:
    before, during, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
    assert during.hash(ONE, "line", "+4790000001") == after.hash(ONE, "line", "+4790000001")
    assert during.hashes(ONE, "line", "+4790000001") == [
        after.hash(ONE, "line", "+4790000001"),
        before.hash(ONE, "line", "+4790000001"),
    ]


def test_equal_texts_hash_apart_for_every_tenant_and_purpose() -> None:
    vault = Vault([OLD])
    told = [(ONE, "line", "x"), (TWO, "line", "x"), (ONE, "alias", "x"), (ONE, "lin", "ex"), (ONE, "line", "y")]
    assert len({vault.hash(*each) for each in told}) == len(told)


@pytest.mark.parametrize("text", ["", "short", "not base64 at all!", b64encode(bytes(31)).decode(), "x" * 44])
def test_a_wrong_key_says_what_is_wanted(text: str) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        read_key(text)


def test_a_right_key_is_read() -> None:
    assert read_key(b64encode(OLD).decode()) == OLD


def test_without_a_key_there_is_no_vault() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Vault([])
