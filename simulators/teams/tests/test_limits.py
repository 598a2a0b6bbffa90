from __future__ import annotations

from simulators.teams.limits import SEND, TENANT, Limits


def test_each_window_holds() -> None:
    limits = Limits()
    key = (("chat", SEND),)
    assert [limits.take(key, 0.0) for _ in range(7)] == [None] * 7
    assert limits.take(key, 0.5) == 1
    assert limits.take(key, 1.1) is None  # the eighth within 2 s
    assert limits.take(key, 1.2) == 1
    assert limits.take(key, 2.0) is None  # the first seven have left the 2 s window


def test_the_half_minute_and_the_hour_hold() -> None:
    limits = Limits()
    key = (("chat", SEND),)
    assert [limits.take(key, n * 0.4) for n in range(60)] == [None] * 60
    assert limits.take(key, 24.0) == 6
    assert limits.take(key, 30.0) is None

    slow = Limits()
    assert [slow.take(key, n * 1.9) for n in range(1800)] == [None] * 1800
    wait = slow.take(key, 3420.0)
    assert wait == 180


def test_a_refused_request_counts_nowhere() -> None:
    limits = Limits()
    for n in range(50):
        assert limits.take(((n, SEND), ("tenant", TENANT)), 0.0) is None
    assert limits.take((("new", SEND), ("tenant", TENANT)), 0.0) == 1
    assert [limits.take((("new", SEND),), 0.0) for _ in range(7)] == [None] * 7
