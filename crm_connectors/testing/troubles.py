"""Every way an answer can go wrong, and what each must become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient, Unknown
from crm_connectors.testing.bad_line import Fault

PATIENCE: Final = 20.0  # seconds for a lookup that should succeed; only a hanging one reaches it
IMPATIENCE: Final = 0.4  # seconds for a lookup that cannot succeed, to see it end by itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A way for an answer to go wrong, and what it must become."""

    fault: Callable[[bytes], Fault]  # gets a body that names the caller, which must not come out again
    error: tuple[type[OutsideError], ...]  # of a lookup
    write_error: tuple[type[OutsideError], ...]  # of a write; it may have happened, so more than one can be right
    retry_after: float | None = None  # of Throttled
    patience: float = PATIENCE


_UNSURE: Final = (Transient, Unknown)

TROUBLES: Final[Mapping[str, Trouble]] = {
    "400": Trouble(fault=lambda body: Fault(status=400, body=body), error=(Refused,), write_error=(Refused,)),
    "401": Trouble(fault=lambda body: Fault(status=401, body=body), error=(NeedsSignIn,), write_error=(NeedsSignIn,)),
    "403": Trouble(fault=lambda body: Fault(status=403, body=body), error=(NeedsSignIn,), write_error=(NeedsSignIn,)),
    "404": Trouble(fault=lambda body: Fault(status=404, body=body), error=(Gone,), write_error=(Gone,)),
    "429 with Retry-After": Trouble(
        fault=lambda body: Fault(status=429, body=body, headers={"Retry-After": "7"}),
        error=(Throttled,),
        write_error=(Throttled,),
        retry_after=7.0,
    ),
    "429 without": Trouble(
        fault=lambda body: Fault(status=429, body=body), error=(Throttled,), write_error=(Throttled,)
    ),
    "500": Trouble(fault=lambda body: Fault(status=500, body=body), error=(Transient,), write_error=_UNSURE),
    "502": Trouble(
        fault=lambda _: Fault(status=502, body=b"<h1>Bad gateway</h1>"), error=(Transient,), write_error=_UNSURE
    ),
    "redirect": Trouble(
        fault=lambda _: Fault(status=302, headers={"Location": "https://elsewhere.example/"}),
        error=(Refused,),
        write_error=(Refused,),
    ),
    "HTML": Trouble(
        fault=lambda body: Fault(status=200, body=b"<html>" + body), error=(Transient,), write_error=_UNSURE
    ),
    "no UTF-8": Trouble(
        fault=lambda _: Fault(status=200, body=b'{"name": "\xe5\xff"}'), error=(Transient,), write_error=_UNSURE
    ),
    "deep": Trouble(fault=lambda _: Fault(status=200, body=b"[" * 200_000), error=(Transient,), write_error=_UNSURE),
    "10 MB": Trouble(
        fault=lambda _: Fault(status=200, body=b'{"results": "' + b"x" * 10_000_000 + b'"}'),
        error=(Transient,),
        write_error=_UNSURE,
    ),
    "a byte at a time": Trouble(
        fault=lambda _: Fault(drip=True), error=(Transient,), write_error=_UNSURE, patience=IMPATIENCE
    ),
    "silence": Trouble(
        fault=lambda _: Fault(silent=True), error=(Transient,), write_error=_UNSURE, patience=IMPATIENCE
    ),
    "connection dropped": Trouble(fault=lambda _: Fault(drop=True), error=(Transient,), write_error=_UNSURE),
}

QUICK: Final = tuple(name for name, trouble in TROUBLES.items() if trouble.patience == PATIENCE)
"""Those that need no waiting, for methods without a deadline of their own."""
