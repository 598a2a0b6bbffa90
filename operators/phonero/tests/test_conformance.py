from __future__ import annotations

from collections.abc import Callable

import pytest

from operators.testing_streams import STREAM_CHECKS, StreamKit


@pytest.mark.parametrize("check", STREAM_CHECKS, ids=[check.__name__ for check in STREAM_CHECKS])
def test_conformance(check: Callable[[StreamKit], None], kit: StreamKit) -> None:
    check(kit)
