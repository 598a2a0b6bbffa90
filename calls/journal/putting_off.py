"""When an entry that could not be written is tried again, and when that is given up."""

from __future__ import annotations

from dataclasses import dataclass

from calls.errors import NeedsSignIn, Refused, Throttled

_WAITS = (5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 3600.0 * 4)  # seconds; then it is parked for the administrator
_THROTTLED_TRIES = 3  # so far a CRM that has no room counts as a failure: it is asked at least once a minute
_JITTER = 0.25  # share of a wait that may be added: entries refused together must not come back together


@dataclass(frozen=True, kw_only=True, slots=True)
class PutOff:
    """What a failed try means for its entry."""

    attempts: int  # failures that count, this one included
    seconds: float | None = None  # until the next try; None: there is none
    parked: str | None = None  # why there is none: a code


def put_off(problem: Exception, attempts: int, chance: float) -> PutOff:
    """``attempts``: failures before this one. ``chance`` is between 0 and 1.

    A limit is no failure of the CRM's: many calls end in a busy minute, and when it is over there is room for all of
    their entries. So what is throttled never comes to the long waits, and is never parked for it.
    """
    if isinstance(problem, NeedsSignIn):
        return PutOff(attempts=attempts + 1, parked="needs_sign_in")
    if isinstance(problem, Refused):
        return PutOff(attempts=attempts + 1, parked=f"refused:{problem.code}"[:40])
    if isinstance(problem, Throttled):
        before = min(attempts, _THROTTLED_TRIES - 1)
        asked = problem.retry_after or 0.0
        return PutOff(
            attempts=max(attempts, before + 1), seconds=max(_WAITS[before], asked) + _JITTER * _WAITS[before] * chance
        )
    if attempts >= len(_WAITS):
        return PutOff(attempts=attempts + 1, parked="keeps_failing")
    return PutOff(attempts=attempts + 1, seconds=_WAITS[attempts] * (1 + _JITTER * chance))
