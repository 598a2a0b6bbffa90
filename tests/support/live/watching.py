"""What a scenario has led to: in Teams, in the CRM, at the simulators, and whether it is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.support.live.cards import ReadCard, read_card
from tests.support.live.stack import PEOPLE, Stack, Toast
from tests.support.live.waiting import PATIENCE, until

# What must be true before a scenario is judged: nothing is due, nothing is being worked on. A card that is left alone
# because somebody may be typing into it is at rest.
_OPEN = """
SELECT (SELECT count(*) FROM queue.pgqueuer)
    + (SELECT count(*) FROM smartcall.popup p JOIN smartcall.call c USING (call_id)
       WHERE p.shown < p.wanted AND p.due_at IS NOT NULL AND c.started_at >= $1
           AND (p.form_until IS NULL OR p.lease IS NOT NULL OR p.due_at < p.form_until))
    + (SELECT count(*) FROM smartcall.call WHERE lookup_state = 'wanted' AND started_at >= $1)
    + (SELECT count(*) FROM smartcall.journal j JOIN smartcall.call c USING (call_id)
       WHERE j.written < j.wanted AND j.due_at IS NOT NULL AND c.started_at >= $1) AS open
"""


class Watching:
    """Looks at what is new since :meth:`remember`."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.began = datetime.now(UTC)
        self._messages_before: set[str] = set()
        self._toasts_before = 0
        self._journal_before: set[str] = set()

    async def remember(self) -> None:
        """Everything that is there now is not news."""
        for system in ("1881", "connector", "hubspot"):
            await self.stack.ask("DELETE", f"control/{system}/requests")
        self._messages_before = {message["id"] for message in await self._all_messages()}
        self._toasts_before = len(self.stack.toasts)
        self._journal_before = {entry["id"] for entry in (await self.records())["calls"]}
        self.began = datetime.now(UTC)

    async def see(self, *, who: str, state: str | None = None, name: str | None = None, journal: bool = False) -> None:
        """Wait until somebody's newest card says so."""

        async def fits() -> bool:
            cards = await self.cards(who)
            if not cards:
                return False
            newest = cards[-1]
            written = not journal or any(line.startswith("✓ ") for line in newest.lines)
            state_fits = state is None or newest.state == state or newest.state.startswith(f"{state} ·")
            return state_fits and (name is None or newest.name == name) and written

        try:
            await until(fits)
        except TimeoutError:
            raise AssertionError(f"{who} never saw {state or name}, but {await self.cards(who)}") from None

    async def asked(self, *, system: str, method: str, path: str, times: int = 1) -> None:
        """Wait until a simulator has been asked; the request may still be waiting for its answer."""

        async def often_enough() -> bool:
            return len(await self.requests(system, method, path)) >= times

        await until(often_enough)

    async def quiet(self) -> None:
        """Wait until the product has nothing left to do for this scenario's calls."""
        try:
            await until(self._at_rest, PATIENCE + 10)
        except TimeoutError:
            raise AssertionError(f"the product never came to rest: {await self._unfinished()}") from None

    async def messages(self, who: str) -> list[dict[str, Any]]:
        """What the bot has written to somebody in this scenario and is still there, oldest first."""
        found = [message for message in await self._all_messages() if message["user"] == PEOPLE[who]]
        new = [message for message in found if message["id"] not in self._messages_before]
        return [message for message in new if message["from"] == "bot" and not message["deleted"]]

    async def cards(self, who: str) -> list[ReadCard]:
        return [read_card(message) for message in await self.messages(who) if message["card"]]

    async def toasts(self, who: str) -> list[Toast]:
        return [toast for toast in self.stack.toasts[self._toasts_before :] if toast.user == PEOPLE[who]]

    async def journal(self) -> list[dict[str, Any]]:
        """The CRM's new call entries."""
        return [entry for entry in (await self.records())["calls"] if entry["id"] not in self._journal_before]

    async def records(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.stack.ask("GET", "hubspot/_records")
        return found

    async def requests(self, system: str, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """What a simulator has been asked in this scenario."""
        found = await self.stack.ask("GET", f"control/{system}/requests")
        return [each for each in found if each["method"] in (method or each["method"]) and path in each["path"]]

    async def _at_rest(self) -> bool:
        return not (await self.stack.sql(_OPEN, self.began))[0]["open"]

    async def _all_messages(self) -> list[dict[str, Any]]:
        state = await self.stack.ask("GET", "teams/state")
        return list(state["messages"])

    async def _unfinished(self) -> list[dict[str, Any]]:
        rows = await self.stack.sql(
            "SELECT c.state, c.lookup_state, p.wanted, p.shown, p.attempts, p.due_at, p.parked, "
            "j.wanted AS j_wanted, j.written, j.attempts AS j_attempts, j.due_at AS j_due FROM smartcall.call c "
            "LEFT JOIN smartcall.popup p USING (call_id) LEFT JOIN smartcall.journal j USING (call_id) "
            "WHERE c.started_at >= $1",
            self.began,
        )
        return [dict(row) for row in rows]
