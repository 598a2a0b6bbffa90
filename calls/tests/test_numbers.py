from __future__ import annotations

import tomllib
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from calls.numbers import (
    Number,
    NumberKind,
    format_number,
    is_hidden,
    is_unavailable,
    mask,
    parse_number,
    split_numbers,
)

TABLE = tomllib.loads((Path(__file__).parent / "numbers.toml").read_text(encoding="utf-8"))["text"]

NATIONAL = st.from_regex(r"[2-9][0-9]{7}", fullmatch=True)
COMPANY = st.from_regex(r"0[2-9][0-9]{3}", fullmatch=True)
GAPS = st.sampled_from(["", " ", "-", ".", "\u00a0", "\u202f", "  ", " \u2011"])
PREFIXES = ["", "+47", "0047", "47", "(+47)", "+47 (0)", "tel:+47", "Mob: ", "0047-", "＋４７ "]
MESSY = st.text(alphabet="0123456789+ ()-.,;/|#*xX:@<>\n\u00a0９tielsp", max_size=60)


@pytest.mark.parametrize("row", TABLE, ids=[f"{row['why']}: {row['in']}"[:70] for row in TABLE])
def test_table(row: dict[str, object]) -> None:
    numbers = split_numbers(str(row["in"]))
    assert [number.key for number in numbers] == row["keys"]
    first = parse_number(str(row["in"]))
    assert first == (numbers[0] if numbers else None)
    if "shown" in row:
        assert first is not None
        assert format_number(first) == row["shown"]


@given(st.one_of(st.text(max_size=80), MESSY), st.sampled_from(["NO", "SJ", "SE", "US", "XX", ""]))
@example("+4712345678901234567890", "NO")
@example("٠٠٤٧٩١٢٣٤٥٦٧", "NO")
@example("\ud800", "NO")
@example("½ ² ①", "NO")
def test_never_raises_and_never_invents_digits(text: str, region: str) -> None:
    for number in split_numbers(text, region):
        assert number.digits.removeprefix("+").isascii()
        assert number.digits.removeprefix("+").isdigit()
        assert number.e164 is None or 5 <= len(number.digits) <= 15
        assert number.digits.strip("+0")
    assert isinstance(mask(text), str)
    assert not (is_hidden(text) and is_unavailable(text))


@given(st.one_of(st.text(max_size=80), MESSY))
@example("+44 00 20 7946 0000")
@example("0047 00 123456")
@example("123 #4")
@example("002000000020000000")
@example("+4722334422334455")
def test_what_is_shown_is_read_back_the_same(text: str) -> None:
    for number in split_numbers(text):
        assert parse_number(format_number(number)) == number


@given(
    NATIONAL,
    st.lists(GAPS, min_size=7, max_size=7),
    st.sampled_from(PREFIXES),
    st.sampled_from(["", " Kari", " (jobb)"]),
)
def test_a_norwegian_number_is_the_same_however_it_is_written(
    national: str, gaps: list[str], prefix: str, after: str
) -> None:
    written = prefix + "".join(digit + gap for digit, gap in zip(national, [*gaps, ""], strict=True)) + after
    number = parse_number(written)
    assert number is not None
    assert number.key == f"+47{national}"


@given(COMPANY, st.sampled_from(["", "+47", "0047", "+47 ", "tel:+47", "47"]))
def test_a_company_number_keeps_its_zero(digits: str, prefix: str) -> None:
    assert parse_number(prefix + digits) == Number(kind=NumberKind.SHORT, digits=digits)


