"""What the doctor finds: one line each, with what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from calls.errors import Gone, NeedsSignIn, OutsideError, Refused, Throttled, Transient

SECONDS = 15.0  # for one check

_ADVICE: dict[type[Exception], str] = {
    NeedsSignIn: "the key, secret or consent is refused: renew it and run `smartcall apply`",
    Throttled: "it is asked too often at the moment: try again in a minute",
    Transient: "it does not answer as it should: check its address, the firewall, and its status page",
    Refused: "it understands us and says no: check rights and settings",
    Gone: "it does not exist any more: install the app again",
    TimeoutError: "it does not answer in time: check its address and the firewall",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    well: bool
    what: str
    advice: str | None = None  # what to do when it is not well

    def __str__(self) -> str:
        return f"ok    {self.what}" if self.well else f"FAIL  {self.what}: {self.advice}"


async def try_out(what: str, check: Callable[[], Awaitable[object]]) -> Finding:
    try:
        async with asyncio.timeout(SECONDS):
            await check()
    except (OutsideError, TimeoutError) as problem:
        advice = next((said for kind, said in _ADVICE.items() if isinstance(problem, kind)), "look at the log")
        return Finding(well=False, what=what, advice=f"{advice} ({str(problem) or type(problem).__name__})")
    return Finding(well=True, what=what)
