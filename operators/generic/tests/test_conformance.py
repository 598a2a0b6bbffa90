from __future__ import annotations

from collections.abc import Callable

import pytest

from operators.testing import CHECKS, Kit


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
def test_conformance(check: Callable[[Kit], None], kit: Kit) -> None:
    check(kit)