@given(NATIONAL, st.sampled_from(["45", "46", "298", "354", "1", "44", "49"]))
def test_equal_last_digits_behind_different_country_codes_are_different_subscribers(national: str, code: str) -> None:
    foreign = parse_number(f"+{code}{national}")
    ours = parse_number(national)
    assert foreign is not None
    assert ours is not None
    assert foreign.key != ours.key


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)), st.sampled_from(["+", "00", "tel:+"]), st.booleans())
def test_numbers_of_every_country_are_read_in_e164_and_international_form(
    region: str, prefix: str, spaced: bool
) -> None:
    example_number = phonenumbers.example_number(region)
    assume(example_number is not None)
    assert example_number is not None
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL if spaced else phonenumbers.PhoneNumberFormat.E164
    written = prefix + phonenumbers.format_number(example_number, form).removeprefix("+")
    expected = phonenumbers.format_number(example_number, phonenumbers.PhoneNumberFormat.E164)
    number = parse_number(written)
    assert number is not None
    assert number.e164 == expected
    assert parse_number(format_number(number)) == number


@given(NATIONAL, NATIONAL, st.sampled_from([" / ", ", ", ";", " | ", "\n", " eller ", " og ", " - ", " ", ""]))
def test_two_numbers_in_a_field_are_two(one: str, two: str, between: str) -> None:
    assume(one != two)
    assume(between.strip() or not one.startswith("47"))
    numbers = split_numbers(one + between + two)
    assert [number.key for number in numbers] == [f"+47{one}", f"+47{two}"]


def test_another_home_region() -> None:
    swedish = parse_number("070-123 45 67", "SE")
    assert swedish is not None
    assert swedish.e164 == "+46701234567"
    assert parse_number("112", "SE") == Number(kind=NumberKind.SHORT, digits="112")
    assert parse_number("+47 02800", "SE") == Number(kind=NumberKind.SHORT, digits="02800")
    norwegian = parse_number("0047 912 34 567", "SE")
    assert norwegian is not None
    assert norwegian.e164 == "+4791234567"


def test_extension_is_kept_and_not_compared() -> None:
    with_extension, without = parse_number("22 33 44 55 ext 12"), parse_number("22334455")
    assert with_extension is not None
    assert without is not None
    assert with_extension.extension == "12"
    assert with_extension.key == without.key
    assert with_extension != without


@pytest.mark.parametrize(
    "text",
    [
        *("anonymous", "Anonymous", "restricted", "private", "blocked", "Hemmelig nummer", "skjult", "withheld"),
        *("0", "0000", "+0", "anonymous@anonymous.invalid", "sip:anonymous@anonymous.invalid"),
        '"Anonymous" <sip:anonymous@x.example>',
    ],
)
def test_hidden(text: str) -> None:
    assert is_hidden(text)
    assert not is_unavailable(text)
    assert parse_number(text) is None


@pytest.mark.parametrize(
    "text", [None, "", "  ", "unavailable", "Unknown", "ukjent nummer", "sip:unavailable@unknown.invalid"]
)
def test_unavailable(text: str | None) -> None:
    assert is_unavailable(text)
    assert not is_hidden(text)


@pytest.mark.parametrize("text", ["91234567", "02800", "w0", "Kari", "10000000"])
def test_neither(text: str) -> None:
    assert not is_hidden(text)
    assert not is_unavailable(text)


@pytest.mark.parametrize(
    ("given_text", "masked"),
    [
        ("22334455", "+47 •••• ••55"),
        ("+46 70 123 45 67", "+46 •••• ••67"),
        ("02800", "••00"),
        ("201", "••••"),
        ("580012345678", "••78"),
        (None, "-"),
        ("Kari Hansen", "-"),
        ("Kari Hansen 912 34 567", "+47 •••• ••67"),
    ],
)
def test_mask(given_text: str | None, masked: str) -> None:
    assert mask(given_text) == masked
    assert mask(parse_number(given_text or "")) == masked


@given(NATIONAL)
def test_mask_shows_no_more_than_two_digits_of_a_subscriber(national: str) -> None:
    assert sum(sign.isdigit() for sign in mask(national)) == len("47") + 2


def test_a_number_never_shows_itself_by_accident() -> None:
    assert "1234" not in mask(parse_number("91234567"))
