from __future__ import annotations

import pytest

from calls.numbers import parse_number
from crm_connectors.forms import find_national_digits


@pytest.mark.parametrize(
    ("dialled", "digits"),
    [
        ("22334455", "22334455"),
        ("+4790000001", "90000001"),
        ("02800", "02800"),
        ("+46701234567", "701234567"),
        ("+12025550123", "2025550123"),
        ("+3906123456", "06123456"),
        ("+390612345678", "0612345678"),
        ("+99912345678", "99912345678"),
        ("581234567890", "581234567890"),
        ("201", "201"),
    ],
)
def test_national_digits(dialled: str, digits: str) -> None:
    number = parse_number(dialled)
    assert number is not None
    assert find_national_digits(number) == digits
